"""The concrete ways to the hosts of a rollout, and the book of what is known of their runs."""

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from pbxsync_worker.core.locks import held
from pbxsync_worker.core.log import about_run
from pbxsync_worker.core.model.attempts import id_after, is_tried_again
from pbxsync_worker.core.model.errors import HostUnreachable, NotFound, PeerRefused, Retry, Stop
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store import Store
from pbxsync_worker.peer.control import Heard, PeerControl, RunStatus
from pbxsync_worker.sync.rollout import News, Reach, Way, roll_out
from pbxsync_worker.wiring.heed import heeding
from pbxsync_worker.wiring.installation import Installation

log = logging.getLogger(__name__)

_LOOK = 0.1
_PAUSE = 1.0
_UNSURE = 60.0
"""Seconds in which a peer that may have taken a run is asked again, before others have their turn."""
_STALE = 600.0
"""Seconds after which a run is not begun any more by a peer that may have taken it; it is only asked whether it has."""
_LISTEN = 25.0
"""Seconds of a run that one answer tells of; it comes piece by piece, as the run moves."""


class ThisHost:
    """A run executed by this host's own worker."""

    def __init__(self, here: Installation) -> None:
        self._here = here

    def ask(self, run: Run) -> None:
        """Wake the worker; it finds the run in the store."""
        self._here.waker.execute(run.id)

    def follow(self, run: Run, after: int, seconds: float) -> News:
        """Wait for the store to tell of a move; wake the worker again where nothing begins."""
        clock, runs = self._here.clock, self._here.store.runs
        until = clock.monotonic() + seconds
        while not (moves := runs.moves(run.id, after)) and clock.monotonic() < until:
            clock.sleep(_LOOK)
        known = runs.get(run.id)
        if not moves and known.state is State.REQUESTED:
            self._here.waker.execute(run.id)
        return News(known, moves)

    def cancel(self, run: Run) -> None:
        """Nothing to hand over: the wish stands in the store that the worker reads."""


class OtherHost:
    """A run executed by a peer."""

    def __init__(self, here: Installation, control: PeerControl) -> None:
        self._here = here
        self._control = control
        self._told: RunStatus | None = None
        self._cancelled = False

    def ask(self, run: Run) -> None:
        """Give the peer the run; its answer tells how the run began, and most often how it ended.

        A peer that was asked and did not answer may have taken the run: it is asked again for a while, and whoever
        coordinates after us asks it too, however many of us are killed.
        """
        runs, clock = self._here.store.runs, self._here.clock
        run = runs.get(run.id)  # asked by now, where this is not the first try
        if run.asked and clock.now() > max(run.requested_at, run.not_before) + _STALE:
            self._told = self._taken(run)
            return
        runs.note_asked(run, asked=True)
        signed = self._here.store.catalogues.signed(run.group)
        until, requests = clock.monotonic() + _UNSURE, self._control.requests
        while True:
            try:
                self._told = self._control.ask_run(run, signed, _LISTEN, self._hear(run.id))
            except HostUnreachable:
                if not run.asked and self._control.requests == requests:
                    runs.note_asked(replace(run, asked=True), asked=False)
                    raise
                if clock.monotonic() > until:
                    raise
                clock.sleep(_PAUSE)
            else:
                return

    def _taken(self, run: Run) -> RunStatus:
        """Return how a run goes that its peer may have taken long ago; raise HostUnreachable where it has not."""
        try:
            hear, before = self._hear(run.id), State.REQUESTED.value
            return self._control.follow(run.id, 1, _LISTEN, hear, plan=True, before=before)
        except PeerRefused as error:
            self._here.store.runs.note_asked(run, asked=False)
            reason = say("it could not be reached when it was asked, and has not taken the run")
            raise HostUnreachable(host=str(error.fields["host"]), reason=reason) from error

    def follow(self, run: Run, after: int, seconds: float) -> News:
        """Wait for the peer to tell of a move, longer than asked for: wishes to cancel are handed over meanwhile."""
        told, self._told = self._told, None
        if told is None:
            planned = self._here.store.runs.plan(run.id) is not None
            wait = max(seconds, _LISTEN)
            told = self._control.follow(
                run.id, after, wait, self._hear(run.id), plan=not planned, before=run.state.value
            )
        return self._news(run.id, told)

    def _hear(self, run: str) -> Heard:
        def hear(told: RunStatus) -> None:
            news = self._news(run, told)
            self._here.store.runs.mirror(news.run, news.moves)

        return hear

    def _news(self, identity: str, told: RunStatus) -> News:
        """Keep plan and numbers, and return what the run did since it was heard of last."""
        runs = self._here.store.runs
        if told.plan is not None:
            runs.save_plan(identity, told.plan.plan, told.plan.diffs, told.plan.digest)
        if told.result is not None:
            runs.save_result(identity, told.result)
        run = runs.get(identity)
        for move in told.moves:
            run = replace(run, state=move.after, sentence=move.sentence, error=move.error or run.error)
        return News(run, told.moves)

    def cancel(self, run: Run) -> None:
        """Ask the peer to cancel, over a connection of its own: on the other one it may be telling of the run."""
        if not self._cancelled:
            with self._here.control(self._here.paired(run.target)) as control:
                control.cancel(run.id, run.cancel_by)
            self._cancelled = True


