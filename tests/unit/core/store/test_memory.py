"""The Memory port over the store."""

import pytest

from pbxsync_worker.core.model.errors import IllegalMove
from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.plan import Plan
from pbxsync_worker.core.model.ports import Memory
from pbxsync_worker.core.model.run import Numbers, State
from pbxsync_worker.core.model.sent import Sent, Way, Ways
from pbxsync_worker.core.store.memory import RunMemory
from tests.unit.core.values import inventory, run

SENT = Sent((Ways(Way.WHOLE, "zstd", 1, 100, 60),))
OLD, NEW, THEIRS = inventory(a=b"old"), inventory(a=b"new"), inventory(a=b"theirs")


@pytest.fixture
def memory(store) -> Memory:
    store.runs.request([run()])
    return RunMemory(store)


def test_it_moves_runs_and_refuses_as_the_store_does(memory, store):
    moved = memory.move(run(), State.SCANNING, "looking")
    assert store.runs.get("r1").sentence == "looking"
    with pytest.raises(IllegalMove):
        memory.move(moved, State.COMMITTED)


def test_it_hears_a_cancel_at_any_time(memory, store):
    assert memory.cancelled_by(run()) == ""
    store.runs.cancel("r1", "ana")
    assert memory.cancelled_by(run()) == "ana"


def test_a_baseline_counts_from_remember_on(memory):
    assert memory.baseline(run()) is None
    memory.expect(run(), OLD, NEW, THEIRS)
    assert memory.baseline(run()) is None
    memory.remember(run())
    assert memory.baseline(run()) == (NEW, THEIRS)


def test_plans_and_results_are_kept(memory, store):
    memory.save_plan(run(), Plan("etc", ()), {"a": "+b"})
    memory.note(run(), Numbers(items=2), ["dialplan"], [Finding(Level.WARNING, "p", "s")], SENT)
    assert store.runs.plan("r1").diffs == {"a": "+b"}
    result = store.runs.result("r1")
    assert (result.numbers.items, result.reloaded, result.findings[0].place) == (2, ("dialplan",), "p")
    assert result.sent == SENT
