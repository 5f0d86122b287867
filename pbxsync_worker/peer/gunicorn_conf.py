"""How gunicorn serves the peer port: TLS 1.3 only, certificates of paired hosts accepted, slow strangers dropped."""

import socket
import ssl
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from pbxsync_worker.core.model.host import PeerState
from pbxsync_worker.core.store import Store
from pbxsync_worker.peer.identity import Identity, pem
from pbxsync_worker.peer.polls import HELD
from pbxsync_worker.peer.terse import answer_tersely

AT_WORK = 16
"""Requests that are worked on at the same time, beside those that are held open; threads begin when they are needed."""
CONNECTIONS = 4096
"""A host behind a router has two connections: one on which it asks what waits, one for everything else."""
STALL = 60.0
"""Seconds in which a connected host must send or take something."""

Trusted = Callable[[], Iterable[bytes]]


def trusted_by(store: Store) -> Trusted:
    """Return what tells the certificates (DER) of the hosts that are paired at this moment."""
    return lambda: store.hosts.certificates(PeerState.PAIRED)


def server_context(identity: Identity, trusted: Iterable[bytes]) -> ssl.SSLContext:
    """Return the TLS side of the peer port.

    A certificate is not required, because a host that pairs has no trusted one yet; one that is shown must be trusted.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(identity.certificate_file, identity.key_file)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.sslsocket_class = _Impatient
    # Tickets to resume a session hold the client's certificate, a kilobyte for each connection; nobody resumes.
    context.num_tickets = 0
    anchors = "".join(pem(certificate) for certificate in trusted)
    if anchors:
        context.load_verify_locations(cadata=anchors)
    return context


class Contexts:
    """The TLS side of the peer port, made anew when other hosts are trusted.

    Connections share it: with the certificates of 500 hosts each one of their own would hold 2.5 MB.
    """

    def __init__(self, identity: Identity, trusted: Trusted) -> None:
        self._identity = identity
        self._trusted = trusted
        self._made: tuple[tuple[bytes, ...], ssl.SSLContext] | None = None

    def now(self) -> ssl.SSLContext:
        """Return the context of what is trusted at this moment."""
        trusted = tuple(self._trusted())
        if self._made is None or self._made[0] != trusted:
            self._made = trusted, server_context(self._identity, trusted)
        return self._made[1]


class _Impatient(ssl.SSLSocket):
    """A socket that never blocks for ever, whatever gunicorn asks of it."""

    def settimeout(self, value: float | None) -> None:
        super().settimeout(STALL if value is None else value)

    def setblocking(self, flag: bool) -> None:
        self.settimeout(None if flag else 0.0)

    def shutdown(self, how: int) -> None:
        """Close both ways at once, whatever is asked for."""
        # gunicorn closes one way, and then nobody is served until the other side closes as well, or two seconds long.
        del how
        super().shutdown(socket.SHUT_RDWR)


def options(identity: Identity, bind: str, trusted: Trusted) -> dict[str, object]:
    """Return gunicorn's settings; each connection gets the context of what is trusted then."""
    contexts = Contexts(identity, trusted)

    def context(_: object, __: object) -> ssl.SSLContext:
        return contexts.now()

    return {
        "bind": bind,
        "worker_class": "gthread",
        "workers": 1,
        "threads": AT_WORK + HELD,
        "worker_connections": CONNECTIONS,
        "keepalive": 75,
        "certfile": str(identity.certificate_file),
        "keyfile": str(identity.key_file),
        "ssl_context": context,
        "do_handshake_on_connect": True,
        "http_protocols": "h1",
        "limit_request_line": 256,
        "limit_request_fields": 20,
        "limit_request_field_size": 512,
        "forwarded_allow_ips": "",
        "control_socket_disable": True,
        "proc_name": "pbxsync-peer",
    }


class PeerService(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """The peer service as one gunicorn; `make_app` is called in the worker process."""

    def __init__(self, make_app: Callable[[], Flask], settings: dict[str, object]) -> None:
        self._make_app = make_app
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Give gunicorn its settings; neither its command line nor its environment counts."""
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Return the application."""
        answer_tersely()
        return self._make_app()
