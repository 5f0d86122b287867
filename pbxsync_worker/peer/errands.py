"""Requests to a host that nobody can call: they wait in the store until it takes them, and so do its answers.

What a host takes this way goes through the same door as at its peer port, as a request of the host that it was taken
from: the line to that host was pinned to its key.
"""

from collections.abc import Generator
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from pbxsync_worker.core.model.errors import HostUnreachable
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store.lines import Lines
from pbxsync_worker.peer.server import Environ

DRIVEN = frozenset({"/v1/ping", "/v1/catalogue", "/v1/run", "/v1/follow", "/v1/cancel"})
"""What may be asked of a host this way; data always flows where the target calls."""
PATIENCE = 75.0
"""Seconds until an answer must be there: the host takes what waits twice a minute, and may wait itself."""

_LOOK = 0.1
_CERTIFICATE = "pbxsync.certificate"


class ErrandTransport:
    """The port Transport to a host that takes what waits for it."""

    def __init__(self, host: str, name: str, lines: Lines, clock: Clock) -> None:
        """host: its identity; name: for people."""
        self.requests = 0
        self._host = host
        self._name = name
        self._lines = lines
        self._clock = clock
        self._moved = 0

    @property
    def moved(self) -> int:
        """Return the bytes both ways so far, without those of the line that carries them."""
        return self._moved

    def request(self, path: str, body: bytes) -> Generator[bytes, None, None]:
        """Let a request wait and return its answer; raise HostUnreachable where none comes."""
        number = self._lines.send(self._host, path, body)
        if number is None:
            raise HostUnreachable(host=self._name, reason=say("it does not take what waits for it"))
        self.requests += 1
        until = self._clock.monotonic() + PATIENCE
        answer = self._lines.answered(number)
        while answer is None:
            if self._clock.monotonic() > until:
                self._lines.give_up(number)
                raise HostUnreachable(host=self._name, reason=say("it calls us, but did not answer in time"))
            self._clock.sleep(_LOOK)
            answer = self._lines.answered(number)
        self._moved += len(body) + len(answer)
        return _pieces(answer)

    def close(self) -> None:
        """There is nothing to close."""


def _pieces(answer: bytes) -> Generator[bytes, None, None]:
    yield answer


def certificate_of(environ: Environ) -> bytes | None:
    """Return the certificate of the host that a request was taken from."""
    found: bytes | None = environ.get(_CERTIFICATE)
    return found


def perform(app: Flask, certificate: bytes, path: str, body: bytes) -> bytes:
    """Return the answer of this host's own peer service to what waited at the host with this certificate (DER)."""
    asked = path if path in DRIVEN else "/not-driven"
    builder = EnvironBuilder(asked, method="POST", data=body, content_type="application/x-pbxsync")
    try:
        environ: dict[str, Any] = {**builder.get_environ(), _CERTIFICATE: certificate}
    finally:
        builder.close()
    pieces, _, _ = run_wsgi_app(app.wsgi_app, environ)
    return b"".join(pieces)
