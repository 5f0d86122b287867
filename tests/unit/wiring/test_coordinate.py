"""A rollout on a real store: the book, this host as a target, and one coordinator at a time."""

from contextlib import nullcontext, suppress
from dataclasses import replace

import pytest

from pbxsync_worker.core.locks import held
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import HostUnreachable, IllegalMove, PeerRefused
from pbxsync_worker.core.model.plan import Plan
from pbxsync_worker.core.model.run import Move, Run, State
from pbxsync_worker.core.store.runs import SavedPlan
from pbxsync_worker.peer.control import Heard, PeerControl, RunStatus, not_heard
from pbxsync_worker.peer.status import plan_of
from pbxsync_worker.sync.rollout import News
from pbxsync_worker.wiring.coordinate import OtherHost, StoreBook, ThisHost, coordinate
from tests.fakes.link import item_with
from tests.unit.core.values import B, run


@pytest.fixture
def book(here):
    return StoreBook(here.store, here.clock)


def test_a_target_that_is_away_fails_its_run_and_halts_the_rest(here):
    here.knows(B)
    here.has_catalogue()
    here.store.runs.request([run("r1", rollout="o", here=False), run("r2", rollout="o", position=1, here=False)])
    coordinate(here, "o")
    ends = [(one.state, one.error) for one in here.store.runs.of_rollout("o")]
    assert ends == [(State.FAILED, "host-unreachable"), (State.FAILED, "halt")]


def test_a_target_that_is_not_trusted_fails_its_run(here):
    here.has_catalogue()
    here.store.runs.request([run("r1", rollout="o", here=False)])
    coordinate(here, "o")
    assert here.store.runs.get("r1").error == "not-found"


def test_a_started_target_that_cannot_be_followed_stays_as_it_was_told(here):
    here.has_catalogue()
    here.store.runs.request([run("r1", rollout="o", here=False)])
    known = here.store.runs.get("r1")
    here.store.runs.mirror(known.moved_to(State.SCANNING), [Move(2, "REQUESTED", State.SCANNING, 0.0, "")])
    coordinate(here, "o")
    assert here.store.runs.get("r1").state is State.SCANNING


def test_a_rollout_that_another_process_coordinates_is_left_alone(here):
    here.store.runs.request([run("r1", rollout="o", here=False)])
    with held(here.rollout_lock("o")):
        coordinate(here, "o")
    assert here.store.runs.get("r1").state is State.REQUESTED


def test_this_host_is_woken_and_followed_through_its_store(here):
    here.store.runs.request([run("r1", rollout="o")])
    way = ThisHost(here)
    way.ask(run("r1"))
    here.store.runs.move(here.store.runs.get("r1"), State.SCANNING)
    news = way.follow(run("r1"), 1, 1.0)
    assert (here.wakes.woken, news.run.state, [move.number for move in news.moves]) == (
        ["execute r1"],
        State.SCANNING,
        [2],
    )
    way.cancel(run("r1"))


def test_this_host_is_woken_again_while_nothing_begins(here):
    here.store.runs.request([run("r1", rollout="o")])
    news = ThisHost(here).follow(run("r1"), 1, 1.0)
    assert (here.wakes.woken, news.moves) == (["execute r1"], ())


def test_the_book_knows_the_last_move(here, book):
    assert book.moves("nothing") == 0
    here.store.runs.request([run("r1")])
    assert (book.get("r1").state, book.moves("r1")) == (State.REQUESTED, 1)


def test_the_book_takes_over_news_of_runs_executed_elsewhere(here, book):
    here.store.runs.request([run("r1", here=False)])
    told = here.store.runs.get("r1").moved_to(State.SCANNING)
    book.take_over(News(told, (Move(2, "REQUESTED", State.SCANNING, 5.0, "now"),)))
    assert (book.get("r1").state, book.moves("r1")) == (State.SCANNING, 2)


@pytest.mark.parametrize(("here_", "state"), [(True, State.CANCELLED), (False, State.FAILED)])
def test_a_run_that_never_started_is_given_up(here, book, here_, state):
    here.store.runs.request([run("r1", here=here_)])
    book.give_up(here.store.runs.get("r1"), "why", "halt")
    assert (book.get("r1").state, book.get("r1").error) == (state, "halt")


def test_a_run_of_this_host_that_has_ended_cannot_be_given_up(here, book):
    here.store.runs.request([run("r1")])
    book.give_up(here.store.runs.get("r1"), "why", "halt")
    with pytest.raises(IllegalMove):
        book.give_up(here.store.runs.get("r1"), "why", "halt")


