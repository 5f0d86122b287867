"""The power goes at every act of a run that changes rows, keys, mailboxes and files, on a real database server.

Acts are those of our disk and every statement that is sent: before it, or when the server has done it. The same for
the recovery, and for a connection that breaks while our process lives on.
"""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from pbxsync_worker.core.model.run import State
from scripts.lab.mariadb import MariaDb, NoMariaDb
from tests.crash.conftest import go_back, sync
from tests.crash.databases import LASTING, MARKER, SAID, Databases, LossyDisk, disconnect
from tests.crash.points import WRITES, spread
from tests.crash.rows import RowStage, RowWorld
from tests.crash.rows_content import DECOYS, FIRST, KEYS, SECOND, decoys, first_state, second_state
from tests.fakes.astdb import MemoryAstdb
from tests.fakes.disk import BreakingDisk, Cut

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

LONG = bool(os.environ.get("PBXSYNC_LONG"))
"""PBXSYNC_LONG=1 breaks the connection at every statement of a return as well."""
TURNING_POINTS = frozenset(
    {"store", "append", "replace", "reload", "exchange", "move", "key", "lamps", "contents", *LASTING}
)
NOTHING_LEFT = frozenset({"fsync", "syncfs", *SAID}) - LASTING
"""After these the host is as it was before: to cut there is to cut at the act before, where only the process dies."""


@pytest.fixture(scope="module")
def databases() -> Iterator[Databases]:
    """Give a server whose data is in memory where there is room for it: there are many thousand statements."""
    memory = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="pbxsync-rows-", dir=memory))
    server = MariaDb(folder, ("--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0"))
    try:
        server.start()
    except NoMariaDb as error:
        server.close()
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    yield Databases(server.socket)
    disconnect()
    server.close()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def stages(fast: Path, databases: Databases) -> dict[str, RowStage]:
    """Return a run and a return on demand, each before it begins."""
    folder = fast / "rows"
    asterisk = MemoryAstdb(dict(KEYS))
    world = RowWorld(folder / "before", databases=databases, asterisk=asterisk)
    world.settle_in()
    for side in "ab":
        databases.make(side)
    first_state(world)
    databases.write("a", FIRST)
    decoys(world)
    databases.write("b", DECOYS)
    assert world.sync().state is State.COMMITTED
    old = databases.held("b"), dict(asterisk.held)
    second_state(world)
    databases.write("a", SECOND)
    world.close()
    shutil.copytree(world.root, folder / "after", symlinks=True)
    world = RowWorld(folder / "after", databases=databases, asterisk=asterisk)
    assert world.sync().state is State.COMMITTED
    new = databases.held("b"), dict(asterisk.held)
    world.close()
    (folder / "cases").mkdir()
    return {
        "run": RowStage(folder / "before", folder / "cases", databases, *old, sync),
        "return": RowStage(folder / "after", folder / "cases", databases, *new, go_back),
    }


@pytest.fixture(params=["run", "return"])
def stage(request: pytest.FixtureRequest, stages: dict[str, RowStage]) -> RowStage:
    return stages[request.param]


def test_cut_before_every_act_and_statement_the_host_is_wholly_old_or_wholly_new(stage, tell):
    states = spread(once, stage, stage.points())
    assert {State.COMMITTED, State.ROLLED_BACK, State.FAILED} <= set(states)
    tell(f"{stage.name}: files, keys, mailboxes and rows, power cut before each of {told(states)}")


@pytest.mark.parametrize("cut", [Cut.HALF, Cut.AFTER])
def test_cut_within_a_write_or_right_after_what_counts_it_is(stage, cut, tell):
    points = stage.points(WRITES if cut is Cut.HALF else TURNING_POINTS)
    states = spread(partial(once, cut=cut), stage, points)
    tell(f"{stage.name}: power cut {cut} of {told(states)}")


@pytest.mark.timeout(1800)
def test_cut_again_within_the_recovery_it_is(stage, tell):
    points = [at for at, label in enumerate(stage.labels, 1) if label not in NOTHING_LEFT]
    states = spread(every_second_cut, stage, points)
    tell(f"{stage.name}: power cut, and again in the recovery: {told(states)}")


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.AFTER])
def test_where_the_connection_breaks_at_any_statement_it_is(stage, cut, tell):
    points = stage.points(SAID if cut is Cut.BEFORE else LASTING)
    if stage.story is go_back and not LONG:
        points = points[:: 3 if cut is Cut.BEFORE else 1]  # a return sends the statements of a run
    states = spread(partial(broken_off, cut=cut), stage, points)
    tell(f"{stage.name}: connection lost {cut} each of {told(states)}")


