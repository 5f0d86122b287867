"""Streams made smaller and larger again: none, zstd or brotli behind one door, every output bounded.

One context per stream. Whoever reads foreign data gives a limit; more than that, or anything malformed, raises
Invalid, and the peer link says which host it came from.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Protocol

import brotli
import zstandard

from pbxsync_worker.core.model.errors import Invalid

PIECE = 2**16
WINDOW = 2**23
"""Memory that a foreign zstd stream may ask for; brotli's own largest window is 16 MiB."""

_BITE = 1024
_WORDS_LEVEL = 12
_MAGIC = b"\x28\xb5\x2f\xfd"
"""What every zstd stream begins with; one of words goes without it, as its name says what it is."""


class Codec(StrEnum):
    """How a stream is compressed."""

    NONE = "none"
    ZSTD = "zstd"
    BROTLI = "brotli"
    WORDS = "words"  # zstd that knows what hosts usually say: for what is short


class Compressor(Protocol):
    """One outgoing stream."""

    def add(self, data: bytes) -> bytes:
        """Take data; return what is ready, often nothing."""
        ...

    def flush(self) -> bytes:
        """Return everything taken so far in a form that the other side can read at once."""
        ...

    def finish(self) -> bytes:
        """Return the rest, and end the stream."""
        ...


class _Plain:
    def add(self, data: bytes) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""

    def finish(self) -> bytes:
        return b""


class _Zstd:
    def __init__(self, level: int) -> None:
        parameters = zstandard.ZstdCompressionParameters.from_level(
            level, write_content_size=0, write_checksum=0, window_log=min(22, 18 + level)
        )
        self._stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()

    def add(self, data: bytes) -> bytes:
        return self._stream.compress(data)

    def flush(self) -> bytes:
        return self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def finish(self) -> bytes:
        return self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_FINISH)


class _Brotli:
    def __init__(self, level: int) -> None:
        self._stream = brotli.Compressor(quality=level)

    def add(self, data: bytes) -> bytes:
        return bytes(self._stream.process(data))

    def flush(self) -> bytes:
        return bytes(self._stream.flush())

    def finish(self) -> bytes:
        return bytes(self._stream.finish())


class _Words:
    """What is short leaves as one piece; a stream of which something left before its end goes on as any other."""

    def __init__(self) -> None:
        self._packer = zstandard.ZstdCompressor(_WORDS_LEVEL, dict_data=words(), write_content_size=False)
        self._held = bytearray()
        self._stream: zstandard.ZstdCompressionObj | None = None
        self._skip = len(_MAGIC)

    def add(self, data: bytes) -> bytes:
        if self._stream is not None:
            return self._left(self._stream.compress(data))
        self._held += data
        return b""

    def flush(self) -> bytes:
        begun = b""
        if self._stream is None:
            self._stream = self._packer.compressobj()
            begun = self._stream.compress(bytes(self._held))
        return self._left(begun + self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK))

    def finish(self) -> bytes:
        if self._stream is None:
            return self._left(self._packer.compress(bytes(self._held)))
        return self._left(self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_FINISH))

    def _left(self, data: bytes) -> bytes:
        """Return what leaves of an output: all but the magic that the stream begins with."""
        left = data[self._skip :]
        self._skip -= len(data) - len(left)
        return left


@cache
def words() -> zstandard.ZstdCompressionDict:
    """Return what both sides know before a word is said, `words.bin` as `scripts/words.py` makes it."""
    content = Path(__file__).with_name("words.bin").read_bytes()
    made = zstandard.ZstdCompressionDict(content, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    made.precompute_compress(level=_WORDS_LEVEL)
    return made


def compressor(codec: str, level: int | None = None) -> Compressor:
    """Return a new outgoing stream; level: the codec's own scale, by default zstd 3 and brotli 5."""
    codec = _known(codec)
    if codec is Codec.ZSTD:
        return _Zstd(3 if level is None else level)
    if codec is Codec.BROTLI:
        return _Brotli(5 if level is None else level)
    if codec is Codec.WORDS:
        return _Words()
    return _Plain()


def _known(codec: str) -> Codec:
    try:
        return Codec(codec)
    except ValueError as error:
        raise Invalid(what="stream", problems=f"{codec!r} is no known compression") from error


def decompress(codec: str, pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """Yield what a foreign stream holds, in small pieces; raise Invalid before more than `limit` bytes.

    What was flushed by the sender is yielded as soon as its last byte has arrived.
    """
    readers = {Codec.NONE: _plain, Codec.ZSTD: _zstd, Codec.BROTLI: _brotli, Codec.WORDS: _worded}
    made = 0
    for piece in readers[_known(codec)](pieces):
        made += len(piece)
        if made > limit:
            raise Invalid(what="stream", problems=f"it holds more than the allowed {limit} bytes")
        yield piece


def _plain(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        for at in range(0, len(piece), PIECE):
            yield piece[at : at + PIECE]


class _Source:
    """What a zstd reader reads from: whole pieces as they arrive, never more than asked for."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = bytes(piece)
        size = len(self._rest) if size < 0 else size
        given, self._rest = self._rest[:size], self._rest[size:]
        return given


def _worded(pieces: Iterable[bytes]) -> Iterator[bytes]:
    return _zstd(chain((_MAGIC,), pieces), words())


def _zstd(pieces: Iterable[bytes], known: zstandard.ZstdCompressionDict | None = None) -> Iterator[bytes]:
    source = _Source(pieces)
    stream = zstandard.ZstdDecompressor(dict_data=known, max_window_size=WINDOW).decompressobj()
    # The object gives everything that its input holds, without a limit of its own (the reader class has one, but
    # cannot tell a cut stream from a whole one), and four bytes can hold 128 KiB: so it is fed in small bites.
    try:
        while not stream.eof and (bite := source.read(_BITE)):
            whole = stream.decompress(bite)
            for at in range(0, len(whole), PIECE):
                yield whole[at : at + PIECE]
    except zstandard.ZstdError as error:
        raise Invalid(what="stream", problems=str(error)) from error
    if not stream.eof:
        raise Invalid(what="stream", problems="it ends too early")
    if stream.unused_data or source.read(1):
        raise Invalid(what="stream", problems="something follows its end")


def _brotli(pieces: Iterable[bytes]) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    try:
        for piece in pieces:
            yield bytes(stream.process(piece, output_buffer_limit=PIECE))
            # What does not fit the limit waits inside, and new input is refused until it was taken.
            while not stream.is_finished() and (out := stream.process(b"", output_buffer_limit=PIECE)):
                yield bytes(out)
    except brotli.error as error:
        raise Invalid(what="stream", problems=str(error)) from error
    if not stream.is_finished():
        raise Invalid(what="stream", problems="it ends too early")
