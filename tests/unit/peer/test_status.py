"""How a run is, as it travels: what arrives is what was told, and nothing that no run can say is believed."""

import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.plan import Plan
from pbxsync_worker.core.model.run import Move, Numbers, State
from pbxsync_worker.core.model.sent import Sent, SentItem, Way, Ways
from pbxsync_worker.core.store.runs import Result, SavedPlan
from pbxsync_worker.core.wire import pack, unpack
from pbxsync_worker.peer.messages import Contents, Moved, Status
from pbxsync_worker.peer.status import moves_of, plan_of, result_of, shortened, status_of
from tests.fakes.link import item_with

RESULT = Result(Numbers(1, 2, 3, 4, 5, 6, 0.5, 0.25), ("res_pjsip",), (Finding(Level.WARNING, "a", "b"),))
MOVES = (
    Move(2, "REQUESTED", State.SCANNING, 1.5, ""),
    Move(3, "SCANNING", State.FAILED, 2.5, "it failed", "code"),
)
OLD, NEW = item_with(b"ASTETCDIR/x", b"old"), item_with(b"ASTETCDIR/x", b"new")
DRESSED = item_with(b"ASTETCDIR/x", b"old", mode=0o600)
PLAN = Plan("files", (Change(OLD, NEW), Change(OLD, DRESSED), Change(None, NEW), Change(OLD, None)))


def travelled(status: Status) -> Status:
    return unpack(pack(status), Status)


def test_moves_and_numbers_arrive_as_they_were():
    status = travelled(status_of(MOVES, RESULT))
    assert tuple(moves_of(status, "REQUESTED")) == MOVES
    assert result_of(status) == RESULT


def test_nothing_measured_is_nothing_told():
    status = status_of((), Result())
    assert status == Status(())
    assert result_of(status) is None


@pytest.mark.parametrize("numbers", [(1,), (1,) * 9, (float("inf"),) * 8, (float("nan"),) * 8])
def test_it_refuses_numbers_that_no_run_has(numbers):
    with pytest.raises(Invalid):
        result_of(travelled(Status((), numbers)))


def test_it_refuses_a_time_that_cannot_be():
    with pytest.raises(Invalid, match="time"):
        list(moves_of(Status((Moved(2, State.SCANNING, 2**60),)), "REQUESTED"))


def test_how_contents_came_is_told_with_a_few_items_and_checked():
    items = tuple(SentItem(f"{at}", Way.WHOLE, "zstd", 9, 8) for at in range(20))
    sent = Sent((Ways(Way.WHOLE, "zstd", 20, 180, 160),), items)
    told = unpack(pack(Contents(shortened(sent))), Contents).sent
    heard = result_of(status_of((), RESULT), told)
    assert heard is not None
    assert heard.sent == Sent(sent.ways, items[:5])
    for wrong in (Sent(sent.ways * 33), Sent((Ways(Way.WHOLE, "", 1, -1, 0),))):
        with pytest.raises(Invalid):
            result_of(status_of((), RESULT), wrong)


def test_a_plan_arrives_with_its_own_digest_and_without_those_of_contents():
    saved = SavedPlan(PLAN.digest.hex(), PLAN, {"ASTETCDIR/x": "+ new"})
    told = unpack(pack(plan_of(saved)), SavedPlan)
    assert (told.digest, told.diffs) == (saved.digest, saved.diffs)
    assert [(one.kind, one.name) for one in told.plan.changes] == [(one.kind, one.name) for one in PLAN.changes]
    assert len(pack(told.plan)) < len(pack(PLAN)) - 7 * 30
