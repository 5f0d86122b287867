"""One kept-alive HTTP/1.1 connection over mutual TLS 1.3 to one host, pinned by its public key.

Counts every byte on the wire, TLS included, and gives up on a host that is silent or too slow.
"""

import http.client
import io
import socket
import ssl
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pbxsync_worker.core.model.errors import HostUnreachable, Invalid, PeerLied, PeerRefused
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.peer.identity import Identity, fingerprint
from pbxsync_worker.peer.wire import TYPE

_PIECE = 2**16


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds: to connect; between two pieces; and the bytes that must move in each `window`."""

    connect: float = 10.0
    stall: float = 40.0
    window: float = 120.0
    window_bytes: int = 256


@dataclass(frozen=True, slots=True)
class Address:
    """Where a host is reached and who must answer; id: the expected identity; own: None to come without a name."""

    name: str
    address: str
    id: str
    own: Identity | None = field(compare=False)


class Connection:
    """Requests to one host, one after another; reconnects where the kept connection was closed meanwhile."""

    def __init__(self, to: Address, clock: Clock, deadlines: Deadlines | None = None) -> None:
        self.to = to
        self._clock = clock
        self._deadlines = deadlines or Deadlines()
        self._stream: _TlsStream | None = None
        self.requests = 0
        self._before = 0
        self._busy = False
        self._certificate = b""

    @property
    def moved(self) -> int:
        """Return the bytes both ways so far, TLS and handshakes included."""
        return self._before + (self._stream.moved if self._stream else 0)

    @property
    def certificate(self) -> bytes:
        """Return the certificate (DER) that the host showed last; its public key is the pinned one."""
        return self._certificate

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        self._before = self.moved
        if self._stream is not None:
            self._stream.shut()
        self._stream = None
        self._busy = False

    def request(self, path: str, body: bytes) -> Generator[bytes, None, None]:
        """Send a request; return the pieces of the answer's body, whatever its status.

        Raise HostUnreachable where the link breaks, also while the pieces are taken; PeerRefused where TLS refused us.
        """
        if self._busy:
            self.close()  # the rest of an answer that nobody wanted stands in the way
        kept = self._stream is not None
        try:
            answer = self._ask(path, body)
        except HostUnreachable as error:
            if not kept or not isinstance(error.__cause__, ConnectionError):
                raise
            # The host had closed the idle connection before this request reached it.
            answer = self._ask(path, body)
        self._busy = True
        return self._pieces(answer)

    def _ask(self, path: str, body: bytes) -> http.client.HTTPResponse:
        if self._stream is None:
            self._connect()
        assert self._stream is not None  # noqa: S101 - _connect sets it or raises
        self._stream.start_window()
        self.requests += 1
        head = f"POST {path} HTTP/1.1\r\nHost: peer\r\nContent-Length: {len(body)}\r\n\r\n"
        with self._breaking():
            # At once and in one piece: a small question is one packet.
            self._stream.sendall(head.encode() + body)
            answer = http.client.HTTPResponse(self._stream, method="POST")  # type: ignore[arg-type]  # it only reads
            answer.begin()
        if answer.getheader("Content-Type", TYPE) != TYPE:
            reason = f"it answered {answer.status} with something else"
            self.close()
            if answer.status >= 500:  # its service is stopping or broken, which is no lie
                raise HostUnreachable(host=self.to.name, reason=reason)
            raise PeerLied(host=self.to.name, reason=reason)
        return answer

    def _pieces(self, answer: http.client.HTTPResponse) -> Generator[bytes, None, None]:
        ended = False
        try:
            while True:
                with self._breaking():
                    piece = answer.read1(_PIECE)
                if not piece:
                    break
                yield piece
            with self._breaking():
                # read1 does not notice a body that was cut.
                if answer.length:
                    raise http.client.IncompleteRead(b"", answer.length)
            # http.client of Python 3.11.2 keeps an answer open that read1 has read to its end.
            answer.close()
            ended = True
            self._busy = False
        finally:
            if not ended or answer.will_close:
                self.close()

    def _connect(self) -> None:
        with self._breaking():
            plain = socket.create_connection(_split(self.to.address), self._deadlines.connect)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._stream = _TlsStream(plain, _context(self.to.own), self._clock, self._deadlines)
            self._stream.handshake()
        self._check_pin(self._stream.certificate)

    def _check_pin(self, certificate: bytes | None) -> None:
        try:
            found = fingerprint(certificate or b"")
        except Invalid:
            found = ""
        if found != self.to.id:
            self.close()
            reason = "the host that answers is another one" if found else "it shows no usable certificate"
            raise PeerLied(host=self.to.name, reason=f"{reason} ({found[:12]})")
        self._certificate = certificate or b""

    def _breaking(self) -> "_Breaking":
        return _Breaking(self)


class _Breaking:
    """Translates what the network and its libraries raise, and closes the connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        host = self._connection.to.name
        if isinstance(error, ssl.SSLError) and "ALERT" in str(error.reason or ""):
            self._connection.close()
            raise PeerRefused(host=host, reason=say("it does not accept this host's certificate")) from error
        if isinstance(error, (OSError, http.client.HTTPException)):
            self._connection.close()
            words = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise HostUnreachable(host=host, reason=words) from error


