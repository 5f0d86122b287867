"""From wish to work."""

import socket
from dataclasses import replace

import pytest

from pbxsync_worker.core.handover import Order, RedisWaker, cancel, request, request_job, request_rollback
from pbxsync_worker.core.model.errors import Invalid, NotFound
from pbxsync_worker.core.model.host import Host
from pbxsync_worker.core.model.run import Mode, State
from pbxsync_worker.core.model.wish import CheckHost
from pbxsync_worker.core.store import open_store
from tests.fakes.clock import HandClock
from tests.unit.core.values import A, B, C, catalogue, inventory, run


class RecordingWaker:
    """Remembers whom it woke."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    def execute(self, run: str) -> None:
        self.calls.append(("execute", run))

    def rollout(self, rollout: str) -> None:
        self.calls.append(("rollout", rollout))

    def grant(self, wish: str, *, alone: bool = False) -> None:
        self.calls.append(("grant", wish))


@pytest.fixture
def store(tmp_path):
    opened = open_store(f"sqlite:///{tmp_path}/store.sqlite", HandClock())
    yield opened
    opened.database.close()


@pytest.fixture
def waker():
    return RecordingWaker()


THREE = catalogue().with_host(Host(C, "three", "c:1"))
JOB = replace(THREE.jobs[0], targets=(B, C))
APPLY = Order(Mode.APPLY, "ana")


def test_a_wish_is_stored_before_a_worker_is_woken(store, waker):
    identity = request(store, waker, CheckHost(A), "ana")
    assert store.wishes.get(identity).wish == CheckHost(A)
    assert waker.calls == [("grant", identity)]
    assert store.audit.entries()[0].what == "wish CheckHost"


def test_a_job_becomes_one_run_for_each_target_in_order(store, waker):
    runs = request_job(store, waker, C, THREE, JOB, APPLY)
    assert [(one.target, one.position, one.here) for one in runs] == [(B, 0, False), (C, 1, True)]
    assert {one.state for one in runs} == {State.REQUESTED}
    assert [one.id for one in store.runs.of_rollout(runs[0].rollout)] == [one.id for one in runs]
    assert waker.calls == [("rollout", runs[0].rollout)]
    assert store.audit.entries()[0].who == "ana"


def test_only_the_wanted_targets_are_asked(store, waker):
    runs = request_job(store, waker, A, THREE, JOB, replace(APPLY, targets=(C,)))
    assert [one.target for one in runs] == [C]


def test_it_refuses_a_job_without_a_target(store, waker):
    with pytest.raises(Invalid, match="no such target"):
        request_job(store, waker, A, THREE, JOB, replace(APPLY, targets=(A,)))
    assert waker.calls == []


def test_it_refuses_an_approval_of_nothing(store, waker):
    with pytest.raises(Invalid, match="names the plan"):
        request_job(store, waker, A, THREE, JOB, replace(APPLY, approved=True))
    assert store.runs.find() == ()


def test_an_approval_names_its_plan(store, waker):
    (one, _) = request_job(store, waker, A, THREE, JOB, replace(APPLY, approved=True, expect_plan="ff"))
    assert (store.runs.get(one.id).approved, store.runs.get(one.id).expect_plan) == (True, "ff")


def test_a_rollback_is_a_run_whose_source_is_this_hosts_own_past(store, waker):
    store.inventories.expect(run(), inventory(a=b"1"), inventory(a=b"2"), inventory(a=b"2"))
    store.inventories.remember(run())
    back = request_rollback(store, waker, run(), "before", "ana")
    assert (back.source, back.target, back.mode, back.goal) == (B, B, Mode.ROLLBACK, "r1:before")
    assert store.runs.get(back.id).requested_by == "ana"
    assert waker.calls == [("rollout", back.rollout)]


def test_a_rollback_can_be_shown_first(store, waker):
    store.inventories.expect(run(), inventory(a=b"1"), inventory(a=b"2"), inventory(a=b"2"))
    store.inventories.remember(run())
    assert request_rollback(store, waker, run(), "after", "ana", plan_only=True).mode is Mode.PLAN


def test_it_refuses_a_rollback_to_a_state_that_is_not_kept(store, waker):
    with pytest.raises(NotFound):
        request_rollback(store, waker, run(), "before", "ana")
    assert store.runs.find() == ()
    assert waker.calls == []


def test_a_rollback_of_another_host_is_asked_from_that_host(store, waker):
    back = request_rollback(store, waker, run(here=False), "before", "ana")
    assert back.here is False
    assert waker.calls == [("rollout", back.rollout)]


@pytest.mark.parametrize(("here", "woken"), [(True, ("execute", "r1")), (False, ("rollout", "x"))])
def test_a_cancel_reaches_whoever_executes_the_run(store, waker, here, woken):
    one = run(here=here, rollout="x")
    store.runs.request([one])
    assert cancel(store, waker, one, "ana").cancel_by == "ana"
    assert waker.calls == [woken]


def test_a_redis_that_is_away_is_no_error(caplog):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    waker = RedisWaker(f"redis://127.0.0.1:{port}")
    waker.execute("r1")
    waker.rollout("x")
    waker.rollouts(["y", "z"])
    waker.grant("w")
    assert caplog.messages == ["no worker could be woken; the sweeper will"] * 4
