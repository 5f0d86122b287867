"""One question, one answer: messages over a connection, with what the other host says or breaks turned into errors."""

import logging
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Protocol

from pbxsync_worker.core.model.errors import Busy, HostUnreachable, Invalid, PeerLied, PeerRefused, SourceChanged
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.peer.messages import Message, Refused, Wait
from pbxsync_worker.peer.wire import Streams, read, write

log = logging.getLogger(__name__)

MAX_WAITS = 400
"""A host says that it still works about every ten seconds: more than an hour of that is no work."""


class Transport(Protocol):
    """Requests and the pieces of their answers; `Connection` over TLS, or another host in the same process."""

    @property
    def requests(self) -> int:
        """Return the requests so far."""
        ...

    @property
    def moved(self) -> int:
        """Return the bytes both ways so far."""
        ...

    def request(self, path: str, body: bytes) -> Generator[bytes, None, None]:
        """Send a request and return the pieces of its answer; raise HostUnreachable where the link breaks."""
        ...

    def close(self) -> None:
        """Close it; the next request opens it again."""
        ...


def following(answer: Iterator[Message | bytes]) -> Message | bytes:
    """Return the next message; raise Invalid where the answer has ended."""
    message = next(answer, None)
    if message is None:
        raise Invalid(what="answer", problems="it ends too early")
    return message


def nothing_more(answer: Iterator[Message | bytes]) -> None:
    """Read the end of an answer, so that its connection can be used again; raise Invalid where more follows."""
    for _ in answer:
        raise Invalid(what="answer", problems="something follows its end")


class Exchange:
    """Questions to one host; whatever it answers, only our own errors come out, and they name it.

    codec: how the last answer was compressed.
    """

    def __init__(self, host: str, transport: Transport, streams: Streams) -> None:
        self.host = host
        self.streams = streams
        self.codec = ""
        self._transport = transport

    @property
    def requests(self) -> int:
        """Return the requests so far."""
        return self._transport.requests

    @property
    def moved(self) -> int:
        """Return the bytes both ways so far."""
        return self._transport.moved

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def ask(self, path: str, messages: Iterable[Message | bytes], limit: int) -> Iterator[Message | bytes]:
        """Yield the messages of the answer; limit: its bytes after decompression.

        Raise PeerLied where the answer breaks the protocol, SourceChanged, Busy or PeerRefused where the other host
        says no, HostUnreachable where the link breaks. An answer that is not read to its end costs the connection.
        """
        body = b"".join(write(messages, self.streams, "zstd"))
        waits = 0
        with self.blamed(), closing(self._transport.request(path, body)) as pieces:
            for message in read(pieces, self.streams, limit, self._coded):
                if isinstance(message, Refused):
                    raise self._refusal(message)
                waits += isinstance(message, Wait)
                if waits > MAX_WAITS:
                    raise HostUnreachable(host=self.host, reason=say("it never finished its answer"))
                if not isinstance(message, Wait):
                    yield message

    def _coded(self, codec: str) -> None:
        self.codec = codec

    def one(self, path: str, message: Message, limit: int = 2**20) -> Message:
        """Return an answer that is a single message."""
        with self.blamed():
            answer = self.ask(path, [message], limit)
            first = following(answer)
            nothing_more(answer)
            if isinstance(first, bytes):
                raise Invalid(what="answer", problems="content was not to be expected")
            return first

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Turn what is malformed into PeerLied, naming the host."""
        try:
            try:
                yield
            except Invalid as error:
                raise PeerLied(host=self.host, reason=error.sentence) from error
            except PeerLied as error:
                if error.fields.get("host"):
                    raise
                raise PeerLied(**{**error.fields, "host": self.host}) from error
        except PeerLied as error:
            # Questions are asked inside of larger ones: only the innermost tells.
            if not getattr(error, "__notes__", None):
                log.warning("peer lied", extra={"peer_name": self.host, "reason": error.sentence})
                error.add_note(f"in an answer of {self.host}")
            raise

    def _refusal(self, message: Refused) -> Exception:
        # What a foreign host says ends up in pages and logs.
        sentence = "".join(char if char.isprintable() else "?" for char in message.sentence[:300])
        if message.code == SourceChanged.code:
            return SourceChanged(name=sentence)
        if message.code == HostUnreachable.code:
            return HostUnreachable(host=self.host, reason=say("it is shutting down"))
        if message.code == Busy.code:
            return Busy()
        return PeerRefused(host=self.host, reason=sentence)
