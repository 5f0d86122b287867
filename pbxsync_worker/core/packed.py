"""Many values as one compressed piece, made and read a thousand at a time: neither side ever holds all of it packed.

One zstd stream of blocks: 4 bytes of length (big-endian), then the MessagePack of an array of at most 1,000 values.
What an older version stored is one such array without a length, and is read as well.
"""

import struct
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

import zstandard

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.wire import pack, unpack

T = TypeVar("T")

_AT_ONCE = 1000
_LENGTH = struct.Struct(">I")
_ARRAY = 0x90
"""The least byte that an array begins with in MessagePack; no block is so long that its length does."""
_BITE = 2**16


def packed(values: Iterable[object], level: int = 3) -> bytes:
    """Return values as one piece; level: of zstd."""
    stream = zstandard.ZstdCompressor(level, write_content_size=False).compressobj()
    ready = bytearray()
    source = iter(values)
    while some := tuple(islice(source, _AT_ONCE)):
        block = pack(some)
        ready += stream.compress(_LENGTH.pack(len(block)) + block)
    ready += stream.flush()
    return bytes(ready)


def unpacked(data: bytes | memoryview, kind: type[T]) -> Iterator[T]:
    """Yield the values again; raise Invalid for anything else."""
    stream = zstandard.ZstdDecompressor().decompressobj()
    held = bytearray()
    try:
        for at in range(0, len(data), _BITE):
            held += stream.decompress(data[at : at + _BITE])
            yield from _whole(held, kind)
    except zstandard.ZstdError as error:
        raise Invalid(what="stored values", problems=str(error)) from error
    if held and held[0] >= _ARRAY and stream.eof:
        yield from unpack(bytes(held), tuple[kind, ...])  # type: ignore[valid-type]  # a type made of a value
    elif held or not stream.eof:
        raise Invalid(what="stored values", problems="they end too early")


def _whole(held: bytearray, kind: type[T]) -> Iterator[T]:
    """Yield the values of the blocks that are whole, and leave the rest."""
    if held and held[0] >= _ARRAY:
        return
    at = 0
    while len(held) >= at + _LENGTH.size:
        (length,) = _LENGTH.unpack_from(held, at)
        end = at + _LENGTH.size + length
        if len(held) < end:
            break
        yield from unpack(bytes(memoryview(held)[at + _LENGTH.size : end]), tuple[kind, ...])  # type: ignore[valid-type]  # a type made of a value
        at = end
    del held[:at]
