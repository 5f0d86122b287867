"""What the story of a run does when a newer worker has taken the host; everything else is told in tests/scenario."""

import pytest

from pbxsync_worker.core.model.change import Changes, Kept
from pbxsync_worker.core.model.errors import Fenced
from pbxsync_worker.core.model.inventory import EMPTY, Inventory
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.sync.decide import Scene
from pbxsync_worker.sync.run import _nothing_to_do, run_once
from tests.unit.core.values import file, run
from tests.unit.sync.parts import Source, parts

ITEM = file(b"ASTETCDIR/a.conf", b"[a]\n", mode=0o644)


@pytest.fixture
def made(tmp_path):
    return parts(tmp_path, Source({ITEM.name: b"[a]\n"}, inventory=Inventory.of([ITEM])))


def test_a_run_that_nobody_disturbs_commits(made):
    ended = run_once(run(), made)
    assert (ended.state, made.host.data.things[ITEM.name].data) == (State.COMMITTED, b"[a]\n")
    assert made.host.memory.moves == [
        *(State.SCANNING, State.PLANNED, State.STAGED, State.APPLYING, State.VERIFYING, State.COMMITTED),
    ]


@pytest.mark.parametrize("state", [State.SCANNING, State.PLANNED, State.STAGED, State.APPLYING])
def test_a_worker_that_was_overtaken_before_the_acts_changes_nothing(made, state):
    made.host.memory.fenced_at = state
    with pytest.raises(Fenced):
        run_once(run(), made)
    assert (made.host.data.things, made.host.journal.unfinished()) == ({}, ())


def test_a_worker_that_was_overtaken_after_the_acts_leaves_the_undo_to_the_newer_one(made):
    made.host.memory.fenced_at = State.VERIFYING
    with pytest.raises(Fenced):
        run_once(run(), made)
    (written,) = made.host.journal.unfinished()
    assert (written.committed, made.host.data.undo(written.steps[0])) == (False, "restored")
    assert made.host.data.things == {}


def test_a_worker_that_was_overtaken_after_the_commit_leaves_the_keeping_to_the_newer_one(made):
    made.host.memory.fenced_at = State.COMMITTED
    with pytest.raises(Fenced):
        run_once(run(), made)
    assert [written.committed for written in made.host.journal.unfinished()] == [True]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([b"a"], "in step but for a, which stays as it is here: mine"),
        ([b"a", b"b"], "in step but for 2 items that stay as they are here, first of all a: mine"),
    ],
)
def test_what_stays_as_it_is_here_is_counted(names, told):
    kept = tuple(Kept(name, "mine") for name in names)
    assert as_text(_nothing_to_do(Scene(EMPTY, EMPTY, EMPTY, Changes((), kept), baseline_is_old=False))) == told
