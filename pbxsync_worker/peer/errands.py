"""Requests to a host that nobody can call: they wait in the store until it takes them, and so do its answers.

What a host takes this way goes through the same door as at its peer port, as a request of the host that it was taken
from: the line to that host was pinned to its key.
"""

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from pbxsync_worker.core.model.errors import HostUnreachable
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store.lines import Lines
from pbxsync_worker.peer.exchange import Transport
from pbxsync_worker.peer.wire import TYPE

if TYPE_CHECKING:  # a worker asks only: what serves would take five megabytes of it
    from flask import Flask

    from pbxsync_worker.peer.server import Environ

DRIVEN = frozenset({"/v1/ping", "/v1/catalogue", "/v1/run", "/v1/follow", "/v1/cancel"})
"""What may be asked of a host this way; data always flows where the target calls."""
PATIENCE = 75.0
"""Seconds until an answer must be there: the host takes what waits twice a minute, and may wait itself."""

_LOOK = 0.1
_TRY = 2.0
"""Seconds after which a host that took nothing yet is tried at its own address, ever later."""
_CERTIFICATE = "pbxsync.certificate"


def nowhere() -> Transport | None:
    """Return no way to a host but that it calls."""
    return None


class ErrandTransport:
    """The port Transport to a host that takes what waits for it, or is called as soon as it answers."""

    def __init__(
        self, host: str, name: str, lines: Lines, clock: Clock, direct: Callable[[], Transport | None] = nowhere
    ) -> None:
        """host: its identity; name: for people; direct: gives the way to its own address if it answers by now."""
        self._requests = 0
        self._direct = direct
        self._way: Transport | None = None
        self._host = host
        self._name = name
        self._lines = lines
        self._clock = clock
        self._moved = 0

    @property
    def requests(self) -> int:
        """Return the requests so far."""
        return self._requests + (self._way.requests if self._way else 0)

    @property
    def moved(self) -> int:
        """Return the bytes both ways so far, without those of a line that carries what waits."""
        return self._moved + (self._way.moved if self._way else 0)

    def request(self, path: str, body: bytes) -> Generator[bytes, None, None]:
        """Let a request wait and return its answer, or call the host; raise HostUnreachable where none comes."""
        answer = None if self._way else self._taken(path, body)
        if answer is None:
            assert self._way is not None  # noqa: S101 - without an answer there is another way
            return self._way.request(path, body)
        self._moved += len(body) + len(answer)
        return _pieces(answer)

    def close(self) -> None:
        """Close what was opened to the host itself."""
        if self._way is not None:
            self._way.close()

    def _taken(self, path: str, body: bytes) -> bytes | None:
        """Return the answer of the host once it has taken a request; None where it can be called meanwhile."""
        number = self._lines.send(self._host, path, body)
        if number is None:
            raise HostUnreachable(host=self._name, reason=say("it does not take what waits for it"))
        self._requests += 1
        began, pause = self._clock.monotonic(), _TRY
        attempt = began + pause
        while (answer := self._lines.answered(number)) is None:
            now = self._clock.monotonic()
            if now > attempt:
                self._way, pause = self._direct(), pause * 2
                attempt = now + pause
            if self._way is not None or now > began + PATIENCE:
                self._lines.give_up(number)  # whoever took it answers nobody; asking twice is asking once
                break
            self._clock.sleep(_LOOK)
        if answer is None and self._way is None:
            raise HostUnreachable(host=self._name, reason=say("it calls us, but did not answer in time"))
        return answer


def _pieces(answer: bytes) -> Generator[bytes, None, None]:
    yield answer


def certificate_of(environ: "Environ") -> bytes | None:
    """Return the certificate of the host that a request was taken from."""
    found: bytes | None = environ.get(_CERTIFICATE)
    return found


def perform(app: "Flask", certificate: bytes, path: str, body: bytes) -> bytes:
    """Return the answer of this host's own peer service to what waited at the host with this certificate (DER)."""
    from werkzeug.test import EnvironBuilder, run_wsgi_app  # noqa: PLC0415 - as above

    asked = path if path in DRIVEN else "/not-driven"
    builder = EnvironBuilder(asked, method="POST", data=body, content_type=TYPE)
    try:
        environ: dict[str, Any] = {**builder.get_environ(), _CERTIFICATE: certificate}
    finally:
        builder.close()
    pieces, _, _ = run_wsgi_app(app.wsgi_app, environ)
    return b"".join(pieces)
