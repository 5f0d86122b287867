"""How the targets of a job have their turns: in turn, several at once, a canary first; stop or go on; again later."""

from dataclasses import replace
from threading import Barrier

import pytest

from pbxsync_worker.core.model.errors import HostUnreachable
from pbxsync_worker.core.model.host import Job
from pbxsync_worker.core.model.job import OnFailure, Retries, TargetOrder
from pbxsync_worker.core.model.run import Mode, Run, State
from pbxsync_worker.sync.rollout import Turn, Turns, Way, next_turns, roll_out
from tests.unit.core.values import run
from tests.unit.sync.hosts import Book, Farm, Target

OPEN, GOING, GOOD, SKIPPED, BAD = Turn.OPEN, Turn.GOING, Turn.GOOD, Turn.SKIPPED, Turn.BAD
IN_TURN, PARALLEL, CANARY = Way(), Way(TargetOrder.PARALLEL, 2), Way(TargetOrder.CANARY, 2)


def going_on(way: Way) -> Way:
    return replace(way, on_failure=OnFailure.GO_ON)


@pytest.mark.parametrize(
    ("way", "turns", "expected"),
    [
        (IN_TURN, (OPEN, OPEN, OPEN), Turns(begin=(0,))),
        (IN_TURN, (GOING, OPEN, OPEN), Turns()),
        (IN_TURN, (GOOD, OPEN, OPEN), Turns(begin=(1,))),
        (IN_TURN, (SKIPPED, OPEN, OPEN), Turns(begin=(1,))),
        (IN_TURN, (BAD, OPEN, OPEN), Turns(halt=(1, 2))),
        (going_on(IN_TURN), (BAD, OPEN, OPEN), Turns(begin=(1,))),
        (PARALLEL, (OPEN, OPEN, OPEN), Turns(begin=(0, 1))),
        (PARALLEL, (GOING, GOOD, OPEN), Turns(begin=(2,))),
        (PARALLEL, (GOING, GOING, OPEN), Turns()),
        (PARALLEL, (GOING, BAD, OPEN), Turns(halt=(2,))),
        (going_on(PARALLEL), (GOING, BAD, OPEN), Turns(begin=(2,))),
        (CANARY, (OPEN, OPEN, OPEN, OPEN), Turns(begin=(0,))),
        (CANARY, (GOING, OPEN, OPEN, OPEN), Turns()),
        (CANARY, (GOOD, OPEN, OPEN, OPEN), Turns(begin=(1, 2))),
        (CANARY, (GOOD, BAD, GOING, OPEN), Turns(halt=(3,))),
        (CANARY, (BAD, OPEN, OPEN, OPEN), Turns(halt=(1, 2, 3))),
        (going_on(CANARY), (BAD, OPEN, OPEN, OPEN), Turns(halt=(1, 2, 3))),
        (going_on(CANARY), (SKIPPED, OPEN, OPEN, OPEN), Turns(halt=(1, 2, 3))),
        (going_on(CANARY), (GOOD, BAD, OPEN, OPEN), Turns(begin=(2, 3))),
        (replace(CANARY, preview=True), (OPEN, OPEN, OPEN), Turns(begin=(0, 1))),
        (replace(CANARY, preview=True), (BAD, GOOD, OPEN), Turns(begin=(2,))),
        (replace(IN_TURN, preview=True), (BAD, OPEN), Turns(begin=(1,))),
        (Way(TargetOrder.PARALLEL, 0), (OPEN, OPEN), Turns(begin=(0,))),
        (IN_TURN, (), Turns()),
    ],
)
def test_who_is_next(way, turns, expected):
    assert next_turns(way, turns) == expected


def test_a_way_is_what_the_job_says():
    job = Job("j", "J", "d", "a", ("b",), order=TargetOrder.CANARY, parallel=7, on_failure=OnFailure.GO_ON)
    assert Way.of(job, Mode.PLAN) == Way(TargetOrder.CANARY, 7, OnFailure.GO_ON, Retries(), preview=True)
    assert (Way.of(job, Mode.APPLY).width, Way().width) == (7, 1)


def rolled(targets: dict[str, Target], way: Way, **runs: Run) -> tuple[dict[str, str], Book, Farm]:
    """Bring a run to every target; return their ends by name, the book and the farm."""
    farm = Farm(targets)
    known = {name: replace(runs.get(name, run(name)), position=at) for at, name in enumerate(targets)}
    book = Book(known, clock=farm.clock)
    ended = roll_out(list(known.values()), farm.reach, book, farm.clock, way)
    return {one.id: one.state.value for one in ended}, book, farm


def test_as_many_as_may_are_at_work_at_once():
    together = Barrier(3, timeout=20)

    class Meets(Target):
        """A host that begins only when two others do."""

        def ask(self, run: Run) -> None:
            together.wait()

    ends, _, _ = rolled({name: Meets() for name in "abcdef"}, Way(TargetOrder.PARALLEL, 3))
    assert set(ends.values()) == {"COMMITTED"}


def test_a_failing_canary_saves_the_others():
    targets = {"a": Target((State.ROLLED_BACK,), errors=("unhealthy",)), "b": Target(), "c": Target()}
    ends, book, farm = rolled(targets, going_on(CANARY))
    assert (list(ends.values()), farm.reached) == (["ROLLED_BACK", "FAILED", "FAILED"], ["a"])
    assert {book.runs[name].error for name in "bc"} == {"halt"}