class _TlsStream:
    """A TLS client over a socket, as far as an answer of http.client needs one."""

    def __init__(self, plain: socket.socket, context: ssl.SSLContext, clock: Clock, deadlines: Deadlines) -> None:
        self.moved = 0
        self._plain = plain
        self._clock = clock
        self._deadlines = deadlines
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing)
        self._window = (clock.monotonic(), 0)

    def handshake(self) -> None:
        self._until_done(self._tls.do_handshake)
        self._plain.settimeout(self._deadlines.stall)

    @property
    def certificate(self) -> bytes | None:
        return self._tls.getpeercert(binary_form=True)

    def sendall(self, data: Any) -> None:
        view = memoryview(data)
        for at in range(0, len(view), _PIECE):
            self._until_done(lambda piece=view[at : at + _PIECE]: self._tls.write(piece))

    def readinto(self, room: Any) -> int:
        try:
            return int(self._until_done(lambda: self._tls.read(len(room), room)))
        except ssl.SSLZeroReturnError:
            return 0

    def makefile(self, _mode: str, _buffering: int | None = None) -> io.BufferedReader:
        return io.BufferedReader(_Reading(self), _PIECE)

    def shut(self) -> None:
        with suppress(OSError):
            self._plain.close()

    def _until_done(self, act: Any) -> Any:
        while True:
            try:
                done = act()
            except ssl.SSLWantReadError:
                self._send()
                self._receive()
            else:
                self._send()
                return done

    def _send(self) -> None:
        if data := self._outgoing.read():
            self._plain.sendall(data)
            self.moved += len(data)

    def _receive(self) -> None:
        data = self._plain.recv(_PIECE)
        if not data:
            raise ConnectionResetError("the connection was closed by the other side")
        self.moved += len(data)
        self._incoming.write(data)
        self._keep_pace()

    def _keep_pace(self) -> None:
        since, before = self._window
        if self.moved - before >= self._deadlines.window_bytes:
            self._window = (self._clock.monotonic(), self.moved)
        elif self._clock.monotonic() - since > self._deadlines.window:
            raise TimeoutError("it sends too slowly")

    def start_window(self) -> None:
        """Begin to measure the pace anew: waiting for the next request is not slowness."""
        self._window = (self._clock.monotonic(), self.moved)


class _Reading(io.RawIOBase):
    """What http.client's buffer reads from."""

    def __init__(self, stream: _TlsStream) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, room: Any) -> int:
        return self._stream.readinto(room)


@lru_cache(maxsize=8)
def _context(own: Identity | None) -> ssl.SSLContext:
    """Return the TLS side of whoever calls; connections of one identity share it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    # The chain is worth nothing here; the public key is compared after the handshake has proven its possession.
    context.verify_mode = ssl.CERT_NONE
    if own is not None:
        context.load_cert_chain(own.certificate_file, own.key_file)
    return context


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    try:
        return host.strip("[]"), int(port)
    except ValueError as error:
        raise ConnectionError(f"{address} is not an address with a port") from error
