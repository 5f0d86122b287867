"""One job over its targets: order, halt, cancel, hosts that are away, and a coordinator that is cut off."""

from contextlib import suppress
from dataclasses import replace

import pytest

from pbxsync_worker.core.model.errors import HostUnreachable, NotAllowed
from pbxsync_worker.core.model.run import Mode, Run, State
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.sync.rollout import roll_out
from tests.unit.core.values import run
from tests.unit.sync.hosts import Book, Farm, Target


def rolled(targets: dict[str, Target], **runs: Run) -> tuple[list[str], Book, Farm]:
    """Bring a run to every target; return their ends, the book and the farm."""
    book = Book({name: replace(runs.get(name, run(name)), position=at) for at, name in enumerate(targets)})
    farm = Farm(targets)
    ended = roll_out(list(book.runs.values()), farm.reach, book, farm.clock)
    return [one.state.value for one in ended], book, farm


def test_targets_are_served_one_after_the_other_each_to_its_end():
    first, second = Target(), Target()
    second.on_follow = lambda _: first.calls.append("the second began")
    states, _, farm = rolled({"a": first, "b": second})
    assert (states, farm.reached) == (["COMMITTED", "COMMITTED"], ["a", "b"])
    assert first.calls[:3] == ["ask", "follow 1", "follow 2"]
    assert "the second began" not in first.calls[:3]


@pytest.mark.parametrize("end", [State.COMMITTED, State.UNCHANGED, State.PREVIEWED])
def test_a_good_end_lets_the_next_one_start(end):
    assert rolled({"a": Target((end,)), "b": Target()})[0] == [end.value, "COMMITTED"]


@pytest.mark.parametrize("end", [State.FAILED, State.HELD, State.ROLLED_BACK, State.CANCELLED])
def test_a_bad_end_halts_all_that_come_after(end):
    last = Target()
    states, book, _ = rolled({"a": Target((end,)), "b": Target(), "c": last})
    assert (states[0], book.given_up, last.calls) == (end.value, ["b", "c"], [])
    assert as_text(book.runs["b"].sentence) == f"not started, because the host before it ended {end}"
    assert book.runs["c"].error == "halt"


def test_a_host_that_is_away_for_a_moment_is_asked_again():
    target = Target(away_asks=2)
    states, _, farm = rolled({"a": target})
    assert (states, target.calls[:3], farm.clock.slept[:2]) == (["COMMITTED"], ["ask"] * 3, [1.0, 2.0])


def test_a_host_that_cannot_be_reached_fails_its_run_with_the_reason():
    states, book, _ = rolled({"a": Target(away_asks=9), "b": Target()})
    assert (states, book.given_up) == (["FAILED", "FAILED"], ["a", "b"])
    assert (book.runs["a"].error, book.runs["b"].error) == ("host-unreachable", "halt")


def asked_before(target: Target) -> Book:
    """Roll out a run that an earlier coordinator has asked for, which was cancelled since."""
    known = run("a", asked=True, cancel_by="ana")
    book = Book({"a": known})
    farm = Farm({"a": target})
    with suppress(HostUnreachable):
        roll_out([known], farm.reach, book, farm.clock)
    return book


def test_a_host_that_may_have_taken_a_run_and_is_away_fails_nothing():
    target = Target(away_asks=99)
    book = asked_before(target)
    assert (book.runs["a"].state, book.given_up, target.calls) == (State.REQUESTED, [], ["ask"] * 3)


def test_a_run_that_its_host_may_have_taken_is_cancelled_there():
    target = Target((State.CANCELLED,))
    assert asked_before(target).runs["a"].state is State.CANCELLED
    assert target.calls[:2] == ["ask", "cancel"]


def test_a_host_that_refuses_is_not_asked_again():
    target = Target(refuses=True)
    _, book, _ = rolled({"a": target})
    assert (book.runs["a"].error, target.calls) == ("peer-refused", ["ask"])


def test_no_way_to_a_host_fails_its_run():
    def no_way(_: Run) -> Target:
        raise NotAllowed(reason="host t is not paired")

    book = Book({"a": run("a")})
    (ended,) = roll_out([run("a")], no_way, book, Farm({}).clock)
    assert (ended.state, ended.error) == (State.FAILED, "not-allowed")


def test_no_way_to_a_host_that_has_started_is_told_but_ends_nothing():
    def no_way(_: Run) -> Target:
        raise NotAllowed(reason="host t is not paired")

    started = run("a", State.SCANNING)
    book = Book({"a": started})
    with pytest.raises(NotAllowed):
        roll_out([started], no_way, book, Farm({}).clock)
    assert book.given_up == []


