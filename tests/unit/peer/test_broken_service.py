"""A host whose peer port answers with something that is not ours: in trouble, or a liar."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import HostUnreachable, PeerLied
from pbxsync_worker.peer.connection import Address, Connection
from pbxsync_worker.peer.exchange import Exchange
from pbxsync_worker.peer.gunicorn_conf import server_context
from pbxsync_worker.peer.identity import own_identity
from pbxsync_worker.peer.messages import Refused
from pbxsync_worker.peer.wire import write
from tests.fakes.link import STREAMS


@pytest.fixture
def identity(tmp_path):
    return own_identity(tmp_path / "keys", Disk())


@contextmanager
def answering(identity, status: str) -> Iterator[Connection]:
    """Serve one request with a page of this status, over real TLS; give a connection to it."""
    page = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"

    def serve() -> None:
        plain, _ = listener.accept()
        with server_context(identity, []).wrap_socket(plain, server_side=True) as link:
            link.recv(65536)
            link.sendall(page.encode())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        at = f"127.0.0.1:{listener.getsockname()[1]}"
        connection = Connection(Address("other", at, identity.id, None), SystemClock())
        try:
            yield connection
        finally:
            connection.close()
            thread.join()


@pytest.mark.parametrize("status", ["500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable"])
def test_a_service_that_is_stopping_or_broken_is_unreachable_for_now(identity, status):
    with answering(identity, status) as connection, pytest.raises(HostUnreachable, match=f"answered {status[:3]}"):
        connection.request("/v1/ping", b"")


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found"])
def test_a_service_that_speaks_something_else_breaks_the_protocol(identity, status):
    with answering(identity, status) as connection, pytest.raises(PeerLied, match=f"answered {status[:3]}"):
        connection.request("/v1/ping", b"")


class Ending:
    """A transport to a host that is shutting down."""

    requests = moved = 0

    def request(self, _path, _body):
        yield from write([Refused(HostUnreachable.code, "x")], STREAMS)

    def close(self):
        """Leave nothing."""


def test_a_service_that_says_it_is_shutting_down_is_unreachable_for_now():
    with pytest.raises(HostUnreachable, match="it is shutting down"):
        list(Exchange("other", Ending(), STREAMS).ask("/v1/pull", [], 1000))
