"""Runs and their timeline."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import Fenced, IllegalMove, NotFound
from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.plan import Plan, Reload
from pbxsync_worker.core.model.run import Mode, Move, Numbers, State
from pbxsync_worker.core.store.runs import Result, new_id
from tests.unit.core.values import file, run

PLAN = Plan("etc", (Change(None, file(b"ASTETCDIR/\xff\n", b"1")),), reloads=(Reload("dialplan", "why"),))


@pytest.fixture
def runs(store):
    store.runs.request([run()])
    return store.runs


def test_a_new_run_is_requested_now_with_its_first_move(runs, clock):
    found = runs.get("r1")
    assert (found.state, found.requested_at) == (State.REQUESTED, clock.now())
    assert runs.moves("r1") == (Move(1, "", State.REQUESTED, clock.now(), ""),)


def test_a_run_comes_back_as_it_was(store):
    whole = run("r2", mode=Mode.ROLLBACK, goal="r1:before", expect_plan="ff", approved=True, rollout="x", position=2)
    whole = replace(whole, here=False, requested_by="ana", requested_at=5.0)
    store.runs.request([whole])
    assert replace(store.runs.get("r2"), moved_at=0.0) == whole


def test_asking_twice_is_asking_once(runs):
    moved = runs.move(runs.get("r1"), State.SCANNING)
    runs.request([run(requested_by="other")])
    assert runs.get("r1") == moved
    assert len(runs.moves("r1")) == 2


def test_a_run_from_elsewhere_always_starts_as_requested(store):
    store.runs.request([run("r9", State.COMMITTED)])
    assert store.runs.get("r9").state is State.REQUESTED


def test_a_move_is_written_with_its_row(runs, clock):
    clock.move(7)
    moved = runs.move(runs.get("r1"), State.FAILED, "it broke", "no-space")
    assert runs.get("r1") == moved
    assert runs.moves("r1", 1) == (Move(2, "REQUESTED", State.FAILED, clock.now(), "it broke", "no-space"),)


def test_a_move_from_a_state_that_it_left_is_refused_and_changes_nothing(runs):
    first = runs.get("r1")
    runs.move(first, State.SCANNING)
    with pytest.raises(IllegalMove):
        runs.move(first, State.SCANNING)
    assert len(runs.moves("r1")) == 2


def test_a_move_outside_the_table_is_refused_and_changes_nothing(runs):
    with pytest.raises(IllegalMove):
        runs.move(runs.get("r1"), State.COMMITTED)
    assert runs.get("r1").state is State.REQUESTED


def test_a_run_that_does_not_exist_cannot_move(runs):
    with pytest.raises(IllegalMove):
        runs.move(run("none"), State.SCANNING)


def test_after_a_take_the_former_holder_can_move_nothing(runs):
    former = runs.take("r1")
    newer = runs.take("r1")
    with pytest.raises(Fenced):
        runs.move(former, State.SCANNING)
    assert runs.move(newer, State.SCANNING).state is State.SCANNING


def test_taking_another_run_fences_the_first_one_too(runs):
    former = runs.take("r1")
    runs.request([run("r2")])
    runs.take("r2")
    with pytest.raises(Fenced):
        runs.move(former, State.SCANNING)


def test_a_run_that_somebody_took_cannot_be_moved_without_its_token(runs):
    before = runs.get("r1")
    runs.take("r1")
    with pytest.raises(IllegalMove):
        runs.move(before, State.FAILED)


def test_tokens_only_rise(runs):
    assert [runs.take("r1").token for _ in range(3)] == [1, 2, 3]


def test_it_refuses_to_give_a_run_that_it_does_not_have(runs):
    with pytest.raises(NotFound):
        runs.take("none")


def test_a_run_is_found_by_a_beginning_that_fits_one_only(store):
    store.runs.request([run("abc1"), run("abd2")])
    assert store.runs.get("abc").id == "abc1"
    for unclear in ("ab", "", "x", "%", "ab_1", "abc1x"):
        with pytest.raises(NotFound):
            store.runs.get(unclear)


def test_runs_are_found_newest_first_and_by_job_state_and_time(store, clock):
    for number in range(3):
        store.runs.request([run(f"r{number}", job="odd" if number % 2 else "even", requested_at=float(number + 1))])
    store.runs.move(store.runs.get("r0"), State.FAILED)
    assert [one.id for one in store.runs.find()] == ["r2", "r1", "r0"]
    assert [one.id for one in store.runs.find(job="even")] == ["r2", "r0"]
    assert [one.id for one in store.runs.find(state="FAILED")] == ["r0"]
    assert [one.id for one in store.runs.find(before=3.0)] == ["r1", "r0"]
    assert [one.id for one in store.runs.find(limit=1)] == ["r2"]


def test_unfinished_runs_come_oldest_first(store):
    store.runs.request([run("new", requested_at=9.0), run("old", requested_at=1.0), run("done", requested_at=5.0)])
    store.runs.move(store.runs.get("done"), State.CANCELLED)
    assert [one.id for one in store.runs.unfinished()] == ["old", "new"]


def test_the_runs_of_a_rollout_come_in_their_order(store):
    store.runs.request([run("b", rollout="x", position=1), run("a", rollout="x", position=0), run("c", rollout="y")])
    assert [one.id for one in store.runs.of_rollout("x")] == ["a", "b"]


def test_a_cancel_is_remembered_until_the_run_sees_it(runs):
    assert runs.cancel("r1", "ana").cancel_by == "ana"
    assert runs.move(runs.get("r1"), State.SCANNING).cancel_by == "ana"


def test_a_run_that_has_ended_cannot_be_cancelled(runs):
    runs.move(runs.get("r1"), State.FAILED)
    assert runs.cancel("r1", "ana").cancel_by == ""


FOLLOWED = run("f", here=False)
STORY = (
    Move(1, "", State.REQUESTED, 1.0, ""),
    Move(2, "REQUESTED", State.SCANNING, 2.0, "looking"),
    Move(3, "SCANNING", State.FAILED, 3.0, "no", "busy"),
)


def test_a_followed_run_takes_over_what_its_host_tells_and_may_hear_it_twice(store):
    store.runs.request([FOLLOWED])
    store.runs.mirror(replace(FOLLOWED, state=State.SCANNING, sentence="looking", moved_at=2.0), STORY[:2])
    store.runs.mirror(replace(FOLLOWED, state=State.FAILED, sentence="no", error="busy", moved_at=3.0), STORY[1:])
    found = store.runs.get("f")
    assert (found.state, found.sentence, found.error) == (State.FAILED, "no", "busy")
    assert found.moved_at == 1_700_000_000.0  # our own clock, which the sweeper reads
    assert store.runs.moves("f") == STORY


def test_a_followed_run_that_has_ended_never_changes(store):
    store.runs.request([FOLLOWED])
    store.runs.mirror(replace(FOLLOWED, state=State.FAILED), STORY)
    store.runs.mirror(replace(FOLLOWED, state=State.SCANNING), STORY[:2])
    assert store.runs.get("f").state is State.FAILED


def test_nobody_can_tell_this_host_about_its_own_run(runs):
    runs.mirror(run(state=State.FAILED), STORY)
    assert runs.get("r1").state is State.REQUESTED
    assert len(runs.moves("r1")) == 1


def test_a_followed_run_that_never_reached_its_target_fails_once(store):
    store.runs.request([FOLLOWED])
    for _ in range(2):
        store.runs.fail_followed(FOLLOWED, "not there", "host-unreachable")
    found = store.runs.get("f")
    assert (found.state, found.sentence, found.error) == (State.FAILED, "not there", "host-unreachable")
    assert len(store.runs.moves("f")) == 2


def test_our_own_run_cannot_be_failed_from_outside(runs):
    runs.fail_followed(run(), "not there", "host-unreachable")
    assert runs.get("r1").state is State.REQUESTED


def test_a_plan_is_kept_with_its_digest_and_diffs(runs):
    assert runs.plan("r1") is None
    runs.save_plan("r1", Plan("old", ()), {})
    runs.save_plan("r1", PLAN, {"ASTETCDIR/\\xff\\x0a": "+1"})
    found = runs.plan("r1")
    assert found is not None
    assert (found.plan, found.digest, found.diffs) == (PLAN, PLAN.digest.hex(), {"ASTETCDIR/\\xff\\x0a": "+1"})


def test_a_result_is_kept_and_zeros_before(runs):
    assert runs.result("r1") == Result()
    result = Result(Numbers(items=3, seconds=1.5), ("dialplan",), (Finding(Level.WARNING, "here", "odd"),))
    runs.save_result("r1", result)
    runs.save_result("r1", result)
    assert runs.result("r1") == result


def test_ids_are_short_and_new():
    found = {new_id() for _ in range(100)}
    assert len(found) == 100
    assert {len(one) for one in found} == {12}


def test_the_newest_run_of_each_job_is_told_at_once(store):
    made = [run(f"r{at}", job=job, requested_at=float(at)) for at, job in enumerate(("files", "music", "files"), 1)]
    store.runs.request(made)
    assert {key: one.id for key, one in store.runs.newest().items()} == {
        ("farm", "files"): "r3",
        ("farm", "music"): "r2",
    }


def test_the_newest_run_in_a_state_is_another_one(store):
    store.runs.request([run(f"r{at}", requested_at=float(at)) for at in (1, 2)])
    store.runs.move(store.runs.get("r1"), State.FAILED)
    assert [one.id for one in store.runs.newest([State.FAILED]).values()] == ["r1"]
    assert store.runs.newest([State.COMMITTED]) == {}


def _held(store, clock, name: str, **values):
    clock.move(1)
    store.runs.request([run(name, requested_at=clock.now(), **values)])
    scanned = store.runs.move(store.runs.get(name), State.SCANNING)
    return store.runs.move(store.runs.move(scanned, State.PLANNED), State.HELD)


def test_a_held_run_waits_until_a_later_run_of_its_job_goes_to_the_same_host(store, clock):
    _held(store, clock, "h1")
    _held(store, clock, "h2")
    assert [one.id for one in store.runs.held()] == ["h2"]
    clock.move(1)
    others = [run("p1", mode=Mode.PLAN), run("o1", target="other")]
    store.runs.request([replace(one, requested_at=clock.now()) for one in others])
    assert [one.id for one in store.runs.held()] == ["h2"]
    store.runs.request([run("h3", requested_at=clock.now())])
    assert store.runs.held() == ()
