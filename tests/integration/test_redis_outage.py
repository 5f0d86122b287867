"""Redis holds wake-ups only: killed, emptied or away at any moment, the runs of a farm end well and nothing is lost."""

import os
import signal
from collections.abc import Callable, Iterator

import pytest
import redis

from pbxsync_worker.core.model.run import Run, State
from scripts.lab.node import PbxNode
from tests.integration.installation import Installed, Pair, pair_of, remains, tree_of, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

TEXT = "var/lib/asterisk/sounds/custom/changing.txt"


@pytest.fixture(scope="module")
def pair(asterisk_root, tmp_path_factory) -> Iterator[Pair]:
    """Give one farm for all tests of this file; each leaves it in step, with Redis running again."""
    folder = tmp_path_factory.mktemp("redis")
    source, target = (PbxNode(folder / name / "pbx", asterisk_root, name) for name in "AB")
    try:
        for node in (source, target):
            node.generate(12, 1)
        target.start()
        with pair_of(folder, source, target, probe_seconds=1) as made:
            assert made.sync().state is State.COMMITTED
            yield made
    finally:
        target.close()
        source.close()


@pytest.fixture(autouse=True)
def _running_again(pair) -> None:
    """Wait for what the test before has killed: who dies young is started again ever later."""
    until(lambda: all(answers(host) and host.whole() for host in (pair.source, pair.target)), 90, "every service")


def edit(pair: Pair, text: str) -> None:
    """Change something on A, with a reload of the dialplan on B to follow."""
    path = pair.source.node.folder / TEXT
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    dialplan = pair.source.node.etc / "extensions_custom.conf"
    dialplan.write_text(f"[changing]\nexten => 1,1,NoOp({text})\n")


def brought(pair: Pair, run: Run, text: str) -> bool:
    """Tell whether a run ended well and brought the text."""
    ended = pair.end_of(run)
    there = (pair.target.node.folder / TEXT).read_text()
    return ended.state is State.COMMITTED and there == text and remains(pair.target) == []


def in_state(host: Installed, run: Run, state: State) -> Callable[[], bool]:
    """Return a test for a run that is in a state, or past it."""
    order = list(State)

    def reached() -> bool:
        known = host.run(run.id)
        return known is not None and order.index(known.state) >= order.index(state)

    return reached


@pytest.mark.parametrize("state", [State.SCANNING, State.STAGED, State.VERIFYING])
def test_a_run_goes_on_while_redis_is_killed_and_comes_back_empty(pair, state):
    edit(pair, f"while {state}")
    run = pair.source.request(pair.job)
    until(in_state(pair.target, run, state), 30, state.value)
    assert pair.target.kill("redis")
    assert brought(pair, run, f"while {state}")


def test_a_run_goes_on_while_the_coordinators_redis_is_killed(pair):
    edit(pair, "without the coordinator's")
    run = pair.source.request(pair.job)
    until(in_state(pair.target, run, State.VERIFYING), 30, "VERIFYING")
    assert pair.source.kill("redis")
    assert brought(pair, run, "without the coordinator's")


def test_a_run_goes_on_when_redis_is_emptied_under_it(pair):
    edit(pair, "emptied")
    run = pair.source.request(pair.job)
    until(in_state(pair.target, run, State.SCANNING), 30, "SCANNING")
    for host in (pair.source, pair.target):
        redis.Redis.from_url(host.here.settings.redis).flushall()
    assert brought(pair, run, "emptied")


def test_a_request_made_while_redis_is_away_is_found_by_the_sweeper(pair):
    edit(pair, "requested without")
    pid = pair.source.pid("redis")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until(lambda: not answers(pair.source), 10, "Redis to be gone")
    run = pair.source.request(pair.job)  # its wake-up is lost
    assert brought(pair, run, "requested without")


def test_a_wake_up_that_is_lost_before_anybody_took_it_is_repeated(pair):
    edit(pair, "lost on the way")
    worker = pair.target.pid("runs")
    assert worker is not None
    os.kill(worker, signal.SIGSTOP)  # nobody takes the wake-up ...
    run = pair.source.request(pair.job)
    try:
        until(in_state(pair.target, run, State.REQUESTED), 30, "the run at B")
        redis.Redis.from_url(pair.target.here.settings.redis).flushall()  # ... and then it is gone
    finally:
        os.kill(worker, signal.SIGCONT)
    assert brought(pair, run, "lost on the way")


def test_after_all_of_that_both_hosts_are_in_step(pair):
    before = tree_of(pair.target.node, moments=True)
    assert pair.sync().state is State.UNCHANGED
    assert tree_of(pair.target.node, moments=True) == before
    assert [run.state for run in pair.target.here.store.runs.unfinished()] == []


def answers(host: Installed) -> bool:
    """Tell whether a host's Redis answers at this moment."""
    try:
        return bool(redis.Redis.from_url(host.here.settings.redis, socket_timeout=2).ping())
    except redis.RedisError:
        return False