class StoreBook:
    """What the coordinator knows of runs: its own store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def get(self, run: str) -> Run:
        """Return a run as known here."""
        return self._store.runs.get(run)

    def moves(self, run: str) -> int:
        """Return the number of the last move known here."""
        known = self._store.runs.moves(run)
        return known[-1].number if known else 0

    def take_over(self, news: News) -> None:
        """Keep the news of a run executed elsewhere."""
        self._store.runs.mirror(news.run, news.moves)

    def give_up(self, run: Run, sentence: str, error: str) -> None:
        """End a run that never started."""
        if run.here:
            self._store.runs.move(run, State.CANCELLED, sentence, error)
        else:
            self._store.runs.fail_followed(run, sentence, error)

    def again(self, run: Run, pause: float) -> Run:
        """Ask for another run like one that has ended, to begin so many seconds later; twice is once."""
        fresh = Run(
            id=id_after(run), group=run.group, job=run.job, source=run.source, target=run.target, mode=run.mode,
            state=State.REQUESTED, approved=run.approved, rollout=run.rollout, position=run.position, here=run.here,
            requested_by=run.requested_by, not_before=self._clock.now() + pause if pause else 0.0,
        )  # fmt: skip
        self._store.runs.request((fresh,))
        log.info("run is tried again", extra={"run": run.id, "again": fresh.id, "why": run.error, "after": pause})
        return self._store.runs.get(fresh.id)


def coordinate(here: Installation, rollout: str) -> None:
    """Bring one rollout to its end, or as far as its hosts can be followed; at once where another process does."""
    with held(here.rollout_lock(rollout)) as mine, ExitStack() as stack:
        if not mine:
            return
        runs = here.store.runs.of_rollout(rollout)
        others: dict[str, OtherHost] = {}

        def reach(run: Run) -> Reach:
            if run.here:
                return ThisHost(here)
            way = OtherHost(here, stack.enter_context(here.control(here.paired(run.target))))
            others[run.id] = way
            return way

        def heed() -> None:
            for run in here.store.runs.of_rollout(rollout):
                if run.cancel_by and not run.ended and run.id in others:
                    others[run.id].cancel(run)

        with about_run(rollout), heeding(heed):
            try:
                roll_out(runs, reach, StoreBook(here.store, here.clock), here.clock, _way(here, runs))
            except (Retry, Stop) as error:
                log.warning("a host is not followed for now; it goes on alone", extra={"why": error.sentence})


def _way(here: Installation, runs: Sequence[Run]) -> Way:
    """Return how the job of a rollout wants its targets served; one after the other where there is no such job."""
    first = next(iter(runs), None)
    if first is None or first.goal:
        return Way()
    try:
        job = here.store.catalogues.current(first.group).job(first.job)
    except NotFound:
        return Way()
    return Way.of(job, first.mode)


def next_attempt(here: Installation, run: Run) -> Run | None:
    """Return the run that was asked for because this one met somebody at work, None where there is none.

    Waits for its coordinator on this host to decide.
    """
    while is_tried_again(run):
        with held(here.rollout_lock(run.rollout)) as decided:
            pass
        attempts = [one for one in here.store.runs.of_rollout(run.rollout) if one.position == run.position]
        later = attempts[[one.id for one in attempts].index(run.id) + 1 :]
        if later or decided:
            return later[0] if later else None
        here.clock.sleep(_LOOK)
    return None
