"""The process between two hosts, on real sockets; how long it takes is the arithmetic's business."""

import socket
import threading

import pytest

from benchmarks.distance.line import Link
from benchmarks.distance.way import Counts, Way

NEAR = Link(delay=0.001, rate=50e6)
LONG = bytes(range(256)) * 4096


@pytest.fixture
def echo():
    """A server that sends everything back, and ends when its client has ended."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_serve, args=(server,))
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _serve(server):
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        with client:
            while data := client.recv(65536):
                client.sendall(data)


def _send(client, data):
    client.sendall(data)
    client.shutdown(socket.SHUT_WR)


def _ask(address, data):
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), 10) as client:
        sender = threading.Thread(target=_send, args=(client, data))
        sender.start()
        found = b"".join(iter(lambda: client.recv(65536), b""))
        sender.join()
        return found


def test_everything_arrives_as_it_was_sent(echo):
    with Way(NEAR) as way:
        assert _ask(way.to(echo), LONG) == LONG


def test_both_directions_are_counted(echo):
    with Way(NEAR) as way:
        _ask(way.to(echo), b"x" * 1000)
        assert way.counts() == Counts(up=1000, down=1000, connections=1)


def test_what_the_target_asks_counts_as_going_down(echo):
    with Way(NEAR) as way:
        host, _, port = way.to(echo, up=False).rpartition(":")
        with socket.create_connection((host, int(port)), 10) as client:
            client.sendall(b"abc")
            assert client.recv(3) == b"abc"
        assert way.counts().down >= 3


def test_connections_share_one_link(echo):
    with Way(NEAR) as way:
        one, other = way.to(echo), way.to(echo, up=False)
        _ask(one, b"x" * 10)
        _ask(other, b"x" * 10)
        assert way.counts() == Counts(up=20, down=20, connections=2)


def test_a_look_counts_only_what_came_after_an_earlier_one():
    assert Counts(10, 20, 3).since(Counts(4, 5, 1)) == Counts(6, 15, 2)


def test_without_a_link_the_address_stays_and_nothing_is_counted(echo):
    with Way(None) as way:
        assert way.to(echo) == echo
        assert way.counts() == Counts()


def test_nothing_is_left_running():
    with Way(NEAR) as way:
        process = way._process
    assert process is not None
    assert process.poll() == 0
