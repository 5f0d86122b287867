"""Hosts that execute runs, as a coordinator meets them, and its book; all in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pbxsync_worker.core.model.errors import HostUnreachable, PeerRefused
from pbxsync_worker.core.model.run import Move, Run, State
from pbxsync_worker.sync.rollout import News
from tests.fakes.clock import HandClock


@dataclass
class Book:
    """What the coordinator knows; only a run's first move, REQUESTED, is known before its host tells of more."""

    runs: dict[str, Run]
    known: dict[str, int] = field(default_factory=dict)
    given_up: list[str] = field(default_factory=list)
    clock: HandClock = field(default_factory=HandClock)

    def get(self, run: str) -> Run:
        return self.runs[run]

    def moves(self, run: str) -> int:
        return self.known.get(run, 1)

    def take_over(self, news: News) -> None:
        mine = self.runs[news.run.id]
        self.runs[news.run.id] = replace(news.run, cancel_by=mine.cancel_by)
        if news.moves:
            self.known[news.run.id] = news.moves[-1].number

    def give_up(self, run: Run, sentence: str, error: str) -> None:
        assert not self.runs[run.id].ended, "a run that has ended never moves again"
        self.given_up.append(run.id)
        self.runs[run.id] = replace(run, state=State.FAILED, sentence=sentence, error=error)

    def again(self, run: Run, pause: float) -> Run:
        begins = self.clock.now() + pause if pause else 0.0
        fresh = replace(run, id=f"{run.id}+", state=State.REQUESTED, error="", not_before=begins)
        self.runs[fresh.id] = fresh
        return fresh


@dataclass
class Target:
    """One executing host; each `follow` tells of the next state in `story`.

    away_asks, away_follows: how often it cannot be reached first; refuses: it says no; errors: what each news names.
    """

    story: tuple[State, ...] = (State.SCANNING, State.COMMITTED)
    away_asks: int = 0
    away_follows: int = 0
    refuses: bool = False
    errors: tuple[str, ...] = ()
    calls: list[str] = field(default_factory=list)
    on_follow: Callable[[Run], None] = lambda _: None
    told: int = 0
    listened: list[float] = field(default_factory=list)

    def ask(self, run: Run) -> None:
        self.calls.append("ask")
        if self.away_asks:
            self.away_asks -= 1
            raise HostUnreachable(host="t", reason="away")
        if self.refuses:
            raise PeerRefused(host="t", reason="you may not")

    def follow(self, run: Run, after: int, seconds: float) -> News:
        self.calls.append(f"follow {after}")
        self.listened.append(seconds)
        self.on_follow(run)
        if self.away_follows:
            self.away_follows -= 1
            raise HostUnreachable(host="t", reason="away")
        state = self.story[min(self.told, len(self.story) - 1)]
        error = self.errors[self.told] if self.told < len(self.errors) else ""
        self.told += 1
        return News(replace(run, state=state, error=error), (Move(self.told + 1, run.state, state, 0.0, ""),))

    def cancel(self, run: Run) -> None:
        self.calls.append("cancel")


@dataclass
class Farm:
    """Targets by run id, with a clock by hand."""

    targets: dict[str, Target]
    clock: HandClock = field(default_factory=HandClock)
    reached: list[str] = field(default_factory=list)

    def reach(self, run: Run) -> Target:
        self.reached.append(run.id)
        return self.targets[run.id.rstrip("+")]