def test_a_link_that_breaks_while_following_is_followed_again():
    target = Target(away_follows=5)
    states, _, farm = rolled({"a": target})
    assert (states, farm.clock.slept) == (["COMMITTED"], [2.0] * 5)
    assert target.calls.count("ask") == 1


def test_a_started_host_that_is_away_for_a_minute_goes_on_alone():
    target = Target((State.SCANNING,), away_follows=999)
    with pytest.raises(HostUnreachable):
        rolled({"a": target})
    assert target.calls.count("ask") == 1


def test_a_coordinator_that_was_cut_off_only_follows_what_has_started():
    target = Target((State.COMMITTED,))
    book = Book({"a": run("a", State.VERIFYING)}, known={"a": 6})
    farm = Farm({"a": target})
    roll_out([run("a", State.VERIFYING)], farm.reach, book, farm.clock)
    assert target.calls == ["follow 6"]


def test_a_coordinator_that_was_cut_off_before_any_news_asks_again():
    target = Target()
    rolled({"a": target})
    assert target.calls[0] == "ask"


def test_what_has_ended_is_not_touched_when_called_again():
    target = Target()
    states, _, farm = rolled({"a": Target(), "b": target}, a=run("a", State.COMMITTED))
    assert (states, farm.reached) == (["COMMITTED", "COMMITTED"], ["b"])


def test_a_halt_that_was_cut_off_is_completed_without_touching_what_was_halted():
    ends = {"a": run("a", State.FAILED), "b": run("b", State.CANCELLED)}
    states, book, _ = rolled({"a": Target(), "b": Target(), "c": Target()}, **ends)
    assert (states, book.given_up) == (["FAILED", "CANCELLED", "FAILED"], ["c"])


def test_a_run_cancelled_before_it_was_asked_never_starts():
    target = Target()
    _, book, _ = rolled({"a": target}, a=run("a", cancel_by="ann"))
    assert (book.runs["a"].error, target.calls) == ("cancelled", [])
    assert as_text(book.runs["a"].sentence) == "Cancelled by ann"


def test_a_wish_to_cancel_is_told_once_to_the_host_that_executes():
    book = Book({"a": run("a")})

    def wish(known: Run) -> None:
        book.runs["a"] = run("a", known.state, cancel_by="ann")

    target = Target((State.SCANNING, State.SCANNING, State.SCANNING, State.CANCELLED), on_follow=wish)
    farm = Farm({"a": target})
    (ended,) = roll_out([run("a")], farm.reach, book, farm.clock)
    assert (ended.state, target.calls.count("cancel")) == (State.CANCELLED, 1)


def test_nobody_listens_so_long_that_a_wish_to_cancel_comes_too_late():
    target = Target()
    rolled({"a": target})
    assert max(target.listened) <= 1.0


MEANWHILE = (State.ROLLED_BACK, State.FAILED, State.COMMITTED)


def test_a_run_that_met_somebody_at_work_is_followed_by_another():
    target = Target(MEANWHILE, errors=("target-changed", "source-changed"))
    states, book, farm = rolled({"a": target, "b": Target()})
    assert (states, farm.reached) == (["COMMITTED", "COMMITTED"], ["a", "a+", "a++", "b"])
    assert book.runs["a"].state is State.ROLLED_BACK


def test_who_keeps_changing_things_is_left_in_peace_after_three_attempts():
    target = Target((State.FAILED,), errors=("source-changed",) * 9)
    states, _, farm = rolled({"a": target, "b": Target()})
    assert (states, farm.reached) == (["FAILED", "FAILED"], ["a", "a+", "a++"])


def test_attempts_are_counted_over_a_coordinator_that_was_cut_off():
    attempts = [run("a", State.FAILED, error="source-changed"), run("a+")]
    target = Target((State.FAILED,), errors=("source-changed",) * 9)
    farm, book = Farm({"a": target}), Book({one.id: one for one in attempts})
    roll_out(attempts, farm.reach, book, farm.clock)
    assert farm.reached == ["a+", "a++"]


@pytest.mark.parametrize(
    "values", [{"expect_plan": "ab"}, {"mode": Mode.PLAN}, {"mode": Mode.ROLLBACK}], ids=["approved", "plan", "back"]
)
def test_what_a_person_looked_at_is_not_planned_anew(values):
    target = Target((State.FAILED,), errors=("target-changed",))
    _, _, farm = rolled({"a": target}, a=run("a", **values))
    assert farm.reached == ["a"]


def test_any_other_end_is_not_tried_again():
    _, _, farm = rolled({"a": Target((State.ROLLED_BACK,), errors=("unhealthy",))})
    assert farm.reached == ["a"]
