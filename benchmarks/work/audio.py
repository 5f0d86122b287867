"""Recordings that compress as telephone speech does: low-passed noise under an envelope of syllables and pauses."""

import random
import struct
from array import array
from bisect import bisect_left
from functools import cache
from itertools import pairwise
from statistics import NormalDist

_PIECE = 800
"""Samples of one loudness: 100 ms at 8000 samples a second."""
_TAPS = (1, 3, 4, 3, 1)
_CENTRE = 2730
"""Of a sample before the filter: its taps add up to 12, and 12 times twice the centre must stay below 2**16."""
_LOUDNESS = (1, 2, 3, 5, 8, 13, 22, 36, 60, 100, 160, 240, 340, 480, 660, 900)
_PAUSES = 5
"""How many of the loudnesses are pauses; about a third of speech is."""


class Voice:
    """Gives one recording after the other, the same ones for the same seed."""

    def __init__(self, seed: str) -> None:
        self._source = random.Random(f"voice-{seed}")

    def wav(self, size: int, *, telephone: bool = True) -> bytes:
        """Return a WAV file of about `size` bytes: 8 kHz, 16 bit, mono.

        telephone: it came over a call, so every sample is one of the 255 levels of G.711 mu-law.
        """
        data = self.samples(max(400, size // 2), telephone=telephone)
        head = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16) + b"data"
        return b"RIFF" + struct.pack("<I", 36 + len(data)) + head + struct.pack("<I", len(data)) + data

    def samples(self, count: int, *, telephone: bool = True) -> bytes:
        """Return so many samples, little-endian."""
        loud = _low_pass(self._noise(count + len(_TAPS) - 1), count)
        table = _telephone_levels() if telephone else _signed()
        lanes = array("H", loud)
        return array("h", map(table.__getitem__, lanes)).tobytes()

    def _noise(self, count: int) -> bytes:
        raw = self._source.randbytes(count)
        low, high = bytearray(), bytearray()
        for start in range(0, count, _PIECE):
            piece = raw[start : start + _PIECE]
            tables = _gaussian(self._loudness())
            low += piece.translate(tables[0])
            high += piece.translate(tables[1])
        lanes = bytearray(2 * count)
        lanes[0::2], lanes[1::2] = low, high
        return bytes(lanes)

    def _loudness(self) -> int:
        if self._source.random() < 0.35:
            return _LOUDNESS[self._source.randrange(_PAUSES)]
        return _LOUDNESS[self._source.randrange(_PAUSES, len(_LOUDNESS))]


@cache
def _gaussian(deviation: int) -> tuple[bytes, bytes]:
    """Return the tables that turn an even byte into the low and the high byte of a Gaussian sample."""
    even = [NormalDist().inv_cdf((one + 0.5) / 256) for one in range(256)]
    samples = [min(2 * _CENTRE, max(0, _CENTRE + round(deviation * one))) for one in even]
    return bytes(one & 255 for one in samples), bytes(one >> 8 for one in samples)


def _low_pass(lanes: bytes, count: int) -> bytes:
    """Filter 16-bit samples, all at once: as one long number they are shifted, multiplied and added."""
    number = int.from_bytes(lanes, "little")
    total = sum((number * tap) << (16 * at) for at, tap in enumerate(_TAPS))
    skip = 2 * (len(_TAPS) - 1)
    return total.to_bytes(len(lanes) + skip + 2, "little")[skip : skip + 2 * count]


@cache
def _signed() -> list[int]:
    middle = _CENTRE * sum(_TAPS)
    return [max(-32768, min(32767, one - middle)) for one in range(65536)]


@cache
def _telephone_levels() -> list[int]:
    """Return, for every sample after the filter, the nearest level of mu-law (ITU-T G.711)."""
    found = {0}
    for code in range(128):
        size = ((((code & 15) << 3) + 0x84) << (code >> 4)) - 0x84
        found |= {size, -size}
    levels = sorted(found)
    middles = [(one + other) // 2 for one, other in pairwise(levels)]
    return [levels[bisect_left(middles, one)] for one in _signed()]
