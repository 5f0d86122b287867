"""Asterisk's command line over a control socket that a test serves."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pbxsync_worker.asterisk.console import Console
from pbxsync_worker.asterisk.session import AmiAddress
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.errors import AsteriskSilent

NOWHERE = AmiAddress("127.0.0.1", 1, "pbxsync", lambda: "x")


class Socket:
    """A control socket; keeps: a command stays unanswered."""

    def __init__(self, path: Path) -> None:
        self.path, self.heard, self.keeps, self.mute = path, list[bytes](), False, False
        self._open = socket.socket(socket.AF_UNIX)
        self._open.bind(str(path))
        self._open.listen(2)
        self._kept: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._open.shutdown(socket.SHUT_RDWR)  # wakes whoever waits in accept
        self._thread.join()
        for one in (*self._kept, self._open):
            one.close()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self._open.accept()
            except OSError:
                return
            self._kept.append(link)
            if self.mute:
                continue
            with suppress(OSError):  # whoever was only at the door
                link.sendall(b"pbx/4711/22.10.1\n")
                self.heard.append(link.recv(4096))
            if not self.keeps:
                link.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Socket]:
    one = Socket(tmp_path / "ctl")
    yield one
    one.close()


def console(path: Path) -> Console:
    return Console(path, NOWHERE, SystemClock(), 0.3)


def test_a_command_goes_as_asterisks_own_client_sends_it(served: Socket):
    with console(served.path).talk("core stop now") as talk:
        assert talk.over(5)
    assert served.heard == [b"cli quit after core stop now\0"]


def test_a_command_that_waits_is_not_over(served: Socket):
    served.keeps = True
    with console(served.path).talk("core stop gracefully") as talk:
        assert not talk.over(0.05)


def test_it_tells_the_process_that_answers(served: Socket):
    assert console(served.path).process() == 4711


def test_one_that_answers_nothing_is_silent_and_not_down(served: Socket):
    served.mute = True
    with pytest.raises(AsteriskSilent):
        console(served.path).process()
    assert not console(served.path).down()


def test_no_socket_is_down(tmp_path: Path):
    with pytest.raises(AsteriskSilent):
        console(tmp_path / "none").process()
    assert console(tmp_path / "none").down()


def test_it_waits_at_a_door_where_others_wait(served: Socket):
    served.mute = True
    crowd = [socket.socket(socket.AF_UNIX) for _ in range(4)]
    for one in crowd:
        one.setblocking(False)
        with suppress(BlockingIOError):
            one.connect(str(served.path))
    with pytest.raises(AsteriskSilent):
        console(served.path).process()
    served.mute = False
    for one in crowd:
        one.close()
    assert console(served.path).process() == 4711


def test_a_socket_that_may_be_opened_is_not_forbidden(served: Socket, tmp_path: Path):
    assert not console(served.path).forbidden()
    assert not console(tmp_path / "none").forbidden()
