"""Messages to bytes and back without a socket: length-limited frames inside one compressed stream.

A stream is `PBXS`, one byte of version and one of compression, then frames: 4 bytes of length (big-endian), one byte
that names the message, MessagePack. Everything malformed or beyond a limit raises Invalid; the link names the host.
"""

import struct
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.wire import pack, unpack
from pbxsync_worker.peer.messages import KINDS, Message, Wait

VERSION = 2
MAX_FRAME = 4 * 2**20
PIECE = 2**16
"""Bytes of content in one frame; what a broken link costs at most."""

SAMPLES = "samples"
"""Among what a host accepts: speech told by sample, as `delta/audio.py` has it."""
SENT = "sent"
"""Among what a host accepts: how the contents of a run came to its target."""
LINE = "line/"
"""Among what a host accepts, and followed by a number: the bytes a second that it has measured to the other one."""

TYPE = "application/x-pbxsync"
"""What the bodies of requests and answers are; an answer that says nothing is of this type."""

_MAGIC = b"PBXS"
_WORDS = "words"
_CODECS = ("none", "zstd", "brotli", _WORDS)
_PREAMBLE = len(_MAGIC) + 2
_FRAME = struct.Struct(">IB")
_RAW = 0
_NUMBERS = {kind: number for number, kind in KINDS.items()}
_FLUSH = 2**20
_CHUNK = 2**15
_SHORT = 2**15
"""Bytes of messages up to which a stream, or what leaves of it first, is told with the words that both sides know."""


class OtherVersion(Invalid):
    """A stream of another version of the protocol; for people, no other error than its parent."""


class Compressor(Protocol):
    """One outgoing compressed stream."""

    def add(self, data: bytes) -> bytes:
        """Take data; return what is ready."""
        ...

    def flush(self) -> bytes:
        """Return everything taken so far, readable by the other side."""
        ...

    def finish(self) -> bytes:
        """Return the rest."""
        ...


@dataclass(frozen=True, slots=True)
class Streams:
    """How streams are compressed; wiring gives the functions of the delta package.

    compressor(name, level), None for the usual level; decompress(name, pieces, limit) raises Invalid for more than
    `limit` bytes; decide(sample, bytes a second, load, accepted) gives name and level, see `delta/coding.py`.
    """

    compressor: Callable[[str, int | None], Compressor]
    decompress: Callable[[str, Iterable[bytes], int], Iterator[bytes]]
    decide: Callable[[bytes | None, float | None, float, Collection[str]], tuple[str, int | None]]

    @property
    def accepted(self) -> tuple[str, ...]:
        """Return the compressions we can read, and what else we understand; a host leaves out what it does not know."""
        return ("zstd", "brotli", "none", SAMPLES, SENT)


def write(messages: Iterable[Message | bytes], streams: Streams, codec: str = "none") -> Iterator[bytes]:
    """Yield a stream; raw bytes among the messages are content."""
    yield from Written(messages, streams, codec)


class Last(bytes):
    """A piece after which nothing follows."""


class Written:
    """A stream in pieces, the last of which is a `Last`.

    codec, level: of a stream that is not short.
    """

    def __init__(
        self, messages: Iterable[Message | bytes], streams: Streams, codec: str, level: int | None = None
    ) -> None:
        self._messages = iter(messages)
        self._streams = streams
        self._coding = codec, level

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces, once."""
        first, urgent = self._first()
        codec, level = (_WORDS, None) if len(first) < _SHORT else self._coding
        stream = self._streams.compressor(codec, level)
        ready = [_MAGIC + bytes((VERSION, _CODECS.index(codec))), stream.add(first)]
        held = len(first)
        size = sum(map(len, ready))
        frames = map(_marked, self._messages)
        while True:
            if held >= _FLUSH or urgent:
                ready.append(stream.flush())
                size += len(ready[-1])
                held = 0
            # Small answers leave as one piece, large ones as they grow.
            if size >= _CHUNK or urgent:
                yield b"".join(ready)
                ready, size = [], 0
            following = next(frames, None)
            if following is None:
                break
            frame, urgent = following
            ready.append(stream.add(frame))
            held += len(frame)
            size += len(ready[-1])
        ready.append(stream.finish())
        yield Last(b"".join(ready))

    def _first(self) -> tuple[bytes, bool]:
        """Return what can be told before it must leave, or is no longer short; and whether it must."""
        first = bytearray()
        for frame, urgent in map(_marked, self._messages):
            first += frame
            if urgent or len(first) >= _SHORT:
                return bytes(first), urgent
        return bytes(first), False


def _marked(message: Message | bytes) -> tuple[bytes, bool]:
    """Return a frame, and whether what was said up to it must leave at once."""
    return framed(message), isinstance(message, Wait)


def read(
    pieces: Iterable[bytes], streams: Streams, limit: int, coded: Callable[[str], None] = lambda _: None
) -> Iterator[Message | bytes]:
    """Yield the messages of a stream that may be cut anywhere; limit: bytes after decompression.

    coded: called with its compression before the first of them.
    """
    source = iter(pieces)
    start = b""
    while len(start) < _PREAMBLE:
        piece = next(source, None)
        if piece is None:
            raise Invalid(what="stream", problems="it ends before it began")
        start += piece
    codec = _codec(start[:_PREAMBLE])
    coded("zstd" if codec == _WORDS else codec)
    yield from _frames(streams.decompress(codec, chain((start[_PREAMBLE:],), source), limit))


def _codec(preamble: bytes) -> str:
    if not preamble.startswith(_MAGIC):
        raise Invalid(what="stream", problems="it is not a PBXSync stream")
    version, codec = preamble[len(_MAGIC) :]
    if version != VERSION:
        raise OtherVersion(what="stream", problems=f"version {version} is not spoken here, only {VERSION}")
    if codec >= len(_CODECS):
        raise Invalid(what="stream", problems=f"compression {codec} is not known")
    return _CODECS[codec]


def _frames(pieces: Iterable[bytes]) -> Iterator[Message | bytes]:
    held = bytearray()
    needed = _FRAME.size
    for piece in pieces:
        held += piece
        at = 0
        while len(held) - at >= _FRAME.size:
            length, number = _FRAME.unpack_from(held, at)
            if not 1 <= length <= MAX_FRAME:
                raise Invalid(what="frame", problems=say("a length of {length} bytes is not allowed", length=length))
            needed = _FRAME.size - 1 + length
            if len(held) - at < needed:
                break
            yield _message(number, bytes(held[at + _FRAME.size : at + needed]))
            at += needed
        del held[:at]
    if held:
        raise Invalid(what="stream", problems="it ends within a frame")


def _message(number: int, payload: bytes) -> Message | bytes:
    if number == _RAW:
        return payload
    kind = KINDS.get(number)
    if kind is None:
        raise Invalid(what="frame", problems=say("message {number} is not known", number=number))
    return unpack(payload, kind)


def framed(message: Message | bytes) -> bytes:
    """Return the frame of a message, or of content; raise Invalid for one that is too large."""
    if isinstance(message, bytes):
        return _FRAME.pack(len(message) + 1, _RAW) + message
    payload = pack(message)
    if len(payload) >= MAX_FRAME:
        raise Invalid(what=type(message).__name__, problems=say("it is too large to be sent"))
    return _FRAME.pack(len(payload) + 1, _NUMBERS[type(message)]) + payload


def cut(content: Iterable[bytes]) -> Iterator[bytes]:
    """Yield content in pieces that fit a frame."""
    for piece in content:
        for at in range(0, len(piece), PIECE):
            yield piece[at : at + PIECE]
