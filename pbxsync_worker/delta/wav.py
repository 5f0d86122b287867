"""What kind of samples a content most likely has: by its RIFF header, else by the extensions that Asterisk uses."""

import struct
from enum import Enum

_CHUNK = struct.Struct("<4sI")
_FORMAT = struct.Struct("<HHIIHH")
_PCM, _A_LAW, _MU_LAW, _EXTENSIBLE = 1, 6, 7, 0xFFFE
_SIXTEEN = 16
_CHUNKS = 32


class Coding(Enum):
    """How samples are written."""

    LINEAR = "16 bits, little-endian"
    MU_LAW = "mu-law"
    A_LAW = "A-law"


_TAGS = {_A_LAW: Coding.A_LAW, _MU_LAW: Coding.MU_LAW}
# The extensions of Asterisk's format modules pcm, sln and their sisters.
_ENDINGS = {
    **dict.fromkeys((b"ulaw", b"ul", b"mu", b"ulw", b"pcm"), Coding.MU_LAW),
    **dict.fromkeys((b"alaw", b"al", b"alw"), Coding.A_LAW),
    **dict.fromkeys((b"raw", b"sln", b"slin"), Coding.LINEAR),
    **dict.fromkeys((b"sln%d" % one for one in (12, 16, 24, 32, 44, 48, 96, 192)), Coding.LINEAR),
}


def coding_of(name: bytes, start: bytes) -> tuple[Coding, int] | None:
    """Return how the samples of a content seem to be written and where they begin, None where it seems to have none."""
    if start[:4] == b"RIFF" and start[8:12] == b"WAVE":
        return _of_wav(start)
    _, dot, ending = name.rpartition(b"/")[2].rpartition(b".")
    coding = _ENDINGS.get(ending.lower()) if dot else None
    return None if coding is None else (coding, 0)


def _of_wav(start: bytes) -> tuple[Coding, int] | None:
    at, coding = 12, None
    for _ in range(_CHUNKS):
        if at + _CHUNK.size > len(start):
            return None
        kind, size = _CHUNK.unpack_from(start, at)
        at += _CHUNK.size
        if kind == b"data":
            return None if coding is None else (coding, at)
        if kind == b"fmt ":
            coding = _told(start, at)
        at += size + size % 2
    return None


def _told(start: bytes, at: int) -> Coding | None:
    if at + _FORMAT.size > len(start):
        return None
    tag, _, _, _, _, bits = _FORMAT.unpack_from(start, at)
    if tag in {_PCM, _EXTENSIBLE}:
        return Coding.LINEAR if bits == _SIXTEEN else None
    return _TAGS.get(tag)
