"""The power goes at every act of a run that changes large files, and of the return from it.

What a large file displaces becomes the content store's own by a rename. I1, I3, I4, I6 and I7 as in
test_power_cut.py; and however often the power went, a return afterwards gives every byte back.
"""

import os
import random
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.datasets.files.versions import LARGE
from tests.crash.conftest import go_back, sync
from tests.crash.points import WRITES, Stage, judge, lose, recover, spread, whole
from tests.crash.test_power_cut import told
from tests.fakes.disk import BreakingDisk, Cut
from tests.fakes.forgetful_disk import Loss
from tests.scenario.world import World, write

T = TypeVar("T")
TURNING_POINTS = frozenset({"store", "append", "exchange", "move", "owner", "mode", "unlink"})
LASTING = frozenset({"store", "append", "exchange", "move", "mode", "unlink", "replace", "rmdir"})
FEW = 1


def large(number: int) -> bytes:
    """Return a content just over the size from which files are renamed into the store."""
    return bytes([number]) * (LARGE + number)


def asked(world: World) -> Run:
    """Bring B in step, long after its files were written, while somebody holds one of them open for writing."""
    world.clock.move(10**9)
    held = world.b / "etc/held.wav"
    with held.open("r+b"):
        return sync(world)


def returned(world: World) -> Run:
    """Return B to the state before, long after its files were written."""
    world.clock.move(10**9)
    return go_back(world)


@pytest.fixture(scope="module")
def before(fast: Path) -> Path:
    """Return a pair of hosts with large files that change, come, go and move; one has a second name."""
    world = World(fast / "large").settle_in()
    names = ("changed", "gone", "moved", "linked", "held")
    for number, name in enumerate(names, 1):
        write(world.a / f"etc/{name}.wav", large(number))
    write(world.root / "outside/passwd", "root:x:0:0\n")
    assert world.sync().state is State.COMMITTED
    os.link(world.b / "etc/linked.wav", world.root / "outside/linked.wav")
    for number, name in enumerate(("changed", "linked", "held", "added"), 11):
        write(world.a / f"etc/{name}.wav", large(number), mtime=1_650_000_000)
    (world.a / "etc/gone.wav").unlink()
    (world.a / "etc/moved.wav").rename(world.a / "etc/here.wav")
    world.close()
    return world.root


@pytest.fixture(scope="module", params=[asked, returned], ids=["apply", "return"])
def stage(request: pytest.FixtureRequest, fast: Path, before: Path) -> Stage:
    story = request.param
    pristine = before
    if story is returned:
        pristine = fast / "large-after"
        shutil.copytree(before, pristine, symlinks=True)
        world = World(pristine)
        assert world.sync().state is State.COMMITTED
        world.close()
    cases = fast / f"large-{story.__name__}"
    cases.mkdir()
    return Stage(pristine, cases, story, story)


def test_a_large_file_is_renamed_into_the_store_but_for_those_that_others_can_write_to(stage):
    with stage.case() as root:
        world = World(root)
        inodes = {path.stat().st_ino: path.stem for path in (root / "b/etc").glob("*.wav")}
        stage.story(world)
        taken = {inodes.get(path.stat().st_ino) for path in (root / "b-home/contents").glob("??/*")} - {None}
        world.close()
    assert taken == ({"changed", "gone", "moved"} if stage.story is asked else {"changed", "linked", "held", "added"})


def test_cut_before_every_third_act_large_files_are_wholly_old_or_wholly_new(stage, tell):
    states = spread(once_and_there_and_back, stage, stage.points()[::3])
    assert {State.COMMITTED, State.ROLLED_BACK, State.FAILED} <= set(states)
    tell(f"large files, {stage.story.__name__}: power cut before each of {told(states)}")


@pytest.mark.parametrize("cut", [Cut.HALF, Cut.AFTER])
def test_cut_within_a_write_or_right_after_what_counts_they_are(stage, cut, tell):
    states = spread(partial(once, cut=cut), stage, stage.points(WRITES if cut is Cut.HALF else TURNING_POINTS))
    tell(f"large files, {stage.story.__name__}: power cut {cut} of {told(states)}")


def test_whatever_was_not_synced_is_lost_and_they_are(stage, tell):
    states = spread(lost, stage, stage.points()[1::3])
    tell(f"large files, {stage.story.__name__}: the unsynced acts lost, {told(states)}")


