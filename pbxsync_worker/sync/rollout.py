"""One job over its targets: one after the other, several at once, or a canary first.

A run that met somebody at work on either host is followed by another one, with a new plan; one that failed, after a
pause, as often as its job says.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import groupby
from typing import Protocol

from pbxsync_worker.core.model.attempts import pause_before_next
from pbxsync_worker.core.model.errors import Cancelled, HostUnreachable, PbxSyncError
from pbxsync_worker.core.model.host import Job
from pbxsync_worker.core.model.job import OnFailure, Retries, TargetOrder
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.run import GOOD, Mode, Move, Run, State
from pbxsync_worker.core.model.sentence import say

_TRIES = 3
_PATIENCE = 60.0
# How long a wish to cancel may wait while we listen for news.
_LISTEN = 1.0


@dataclass(frozen=True, slots=True)
class News:
    """What the executing host tells of a run since a move; the moves are those after the one named."""

    run: Run
    moves: tuple[Move, ...]


class Reach(Protocol):
    """The way to the host that executes a run: this one, or a peer."""

    def ask(self, run: Run) -> None:
        """Hand the run over; asking twice is asking once. Raise HostUnreachable, PeerRefused."""
        ...

    def follow(self, run: Run, after: int, seconds: float) -> News:
        """Wait for news of a run, at most so long; raise HostUnreachable."""
        ...

    def cancel(self, run: Run) -> None:
        """Ask the host to cancel the run."""
        ...


class Book(Protocol):
    """Where the coordinator keeps what it knows of runs; safe to use from several threads."""

    def get(self, run: str) -> Run:
        """Return a run as known here."""
        ...

    def moves(self, run: str) -> int:
        """Return how many moves of a run are known here."""
        ...

    def take_over(self, news: News) -> None:
        """Keep the news of a run executed elsewhere."""
        ...

    def give_up(self, run: Run, sentence: str, error: str) -> None:
        """End a run that never started."""
        ...

    def again(self, run: Run, pause: float) -> Run:
        """Ask for another run like one that has ended, to begin so many seconds later; twice is once."""
        ...


@dataclass(frozen=True, slots=True)
class Way:
    """How the targets of a rollout have their turns; preview: nothing changes, so that no end stops another."""

    order: TargetOrder = TargetOrder.IN_TURN
    parallel: int = 1
    on_failure: OnFailure = OnFailure.STOP
    retries: Retries = field(default_factory=Retries)
    preview: bool = False

    @classmethod
    def of(cls, job: Job, mode: Mode) -> "Way":
        """Return the way of a job."""
        return cls(job.order, job.parallel, job.on_failure, job.retries, mode is Mode.PLAN)

    @property
    def width(self) -> int:
        """Return how many targets are at work at once, at most."""
        return 1 if self.order is TargetOrder.IN_TURN else max(1, self.parallel)


class Turn(Enum):
    """How far a target of a rollout is."""

    OPEN = auto()  # nobody asked it yet
    GOING = auto()  # asked, or to be asked again after a pause
    GOOD = auto()
    SKIPPED = auto()  # its rules wanted no run
    BAD = auto()


@dataclass(frozen=True, slots=True)
class Turns:
    """Which targets begin now, and which never will, by their position."""

    begin: tuple[int, ...] = ()
    halt: tuple[int, ...] = ()


def next_turns(way: Way, turns: Sequence[Turn]) -> Turns:
    """Decide who is next. A canary must have ended well; one that its rules skipped has proved nothing."""
    waiting = tuple(at for at, turn in enumerate(turns) if turn is Turn.OPEN)
    canary = way.order is TargetOrder.CANARY and not way.preview
    dead_canary = canary and turns[0] in (Turn.BAD, Turn.SKIPPED)
    stops = way.on_failure is OnFailure.STOP and not way.preview
    if dead_canary or (stops and Turn.BAD in turns):
        return Turns(halt=waiting)
    width = 1 if canary and turns[0] is not Turn.GOOD else way.width
    return Turns(begin=waiting[: max(0, width - sum(turn is Turn.GOING for turn in turns))])


def roll_out(
    runs: Sequence[Run], reach: Callable[[Run], Reach], book: Book, clock: Clock, way: Way | None = None
) -> tuple[Run, ...]:
    """Bring every run to its end, in the order that its job says.

    Can be cut off and called again: what a target was asked already is only followed. Gives back what waits, for a
    moment of quiet or for the next attempt, as it is: whoever called comes again. Raises HostUnreachable where a target
    that has started, or may have, cannot be followed for a minute, when the others are done; it goes on alone and is
    followed again later.
    """
    way = way or Way()
    with ThreadPoolExecutor(way.width) as pool:
        return _Rollout(runs, _Hosts(reach, book, clock, way.retries), way).bring(pool)


class _Rollout:
    """The targets of one rollout, and which of them are being followed."""

    def __init__(self, runs: Sequence[Run], hosts: "_Hosts", way: Way) -> None:
        self._hosts = hosts
        self._way = way
        self._attempts = [list(attempts) for _, attempts in groupby(runs, key=lambda run: run.position)]
        self._followed: dict[Future[None], int] = {}
        self._left: set[int] = set()
        self._troubles: list[PbxSyncError] = []

    def bring(self, pool: ThreadPoolExecutor) -> tuple[Run, ...]:
        """Begin who is next and follow them, until nobody is left who could begin or end."""
        while True:
            for at in self._begin():
                # The name of the rollout stands on every line that is logged, whatever the thread.
                future = pool.submit(copy_context().run, self._hosts.bring, self._attempts[at])
                self._followed[future] = at
            if not self._followed:
                break
            for future in wait(self._followed, return_when=FIRST_COMPLETED).done:
                self._take(future)
        if self._troubles:
            raise self._troubles[0]
        return tuple(attempts[-1] for attempts in self._attempts)

    def _begin(self) -> list[int]:
        self._left -= {at for at in self._left if self._hosts.is_time(self._attempts[at][-1])}
        turns = [self._turn(at) for at in range(len(self._attempts))]
        busy = {*self._followed.values(), *self._left}
        resumed = [at for at, turn in enumerate(turns) if turn is Turn.GOING and at not in busy]
        chosen = next_turns(self._way, turns)
        failed = next((at for at, turn in enumerate(turns) if turn is Turn.BAD), 0)
        for at in chosen.halt:
            self._attempts[at][-1] = self._hosts.halt(self._attempts[at][-1], self._attempts[failed][-1])
        return [*resumed, *chosen.begin]

    def _turn(self, at: int) -> Turn:
        if at in self._followed.values() or at in self._left:
            return Turn.GOING
        return self._hosts.turn(self._attempts[at])

    def _take(self, future: Future[None]) -> None:
        at = self._followed.pop(future)
        try:
            future.result()
        except PbxSyncError as error:
            self._troubles.append(error)
            self._left.add(at)
        if not self._attempts[at][-1].ended:
            self._left.add(at)


@dataclass(frozen=True, slots=True)
class _Hosts:
    """The ways to the hosts, and what happens on one of them."""

    reach: Callable[[Run], Reach]
    book: Book
    clock: Clock
    retries: Retries

    def turn(self, attempts: list[Run]) -> Turn:
        """Tell how far a target is that nobody follows right now."""
        run = attempts[-1] = self.book.get(attempts[-1].id)
        if not run.ended:
            is_open = len(attempts) == 1 and _is_fresh(run, self.book) and not run.asked
            return Turn.OPEN if is_open else Turn.GOING
        if pause_before_next(attempts, self.retries) is not None:
            return Turn.GOING
        if run.state is State.SKIPPED:
            return Turn.SKIPPED
        return Turn.GOOD if run.state in GOOD else Turn.BAD

    def is_time(self, run: Run) -> bool:
        """Tell whether the pause before a run is over."""
        return run.state is State.REQUESTED and 0.0 < run.not_before <= self.clock.now()

    def bring(self, attempts: list[Run]) -> None:
        """Bring the last attempt to its end, and any that follows it; leave one that waits."""
        while True:
            run = attempts[-1] = self.book.get(attempts[-1].id)
            if not run.ended:
                if run.not_before > self.clock.now():
                    return
                run = attempts[-1] = self._bring(run)
            pause = pause_before_next(attempts, self.retries)
            if pause is None:
                return
            attempts.append(self.book.again(run, pause))

    def halt(self, run: Run, failed: Run) -> Run:
        """End a run whose turn never came."""
        sentence = say("not started, because the host before it ended {state}", state=failed.state)
        self.book.give_up(run, sentence, "halt")
        return self.book.get(run.id)

    def _bring(self, run: Run) -> Run:
        fresh = _is_fresh(run, self.book)
        try:
            way = self.reach(run)
            if fresh:
                _ask(run, way, self.clock)
        except PbxSyncError as error:
            if not fresh or (isinstance(error, HostUnreachable) and self.book.get(run.id).asked):
                raise  # it may be at work: it is asked again later, until it says how it ended
            self.book.give_up(run, error.told, error.code)
            return self.book.get(run.id)
        return _follow(run, way, self.book, self.clock)


def _is_fresh(run: Run, book: Book) -> bool:
    return run.state is State.REQUESTED and book.moves(run.id) == 1


def _ask(run: Run, reach: Reach, clock: Clock) -> None:
    if run.cancel_by and not run.asked:
        raise Cancelled(who=run.cancel_by)
    tried = 0
    while True:
        try:
            reach.ask(run)
        except HostUnreachable:
            tried += 1
            if tried == _TRIES:
                raise
            clock.sleep(float(tried))
        else:
            return


def _follow(run: Run, reach: Reach, book: Book, clock: Clock) -> Run:
    heard = clock.monotonic()
    told_to_cancel = False
    while not run.ended:
        run = book.get(run.id)
        try:
            if run.cancel_by and not told_to_cancel:
                reach.cancel(run)
                told_to_cancel = True
            news = reach.follow(run, book.moves(run.id), _LISTEN)
        except HostUnreachable:
            if clock.monotonic() - heard > _PATIENCE:
                raise
            clock.sleep(2.0)
            continue
        heard = clock.monotonic()
        book.take_over(news)
        run = news.run
        if run.state is State.WAITING and not news.moves:
            break  # its rules may want hours; whoever coordinates comes again
    return book.get(run.id)
