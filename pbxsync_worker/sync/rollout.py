"""One job over its targets, in order: the next one starts when the one before has ended well.

A run that met somebody at work on either host is followed by another one, with a new plan.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from pbxsync_worker.core.model.attempts import ATTEMPTS, is_tried_again
from pbxsync_worker.core.model.errors import Cancelled, HostUnreachable, PbxSyncError
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.run import GOOD, Move, Run, State
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
    """Where the coordinator keeps what it knows of runs."""

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

    def again(self, run: Run) -> Run:
        """Ask for another run like one that has ended."""
        ...


def roll_out(runs: Sequence[Run], reach: Callable[[Run], Reach], book: Book, clock: Clock) -> tuple[Run, ...]:
    """Bring every run to its end, one after the other; stop at the first that does not end well.

    Can be cut off and called again: what a target was asked already is only followed. Raises HostUnreachable where a
    target that has started cannot be followed for a minute; it goes on alone and is followed again later.
    """
    ended: list[Run] = []
    for _, attempts in groupby(runs, key=lambda run: run.position):
        first, *more = attempts
        failed = next((one for one in ended if one.state not in GOOD), None)
        if failed is not None:
            ended.append(_halt(book.get(first.id), failed, book))
            continue
        run = _bring(book.get((first, *more)[-1].id), reach, book, clock)
        for _ in range(1 + len(more), ATTEMPTS):
            if is_tried_again(run):
                run = _bring(book.again(run), reach, book, clock)
        ended.append(run)
    return tuple(ended)


def _halt(run: Run, failed: Run, book: Book) -> Run:
    """End a run whose turn never came; one that was ended by an earlier call stays as it is."""
    if run.ended:
        return run
    sentence = say("not started, because the host before it ended {state}", state=failed.state)
    book.give_up(run, sentence, "halt")
    return book.get(run.id)


def _bring(run: Run, reach: Callable[[Run], Reach], book: Book, clock: Clock) -> Run:
    if run.ended:
        return run
    fresh = run.state is State.REQUESTED and book.moves(run.id) == 1
    try:
        way = reach(run)
        if fresh:
            _ask(run, way, clock)
    except PbxSyncError as error:
        if not fresh:
            raise
        book.give_up(run, error.told, error.code)
        return book.get(run.id)
    return _follow(run, way, book, clock)


def _ask(run: Run, reach: Reach, clock: Clock) -> None:
    if run.cancel_by:
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
    return book.get(run.id)