class Control(PeerControl):
    """A way to a host that breaks some times.

    sent: whether the question had left by then; taken: an earlier coordinator's question had arrived.
    """

    def __init__(self, breaks: int, *, sent: bool, plan: SavedPlan | None = None, taken: bool = False) -> None:
        self._plan = plan
        self._taken_before = taken
        self.begun = 0
        self._left = 0
        self._breaks = breaks
        self._sent = sent

    @property
    def requests(self) -> int:
        return self._left

    def ask_run(self, *_: object) -> RunStatus:
        self._left += self._sent
        self._breaks -= 1
        if self._breaks >= 0:
            raise HostUnreachable(host="west", reason="the link is broken")
        self.begun += 1
        return self._status()

    def follow(self, *_: object, **__: object) -> RunStatus:
        if not self._taken_before:
            raise PeerRefused(host="west", reason="there is no such run")
        return self._status()

    def _status(self) -> RunStatus:
        moves = (Move(2, "REQUESTED", State.SCANNING, 1.0, ""), Move(3, "SCANNING", State.UNCHANGED, 2.0, ""))
        return RunStatus(moves, plan=self._plan)


@pytest.fixture
def asked(here):
    """Return what asks a target that breaks so often for the run r1; its state in the store, and its way."""
    here.has_catalogue()
    here.store.runs.request([run("r1", here=False)])

    def ask(control: Control) -> tuple[Run, OtherHost]:
        way = OtherHost(here, control)
        with suppress(HostUnreachable):
            way.ask(run("r1"))
        return here.store.runs.get("r1"), way

    return ask


def test_a_target_that_may_have_taken_a_run_is_asked_again(here, asked):
    _, way = asked(Control(5, sent=True))
    news = way.follow(here.store.runs.get("r1"), 1, 1.0)
    assert (news.run.state, len(news.moves)) == (State.UNCHANGED, 2)


@pytest.mark.parametrize(("breaks", "sent"), [(1, False), (1000, True)])
def test_a_target_that_never_answers_is_unreachable(here, breaks, sent):
    here.has_catalogue()
    here.store.runs.request([run("r1", here=False)])
    with pytest.raises(HostUnreachable):
        OtherHost(here, Control(breaks, sent=sent)).ask(run("r1"))


def test_a_target_that_was_never_reached_has_not_taken_the_run(asked):
    assert not asked(Control(1, sent=False))[0].asked


def test_a_target_that_was_reached_once_may_have_taken_the_run_whoever_asks_later(asked):
    assert asked(Control(1000, sent=True))[0].asked
    assert asked(Control(1000, sent=False))[0].asked


def test_an_old_run_is_not_begun_any_more_but_its_target_tells_how_it_ended(here, asked):
    asked(Control(1000, sent=True))
    here.clock.sleep(3600.0)
    known, way = asked(Control(0, sent=False, taken=True))
    assert (known.asked, way.follow(known, 1, 1.0).run.state) == (True, State.UNCHANGED)


def test_an_old_run_that_its_target_has_not_taken_has_failed(here, asked):
    asked(Control(1000, sent=True))
    here.clock.sleep(3600.0)
    control = Control(0, sent=False)
    assert not asked(control)[0].asked
    assert control.begun == 0


def test_what_a_target_tells_meanwhile_is_kept_at_once(here, asked):
    seen: list[State] = []

    class Telling(Control):
        def ask_run(self, _run: object, _signed: object, _wait: float, heard: Heard = not_heard) -> RunStatus:  # type: ignore[override]  # no names
            heard(RunStatus((Move(2, "REQUESTED", State.SCANNING, 1.0, ""),)))
            seen.append(here.store.runs.get("r1").state)
            return RunStatus((Move(3, "SCANNING", State.UNCHANGED, 2.0, ""),))

    known, way = asked(Telling(0, sent=True))
    assert (seen, known.state) == ([State.SCANNING], State.SCANNING)
    assert way.follow(known, 2, 1.0).run.state is State.UNCHANGED


def test_a_wish_to_cancel_goes_its_own_way_once(here, asked):
    told: list[str] = []

    class Other(Control):
        def cancel(self, run_id: str, who: str) -> None:
            told.append(f"{run_id} {who}")

    here.knows(B)
    here.control = lambda peer: nullcontext(Other(0, sent=True))
    known, way = asked(Control(0, sent=True))
    wish = replace(known, cancel_by="ann")
    way.cancel(wish)
    way.cancel(wish)
    assert told == ["r1 ann"]


def test_a_plan_that_was_made_shorter_for_the_way_keeps_its_digest(here):
    here.has_catalogue()
    here.store.runs.request([run("r1", here=False)])
    item = item_with(b"ASTETCDIR/x", b"new")
    plan = Plan("files", (Change(None, item),))
    saved = plan_of(SavedPlan(plan.digest.hex(), plan, {}))
    way = OtherHost(here, Control(0, sent=True, plan=saved))
    way.ask(run("r1"))
    way.follow(here.store.runs.get("r1"), 1, 1.0)
    assert here.store.runs.plan("r1").digest == saved.digest
