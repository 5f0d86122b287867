"""The power goes at every act of a run that brings, moves, changes and removes voicemail messages, and of a return.

I1, I3, I4, I6 and I7 as in test_power_cut.py. A message that only host B has keeps its files, and no lock stays.
"""

import os
import random
import shutil
from functools import partial
from pathlib import Path

import pytest

from pbxsync_worker.core.model.dataset import Dataset, MessageSet
from pbxsync_worker.core.model.run import State
from tests.crash.conftest import go_back, sync
from tests.crash.points import WRITES, Stage, spread
from tests.crash.test_power_cut import once, once_and_retry, told, twice
from tests.fakes.disk import Cut
from tests.scenario.world import World, write
from tests.unit.datasets.messages.hosts import BOX, Asterisk

MESSAGES = Dataset("messages", "Messages", messages=(MessageSet(),))
LASTING = frozenset({"store", "append", "replace", "link", "unlink", "mkdir", "reload"})
FEW = 25


@pytest.fixture(scope="module")
def before(fast: Path) -> Path:
    """Return a pair of hosts with every kind of change waiting, and a message of B's own."""
    world = World(fast / "messages", dataset=MESSAGES).settle_in()
    a, b = Asterisk(world.a / "spool"), Asterisk(world.b / "spool")
    b.leave(9)
    write(world.root / "outside/passwd", "root:x:0:0\n")
    for number in (1, 2, 3):
        a.leave(number)
    assert world.sync().state is State.COMMITTED
    inbox = a.root / BOX / "INBOX"
    a.delete(inbox / "msg0000.txt")
    a.move(inbox / "msg0000.txt", "Old")
    text = inbox / "msg0000.txt"
    text.write_bytes(text.read_bytes() + b"flag=Urgent\n")
    os.utime(text, (1_600_000_003, 1_600_000_003))
    a.leave(4)
    a.leave(5, box="sales/7")
    world.close()
    return world.root


@pytest.fixture(scope="module", params=[sync, go_back], ids=["apply", "return"])
def stage(request: pytest.FixtureRequest, fast: Path, before: Path) -> Stage:
    story = request.param
    pristine = before
    if story is go_back:
        pristine = fast / "messages-after"
        shutil.copytree(before, pristine, symlinks=True)
        world = World(pristine)
        assert world.sync().state is State.COMMITTED
        world.close()
    cases = fast / f"messages-{story.__name__}"
    cases.mkdir()
    return Stage(pristine, cases, story, story)


def test_cut_before_every_act_messages_are_wholly_old_or_wholly_new(stage, tell):
    states = spread(once_and_retry, stage, stage.points())
    assert {State.COMMITTED, State.ROLLED_BACK, State.FAILED} <= set(states)
    tell(f"messages, {stage.story.__name__}: power cut before each of {told(states)}")


@pytest.mark.parametrize("cut", [Cut.HALF, Cut.AFTER])
def test_cut_within_a_write_or_right_after_what_lasts_they_are(stage, cut, tell):
    states = spread(partial(once, cut=cut), stage, stage.points(WRITES if cut is Cut.HALF else LASTING))
    tell(f"messages, {stage.story.__name__}: power cut {cut} of {told(states)}")


def test_cut_again_within_the_recovery_they_are(stage, tell):
    points = stage.points()
    states = spread(twice, stage, random.Random(1).sample(points, min(FEW, len(points))))
    tell(f"messages, {stage.story.__name__}: power cut again in the recovery, {told(states)}")
