"""Asterisk's command line over a control socket that a test serves."""

import socket
import threading
from collections.abc import Iterator
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
        self._open.listen()
        self._kept: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
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
