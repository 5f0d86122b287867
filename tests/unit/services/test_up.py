"""`pbxsync up`: which processes a host has, and that they live and die as they should."""

import os
import signal
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from pbxsync_worker.core.settings import Settings
from pbxsync_worker.services.up import Supervisor, commands
from tests.fakes.clock import HandClock

STUBBORN = "trap '' TERM INT HUP; echo $$ >> {log}; while :; do sleep 0.05; done"
OBEDIENT = "echo $$ >> {log}; exec sleep 1000"
PARENT = "sh -c 'echo $$ >> {log}; exec sleep 1000' & echo $$ >> {log}; wait"
SHORT_LIVED = "echo $$ >> {log}"


class Looks(HandClock):
    """A clock by hand that calls the test at every look of the supervisor, and lets real processes have a moment."""

    def __init__(self) -> None:
        super().__init__()
        self.on_look: Callable[[], None] = lambda: None

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.on_look()
        time.sleep(0.002)


@pytest.fixture
def log(tmp_path):
    return tmp_path / "pids"


@pytest.fixture(autouse=True)
def _same_signals():
    """Give the test runner its own signal handlers back."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def pids(log: Path) -> list[int]:
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def supervise(log: Path, script: str, look: Callable[[Supervisor], None], number: int = signal.SIGTERM) -> Supervisor:
    """Run a supervisor over one shell script until `look` raises Enough; then send it the signal."""
    clock = Looks()
    supervisor = Supervisor({"child": ["sh", "-c", script.format(log=log)]}, clock)

    def on_look() -> None:
        try:
            look(supervisor)
        except Enough:
            clock.on_look = lambda: None
            os.kill(os.getpid(), number)

    clock.on_look = on_look
    supervisor.run()
    return supervisor


class Enough(Exception):
    """The test has seen what it wanted."""


def test_a_host_has_a_private_redis_web_peer_monitor_and_two_workers(tmp_path):
    found = commands(Settings(home=tmp_path))
    assert list(found) == ["redis", "web", "peer", "monitor", "runs", "tasks1"]
    assert found["peer"][-4:] == [sys.executable, "-m", "pbxsync_worker.cli", "peer"]
    assert found["runs"][-2:] == ["worker", "runs"]


def test_the_peer_service_keeps_no_memory_for_each_thread_however_it_is_started(tmp_path):
    (setting,) = [word for word in commands(Settings(home=tmp_path))["peer"] if word.startswith("GLIBC_TUNABLES=")]
    unit = Path(__file__).parents[3] / "packaging/debian/units/pbxsync-peer.service"
    assert f"Environment={setting}" in unit.read_text().splitlines()


def test_a_redis_of_somebody_else_is_not_started(tmp_path):
    assert "redis" not in commands(Settings(home=tmp_path, redis_url="redis://elsewhere"))


def test_one_worker_executes_runs_however_many_take_tasks(tmp_path):
    names = list(commands(Settings(home=tmp_path, workers=3)))
    assert [name for name in names if name.startswith(("runs", "tasks"))] == ["runs", "tasks1", "tasks2", "tasks3"]


def test_the_private_redis_listens_on_a_socket_of_ours_alone_and_writes_nothing(tmp_path):
    words = " ".join(commands(Settings(home=tmp_path))["redis"])
    assert f"--port 0 --unixsocket {tmp_path}/run/redis.sock --unixsocketperm 700" in words
    assert "--save  --appendonly no" in words


def test_no_secret_stands_on_a_command_line(tmp_path):
    settings = Settings(home=tmp_path, store_url="postgresql://user:geheim@db/x")
    assert "geheim" not in str(commands(settings))


def test_a_child_that_was_killed_is_started_again(log):
    def look(_: Supervisor) -> None:
        found = pids(log)
        if len(found) == 1 and alive(found[0]):
            os.kill(found[0], signal.SIGKILL)
        if len(found) == 2:
            raise Enough

    supervise(log, OBEDIENT, look)
    assert [alive(pid) for pid in pids(log)] == [False, False]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_each_of_its_signals_stops_everything(log, number):
    def look(_: Supervisor) -> None:
        if pids(log):
            raise Enough

    supervise(log, OBEDIENT, look, number)
    assert [alive(pid) for pid in pids(log)] == [False]


def test_a_child_that_ignores_every_signal_is_killed_in_the_end(log):
    def look(_: Supervisor) -> None:
        if pids(log):
            raise Enough

    supervise(log, STUBBORN, look)
    assert [alive(pid) for pid in pids(log)] == [False]


def test_what_a_child_started_is_stopped_with_it(log):
    def look(_: Supervisor) -> None:
        if len(pids(log)) == 2:
            raise Enough

    supervise(log, PARENT, look)
    end = time.monotonic() + 10
    while any(alive(pid) for pid in pids(log)) and time.monotonic() < end:
        time.sleep(0.01)
    assert [alive(pid) for pid in pids(log)] == [False, False]


def test_what_a_killed_child_left_behind_is_ended_before_the_next_one_needs_its_port(log):
    def look(_: Supervisor) -> None:
        found = pids(log)
        if len(found) == 2 and all(alive(pid) for pid in found):
            os.kill(next(pid for pid in found if os.getpgid(pid) == pid), signal.SIGKILL)
        if len(found) == 4:
            raise Enough

    supervise(log, PARENT, look)
    end = time.monotonic() + 10
    while any(alive(pid) for pid in pids(log)) and time.monotonic() < end:
        time.sleep(0.01)
    assert [alive(pid) for pid in pids(log)] == [False] * 4


def _ended(supervisor: Supervisor) -> float:
    """Wait for the only child to end by itself; return when it was started."""
    child = supervisor._children[0]
    if child.process is not None:
        child.process.wait(10)
    return child.started


def test_a_child_that_dies_young_is_started_ever_later_but_never_given_up(log):
    starts: list[float] = []

    def look(supervisor: Supervisor) -> None:
        started = _ended(supervisor)
        if started not in starts:
            starts.append(started)
        if len(starts) == 8:
            raise Enough

    supervise(log, SHORT_LIVED, look)
    pauses = [round(later - sooner) for sooner, later in pairwise(starts)]
    assert pauses == [1, 2, 4, 8, 16, 30, 30]


def test_a_child_that_lived_long_is_started_again_soon(log):
    starts: list[float] = []

    def look(supervisor: Supervisor) -> None:
        started = _ended(supervisor)
        if started not in starts:
            starts.append(started)
            supervisor._clock.move(60.0)  # type: ignore[attr-defined]  # this clock is moved by hand
        if len(starts) == 4:
            raise Enough

    supervise(log, SHORT_LIVED, look)
    pauses = [round(later - sooner - 60) for sooner, later in pairwise(starts)]
    assert pauses == [1, 1, 1]