def test_cut_again_within_the_recovery_they_are(stage, tell):
    some = random.Random(1).sample(stage.points(LASTING), FEW)
    into_the_store = stage.points(frozenset({"move"}))[-1]
    states = spread(every_second_cut, stage, [*some, into_the_store])
    tell(f"large files, {stage.story.__name__}: power cut, and again in the recovery: {told(states)}")


def once(stage: Stage, at: int, cut: Cut) -> State:
    """Cut a story, recover and judge."""
    with stage.case() as root:
        stage.play(root, BreakingDisk(at, cut))
        recover(root)
        return judge(stage, root)


def once_and_there_and_back(stage: Stage, at: int) -> State:
    """Cut a story, recover and judge; see that a retry converges, and that a return gives every byte back."""
    with stage.case() as root:
        stage.play(root, BreakingDisk(at))
        recover(root)
        state = judge(stage, root)
        converge(stage, root)
        give_back(stage, root)
        return state


def converge(stage: Stage, root: Path) -> None:
    """Assert that a retry brings the new state; the run after it changes nothing, and remembers what it read."""
    world = World(root)
    stage.story(world)
    assert whole(root) == stage.new
    assert stage.again(world).state is State.UNCHANGED
    before = world.disk.count
    assert stage.again(world).state is State.UNCHANGED
    assert set(world.disk.labels[before:]) == {"store"}
    world.close()


def give_back(stage: Stage, root: Path) -> None:
    """Return to the state before the last change: that needs every content which the story displaced."""
    world = World(root)
    changes = [run for run in world.store.runs.find(job="job") if run.state is State.COMMITTED]
    assert world.rollback(changes[0], "before").state is State.COMMITTED
    world.close()
    assert whole(root) == stage.old


def lost(stage: Stage, at: int) -> State:
    """Lose power at an act and all that was not synced, or some of it; recover and judge."""
    loss = Loss.SOME if at % 2 == 0 else Loss.ALL
    with stage.case() as root:
        lose(root, stage.story, at, random.Random(at).choice([*Cut]), loss, at)
        recover(root)
        return judge(stage, root, may_keep=loss is Loss.SOME)


def every_second_cut(stage: Stage, at: int) -> list[State]:
    """Cut a story right after an act, then its recovery at every act that leaves something; recover again and judge."""
    with stage.case() as root:
        stage.play(root, BreakingDisk(at, Cut.AFTER))
        disk = BreakingDisk()
        recover(root, disk)
    return [second_cut(stage, at, again) for again, label in enumerate(disk.labels, 1) if label in LASTING]


def second_cut(stage: Stage, at: int, again: int) -> State:
    """Cut a story, cut its recovery, recover and judge. Played anew: a copy has other inodes than the journal knows."""
    with stage.case() as root:
        stage.play(root, BreakingDisk(at, Cut.AFTER))
        recover(root, BreakingDisk(again, Cut.AFTER))
        recover(root)
        return judge(stage, root)


class WrittenAfter(BreakingDisk):
    """After its acts of one label another process writes to what was displaced, which it had open."""

    def __init__(self, label: str, write_now: Callable[[], None]) -> None:
        super().__init__()
        self._label, self._write_now = label, write_now

    def effect(self, label: str, act: Callable[[], T]) -> T:
        """Do the act; after each of this label somebody writes."""
        done = super().effect(label, act)
        if label == self._label:
            self._write_now()
        return done


@pytest.mark.parametrize("restored", [False, True], ids=["", "time restored"])
@pytest.mark.parametrize("label", ["exchange", "append"])
def test_what_another_process_writes_until_the_commit_is_never_lost(fast, before, label, restored):
    root = fast / f"large-{label}-{restored}"
    shutil.copytree(before, root, symlinks=True)
    live = root / "b/etc/changed.wav"
    handle, status = os.open(live, os.O_RDWR), live.stat()

    def write_now() -> None:
        os.pwrite(handle, b"somebody's", 7)
        if restored:
            os.utime(handle, ns=(status.st_atime_ns, status.st_mtime_ns))

    world = World(root, WrittenAfter(label, write_now))
    world.clock.move(10**9)
    run = sync(world)
    world.close()
    os.close(handle)
    recover(root)
    found = [path for path in (live, *(root / "b-home/kept").rglob("*")) if path.is_file()]
    assert any(path.read_bytes()[7:17] == b"somebody's" for path in found), run.sentence
    shutil.rmtree(root)
