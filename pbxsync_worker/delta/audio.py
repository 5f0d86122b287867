"""Uncompressed speech told by sample before it is compressed: fewer bytes on a slow line, the same bytes at its end.

A block holds up to 64 KiB of content and says by its first byte how it is told, so each can be read alone: bits 0-3 the
form, bit 4: one byte lies before the first sample, bit 5: one byte lies after the last. Forms: 0 as it is; 1 samples of
16 bits as differences, all high bytes before all low ones; 2 and 3 samples of 16 bits that all are levels of G.711
mu-law or A-law, as differences of the numbers of levels; 4 and 5 the codes of mu-law or A-law themselves, likewise.
Any content comes back byte for byte, whatever its header says: a wrong guess costs bytes only.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

import zstandard

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.delta import g711
from pbxsync_worker.delta.lanes import stepped, summed
from pbxsync_worker.delta.wav import Coding, coding_of

BLOCK = 2**16
"""Bytes of content in a block."""

_LEAD, _TAIL = 16, 32
_LEAST = 1024
_SLICES, _SLICE = 4, 4096
_WORTH = 0.97


class Form(IntEnum):
    """How a block is told; the numbers travel."""

    PLAIN = 0
    STEPS = 1
    MU_LEVELS = 2
    A_LEVELS = 3
    MU_CODES = 4
    A_CODES = 5


@dataclass(frozen=True, slots=True)
class Told:
    """How a content is best told: forms to be tried in this order; start: byte of its first sample."""

    forms: tuple[Form, ...]
    start: int


_CANDIDATES = {
    Coding.LINEAR: ((Form.MU_LEVELS, Form.STEPS), (Form.A_LEVELS, Form.STEPS), (Form.STEPS,)),
    Coding.MU_LAW: ((Form.MU_CODES,),),
    Coding.A_LAW: ((Form.A_CODES,),),
}
_LAWS = {
    Form.MU_LEVELS: g711.MU_LAW, Form.MU_CODES: g711.MU_LAW, Form.A_LEVELS: g711.A_LAW, Form.A_CODES: g711.A_LAW,
}  # fmt: skip
_SIXTEEN = frozenset({Form.STEPS, Form.MU_LEVELS, Form.A_LEVELS})


def sampled(name: bytes, start: bytes) -> Told | None:
    """Return how a content of this name and beginning is told in fewer bytes, None where it is not.

    The header and the name propose, a sample decides.
    """
    found = coding_of(name, start)
    if found is None or len(start) < _LEAST:
        return None
    coding, first = found
    sample = _sample(start, first)
    for forms in _CANDIDATES[coding]:
        block = _told(forms[0], sample, 0)
        if block is not None:
            return Told(forms, first) if _packed_size(block) < _WORTH * _packed_size(sample) else None
    return None


def _sample(start: bytes, first: int) -> bytes:
    samples = memoryview(start)[first:]
    apart = max(_SLICE, len(samples) // _SLICES & ~1)
    return b"".join(samples[at : at + _SLICE] for at in range(0, len(samples) - 1, apart))


def _packed_size(data: bytes) -> int:
    return len(zstandard.ZstdCompressor(level=1).compress(data))


def packed(told: Told, offset: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the blocks of a content from byte `offset` on; pieces: what is there."""
    for content in _blocks(pieces, max(0, told.start - offset)):
        lead = (offset - told.start) & 1
        forms = told.forms if offset >= told.start else ()
        offset += len(content)
        tries = (_told(form, content, lead if form in _SIXTEEN else 0) for form in forms)
        yield next((block for block in tries if block is not None), bytes((Form.PLAIN,)) + content)


def _blocks(pieces: Iterable[bytes], header: int) -> Iterator[bytes]:
    """Yield content in blocks; the header is one of its own, because its bytes are no samples."""
    held = bytearray()
    for piece in pieces:
        held += piece
        if 0 < header <= min(len(held), BLOCK):
            yield bytes(held[:header])
            del held[:header]
            header = 0
        whole = len(held) - len(held) % BLOCK
        for at in range(0, whole, BLOCK):
            yield bytes(held[at : at + BLOCK])
        del held[:whole]
    if held:
        yield bytes(held)


def _told(form: Form, content: bytes, lead: int) -> bytes | None:
    """Return a block of this form, None where its samples have no such form."""
    if form not in _SIXTEEN:
        return bytes((form,)) + stepped(content.translate(_LAWS[form].numbers), 1)
    tail = (len(content) - lead) % 2
    end = len(content) - tail
    samples = content[lead:end]
    if form is Form.STEPS:
        steps = stepped(samples, 2)
        body = steps[1::2] + steps[0::2]
    else:
        levels = _LAWS[form].levels_of(samples)
        if levels is None:
            return None
        body = stepped(levels, 1)
    return bytes((form | lead * _LEAD | tail * _TAIL,)) + content[:lead] + body + content[end:]


def unpacked(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the content of blocks, at most twice their size; raise Invalid for what is no block."""
    for block in blocks:
        if not 1 < len(block) <= BLOCK + 1:
            raise Invalid(what="block of samples", problems=f"{len(block)} bytes are no block")
        yield _READERS.get(block[0] & 15, _unknown)(block)


def _unknown(block: bytes) -> bytes:
    raise Invalid(what="block of samples", problems=f"form {block[0]} is not known")


def _plain(block: bytes) -> bytes:
    return block[1:]


def _codes(block: bytes) -> bytes:
    return summed(block[1:], 1).translate(_LAWS[Form(block[0] & 15)].codes)


def _steps(block: bytes) -> bytes:
    lead, body, tail = _parts(block)
    if len(body) % 2:
        raise Invalid(what="block of samples", problems="half a sample is missing")
    half = len(body) // 2
    steps = bytearray(len(body))
    steps[1::2], steps[0::2] = body[:half], body[half:]
    return lead + summed(bytes(steps), 2) + tail


def _levels(block: bytes) -> bytes:
    lead, body, tail = _parts(block)
    return lead + _LAWS[Form(block[0] & 15)].samples_of(summed(body, 1)) + tail


def _parts(block: bytes) -> tuple[bytes, bytes, bytes]:
    """Return what lies before, in and after the samples of a block."""
    first, end = 1 + bool(block[0] & _LEAD), len(block) - bool(block[0] & _TAIL)
    return block[1:first], block[first:end], block[max(first, end) :]


_READERS: dict[int, Callable[[bytes], bytes]] = {
    Form.PLAIN: _plain,
    Form.STEPS: _steps,
    Form.MU_LEVELS: _levels,
    Form.A_LEVELS: _levels,
    Form.MU_CODES: _codes,
    Form.A_CODES: _codes,
}
