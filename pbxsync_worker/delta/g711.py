"""The 255 levels of mu-law and the 256 of A-law (ITU-T G.711), and quick ways between levels, codes and samples.

A recording of a call is linear, but each of its samples is one of those levels as long as nobody mixed it or changed
its volume. Levels are numbered by their loudness from the quietest on, those below 0 downwards from 255.
"""

import codecs
from collections.abc import Callable, Sequence

_SURROGATES = range(0xD8, 0xE0)


class Law:
    """One of the two.

    numbers, codes: tables for bytes.translate, from a code to the number of its level and back.
    """

    def __init__(self, sample: Callable[[int], int]) -> None:
        """sample: the linear sample of a code."""
        by_code = [sample(code) for code in range(256)]
        levels = sorted(set(by_code))
        zero = next(at for at, level in enumerate(levels) if level >= 0)
        levels = levels[zero:] + levels[:zero]
        self.numbers, self.codes = _tables(by_code, levels)
        self._low, self._high = (bytes((one >> by) & 255 for one in _padded(levels)) for by in (0, 8))
        self._to_low, self._to_high = _shifts(levels)
        letters = [chr(self._to_high[one >> 8 & 255] << 8 | self._to_low[one & 255]) for one in levels]
        # Python looks letters up without a dictionary where the first is 0 and all others are not.
        self._map = codecs.charmap_build("".join(letters).ljust(256, "\ufffe"))

    def levels_of(self, samples: bytes) -> bytes | None:
        """Return the numbers of the levels of samples, None where one of them is no level."""
        letters = bytearray(samples)
        letters[0::2] = samples[0::2].translate(self._to_low)
        letters[1::2] = samples[1::2].translate(self._to_high)
        try:
            return codecs.charmap_encode(letters.decode("utf-16-le"), "strict", self._map)[0]
        except UnicodeError:
            return None

    def samples_of(self, levels: bytes) -> bytes:
        """Return the samples of levels by their numbers."""
        samples = bytearray(2 * len(levels))
        samples[0::2], samples[1::2] = levels.translate(self._low), levels.translate(self._high)
        return bytes(samples)


def _padded(levels: Sequence[int]) -> list[int]:
    return [*levels, *[0] * (256 - len(levels))]


def _tables(by_code: Sequence[int], levels: Sequence[int]) -> tuple[bytes, bytes]:
    """Return the tables from codes to numbers and back: every code has a number of its own, also a second zero."""
    numbers, free = [], list(range(len(levels), 256))
    taken: set[int] = set()
    for sample in by_code:
        at = levels.index(sample)
        at = free.pop() if at in taken else at
        taken.add(at)
        numbers.append(at)
    codes = bytes(numbers.index(at) for at in range(256))
    return bytes(numbers), codes


def _shifts(levels: Sequence[int]) -> tuple[bytes, bytes]:
    """Return tables for the low and the high byte of samples, by which all levels become letters, the first of them 0.

    Half of a pair of UTF-16 is no letter: those high bytes change places with such that no level has.
    """
    first = levels[0] & 255
    high = list(range(256))
    taken = {one >> 8 & 255 for one in levels}
    free = [one for one in range(256) if one not in taken and one not in _SURROGATES]
    for one, other in zip(_SURROGATES, free, strict=False):
        high[one], high[other] = other, one
    return bytes(one ^ first for one in range(256)), bytes(high)


def _mu(code: int) -> int:
    code = ~code & 255
    size = ((((code & 15) << 3) + 0x84) << (code >> 4 & 7)) - 0x84
    return -size if code & 128 else size


def _a(code: int) -> int:
    code ^= 0x55
    size, segment = ((code & 15) << 4) + 8, code >> 4 & 7
    if segment:
        size = (size + 0x100) << (segment - 1)
    return size if code & 128 else -size


MU_LAW = Law(_mu)
A_LAW = Law(_a)
