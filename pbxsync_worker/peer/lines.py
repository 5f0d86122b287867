"""Connections to other hosts that stay open between runs, so that a run begins without a handshake.

An idle one is pinged: the other side closes a connection on which nothing comes, and so do routers on the way. Every
request is checked by the other side as on a new connection, so a host that was revoked gets nothing on an old one.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock

from pbxsync_worker.core.model.errors import PbxSyncError
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.peer.connection import Address
from pbxsync_worker.peer.exchange import Transport

QUIET = 25.0
"""Seconds after which an idle connection is pinged."""
FORGET = 24 * 3600.0
"""Seconds after which a connection that no run used is closed."""


Sign = Callable[[Address, Transport], None]
"""Gives a sign of life over a transport; raises PbxSyncError where the other host does not answer."""


@dataclass
class _Line:
    transport: Transport
    used: float
    heard: float
    busy: Lock = field(default_factory=Lock)
    dropped: bool = False

    def release(self) -> None:
        """Let others have it; one that was given up meanwhile is closed by whoever had it last."""
        if self.dropped:
            self.transport.close()
        self.busy.release()


class Lines:
    """One connection for each host, made at its first request; they may be tended from another thread."""

    def __init__(
        self, make: Callable[[Address], Transport], sign: Sign, wanted: Callable[[Address], bool], clock: Clock
    ) -> None:
        """Put the parts together; wanted: tells whether a host is still to be reached there."""
        self._make = make
        self._sign = sign
        self._wanted = wanted
        self._clock = clock
        self._lines: dict[Address, _Line] = {}
        self._lock = Lock()

    @contextmanager
    def lend(self, to: Address) -> Iterator[Transport]:
        """Give the connection to a host; one that is in use already is not shared, a second one is opened."""
        now = self._clock.monotonic()
        with self._lock:
            line = self._lines.get(to) or _Line(self._make(to), now, now)
            self._lines[to] = line
        if not line.busy.acquire(blocking=False):
            own = self._make(to)
            try:
                yield own
            finally:
                own.close()
            return
        try:
            yield Lent(line.transport)
        finally:
            line.used = line.heard = self._clock.monotonic()
            line.release()

    def open(self, to: Address) -> None:
        """Open the connection to a host before it is needed; one that is away is tried again at its first use."""
        with suppress(PbxSyncError), self.lend(to) as line:
            self._sign(to, line)

    def tend(self) -> None:
        """Ping what is idle, close what does not answer or was not used for long."""
        with self._lock:
            lines = list(self._lines.items())
        for to, line in lines:
            if line.busy.acquire(blocking=False):
                try:
                    self._tend(to, line)
                finally:
                    line.release()

    def close(self) -> None:
        """Close every connection, those that are in use at the end of their use."""
        with self._lock:
            lines = [*self._lines.values()]
            self._lines.clear()
        for line in lines:
            line.dropped = True
            if line.busy.acquire(blocking=False):
                line.release()

    def _tend(self, to: Address, line: _Line) -> None:
        now = self._clock.monotonic()
        if now - line.used > FORGET or not self._wanted(to):
            with self._lock:
                self._lines.pop(to, None)
            line.dropped = True
        elif now - line.heard > QUIET:
            # The next run tells what is wrong with the host; it connects anew.
            with suppress(PbxSyncError):
                self._sign(to, line.transport)
            line.heard = self._clock.monotonic()


class Lent:
    """A kept connection as one run sees it: it counts from nothing and stays open when it is closed."""

    def __init__(self, kept: Transport) -> None:
        self._kept = kept
        self._requests, self._moved = kept.requests, kept.moved

    @property
    def requests(self) -> int:
        """Return the requests so far."""
        return self._kept.requests - self._requests

    @property
    def moved(self) -> int:
        """Return the bytes both ways so far."""
        return self._kept.moved - self._moved

    def request(self, path: str, body: bytes) -> Generator[bytes, None, None]:
        """Send a request and return the pieces of its answer."""
        return self._kept.request(path, body)

    def close(self) -> None:
        """Leave it open for the next run; an answer that was not read to its end closes it at the next request."""