def test_where_it_breaks_at_any_statement_of_the_recovery_it_is(stages, tell):
    stage = stages["run"]
    with committed_in_the_database(stage) as root:
        labels = stage.recover(root)
    disconnect()
    states = spread(lost_in_recovery, stage, [at for at, label in enumerate(labels, 1) if label in SAID])
    tell(f"{stage.name}: connection lost at each statement of a recovery: {told(states)}")


def test_a_moment_is_put_back_as_it_was(stages):
    stage = stages["run"]
    with stage.cut(stage.points(frozenset({"sql commit"}))[-1]) as moment:
        was, acts = stage.target(moment.root), stage.recover(moment.root)
        assert stage.target(moment.root) != was
        assert stage.target(moment.again()) == was
        assert stage.recover(moment.root) == acts


def test_without_its_journal_a_host_would_be_seen_torn(stages):
    stage = stages["run"]
    with committed_in_the_database(stage) as root:
        for journal in (root / "b-home" / "journal").iterdir():
            journal.unlink()
        stage.recover(root)
        with pytest.raises(AssertionError, match="ROLLED_BACK"):
            stage.judge(root)


def test_without_the_marker_a_host_would_be_seen_torn(stages):
    stage = stages["run"]
    with committed_in_the_database(stage) as root:
        assert stage.databases.held("b")[f"asterisk.{MARKER}"]
        stage.databases.write("b", {"asterisk": f"DELETE FROM {MARKER}"})
        stage.recover(root)
        with pytest.raises(AssertionError, match=r"ROLLED_BACK.*asterisk\.users"):
            stage.judge(root)


def test_a_marker_that_is_left_behind_would_be_seen(stages):
    stage = stages["run"]
    with stage.case() as root:
        stage.databases.write("b", {"asterisk": f"INSERT INTO {MARKER} VALUES ('r', NOW())"})
        with pytest.raises(AssertionError, match="'r'"):
            stage.judge(root)


@contextmanager
def committed_in_the_database(stage: RowStage) -> Iterator[Path]:
    """Give a host whose power went when the server had committed all rows, and nobody else knew."""
    last = stage.points(frozenset({"sql commit"}))[-1]
    with stage.case() as root:
        stage.play(root, BreakingDisk(last, Cut.AFTER))
        yield root


def once(stage: RowStage, at: int, cut: Cut = Cut.BEFORE) -> State:
    """Cut a story, recover and judge; after what counts, see that a retry converges."""
    with stage.case() as root:
        stage.play(root, BreakingDisk(at, cut))
        stage.recover(root)
        state = stage.judge(root)
        if cut is Cut.AFTER and stage.labels[at - 1] in {"store", "append", *LASTING}:
            stage.converge(root)
        return state


def every_second_cut(stage: RowStage, at: int) -> list[State]:
    """Cut a story once, then its recovery at every act that leaves something else; recover again and judge each."""
    with stage.cut(at) as moment:
        labels = stage.recover(moment.root)
        acts = [again for again, label in enumerate(labels, 1) if label not in NOTHING_LEFT]
        return [second_cut(stage, moment.again(), again) for again in acts]


def second_cut(stage: RowStage, root: Path, again: int) -> State:
    """Cut a recovery, then recover and judge."""
    stage.recover(root, BreakingDisk(again))
    stage.recover(root)
    return stage.judge(root)


def broken_off(stage: RowStage, at: int, cut: Cut) -> State:
    """Lose the connection once; the story ends by itself, and the next recovery has nothing to do but forget."""
    with stage.case() as root:
        stage.play(root, LossyDisk(at, cut))
        stage.recover(root)
        return stage.judge(root)


def lost_in_recovery(stage: RowStage, at: int) -> State:
    """Lose power when the rows are committed, then the connection at one statement of the recovery."""
    with committed_in_the_database(stage) as root:
        stage.recover(root, LossyDisk(at, Cut.AFTER))
        stage.recover(root)
        return stage.judge(root)


def told(states: Counter[State]) -> str:
    """Return the numbers that the reader of a log wants."""
    ends = ", ".join(f"{count} {state.lower()}" for state, count in sorted(states.items()))
    return f"{sum(states.values())} points, 0 torn ({ends})"