def test_a_canary_that_lives_lets_the_others_begin():
    ends, _, farm = rolled({name: Target() for name in "abc"}, CANARY)
    assert (set(ends.values()), farm.reached[0]) == ({"COMMITTED"}, "a")


def test_one_that_fails_does_not_stop_a_job_that_goes_on():
    ends, _, _ = rolled({"a": Target((State.FAILED,)), "b": Target()}, going_on(IN_TURN))
    assert ends == {"a": "FAILED", "b": "COMMITTED"}


def test_one_that_is_lost_does_not_keep_the_others_from_their_end():
    lost = Target((State.SCANNING,), away_follows=999)
    farm = Farm({"a": lost, "b": Target(), "c": Target()})
    book = Book({name: run(name, position=at) for at, name in enumerate("abc")}, clock=farm.clock)
    with pytest.raises(HostUnreachable):
        roll_out(list(book.runs.values()), farm.reach, book, farm.clock, PARALLEL)
    assert [book.runs[name].state for name in "bc"] == [State.COMMITTED, State.COMMITTED]


def test_a_run_that_waits_for_a_quiet_moment_is_left_and_looked_at_again_later():
    class Waits(Target):
        def follow(self, run: Run, after: int, seconds: float):
            news = super().follow(run, after, seconds)
            return replace(news, moves=news.moves if self.told == 1 else ())

    waiting = Waits((State.WAITING,))
    ends, _, farm = rolled({"a": waiting, "b": Target()}, IN_TURN)
    assert (ends, farm.reached) == ({"a": "WAITING", "b": "REQUESTED"}, ["a"])


RETRIES = Way(retries=Retries(2, 300))
AWAY = ("host-unreachable",) * 9


def test_a_run_that_failed_is_tried_again_after_its_pause():
    target = Target((State.FAILED, State.COMMITTED), errors=("host-unreachable", ""))
    ends, book, farm = rolled({"a": target, "b": Target()}, RETRIES)
    assert (ends, farm.reached) == ({"a+": "REQUESTED", "b": "REQUESTED"}, ["a"])
    farm.clock.move(299)
    attempts = [book.runs["a"], book.runs["a+"], book.runs["b"]]
    roll_out(attempts, farm.reach, book, farm.clock, RETRIES)
    assert farm.reached == ["a"]
    farm.clock.move(1)
    ended = roll_out(attempts, farm.reach, book, farm.clock, RETRIES)
    assert [one.state for one in ended] == [State.COMMITTED, State.COMMITTED]


def test_it_is_not_tried_more_often_than_chosen():
    farm = Farm({"a": Target((State.FAILED,), errors=AWAY)})
    book = Book({"a": run("a")}, clock=farm.clock)
    for _ in range(5):
        attempts = sorted(book.runs.values(), key=lambda one: len(one.id))
        roll_out(attempts, farm.reach, book, farm.clock, RETRIES)
        farm.clock.move(300)
    assert (farm.reached, len(book.runs)) == (["a", "a+", "a++"], 3)


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (State.ROLLED_BACK, "unhealthy"),
        (State.FAILED, "static-check"),
        (State.HELD, "brake"),
        (State.CANCELLED, "cancelled"),
        (State.FAILED, "unknown-code"),
        (State.SKIPPED, ""),
    ],
)
def test_what_a_person_must_look_at_is_not_tried_again(state, error):
    _, _, farm = rolled({"a": Target((state,), errors=(error,))}, RETRIES)
    assert farm.reached == ["a"]


@pytest.mark.parametrize("error", ["time-limit", "interrupted", "asterisk-silent"])
def test_what_passes_by_itself_is(error):
    ends, _, _ = rolled({"a": Target((State.FAILED,), errors=(error,))}, RETRIES)
    assert ends == {"a+": "REQUESTED"}


def test_a_pause_that_ends_while_others_go_on_is_not_waited_for_longer():
    slow = Target((State.SCANNING, State.COMMITTED))
    farm = Farm({"a": Target((State.FAILED, State.COMMITTED), errors=("host-unreachable",)), "b": slow, "c": Target()})
    slow.on_follow = lambda _: farm.clock.move(400)
    book = Book({name: run(name, position=at) for at, name in enumerate("abc")}, clock=farm.clock)
    way = replace(RETRIES, order=TargetOrder.PARALLEL, parallel=2)
    ended = roll_out(list(book.runs.values()), farm.reach, book, farm.clock, way)
    assert [one.state for one in ended] == [State.COMMITTED] * 3


def test_a_coordinator_that_was_cut_off_resumes_what_has_begun_and_no_more_at_once():
    runs = [run("a", State.SCANNING, position=0), run("b", State.APPLYING, position=1), run("c", position=2)]
    targets = {name: Target((State.COMMITTED,)) for name in "abc"}
    farm, book = Farm(targets), Book({one.id: one for one in runs}, known={"a": 3, "b": 5})
    roll_out(runs, farm.reach, book, farm.clock, PARALLEL)
    assert [targets[name].calls[0] for name in "abc"] == ["follow 3", "follow 5", "ask"]
