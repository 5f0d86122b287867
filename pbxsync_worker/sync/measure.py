"""What a run measures and finds on its way, written down once at its end."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from pbxsync_worker.core.model.facts import GateFinding, GateLevel
from pbxsync_worker.core.model.pbx import Finding, Level, Reloaded
from pbxsync_worker.core.model.plan import Plan
from pbxsync_worker.core.model.run import Numbers, Run
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.sync.parts import Parts

if TYPE_CHECKING:
    from pbxsync_worker.sync.decide import Scene

_LEVELS = {
    GateLevel.REFUSE: Level.FATAL,
    GateLevel.HOLD: Level.HOLD,
    GateLevel.WARN: Level.WARNING,
    GateLevel.MAP: Level.WARNING,
}


class Measure:
    """The numbers of one run."""

    def __init__(self, run: Run, parts: Parts) -> None:
        self._run = run
        self._parts = parts
        self._started = parts.host.clock.monotonic()
        self._numbers = Numbers()
        self._reloaded: tuple[str, ...] = ()
        self._findings: list[Finding] = []

    def scene(self, scene: "Scene") -> None:
        """Note what both sides have."""
        self._numbers = replace(self._numbers, items=len(scene.theirs.items), state_bytes=scene.theirs.size)

    def found(self, plan: Plan, findings: Sequence[Finding]) -> None:
        """Note the plan's size and what a check found."""
        content = sum(change.after.size for change in plan.wanted if change.after is not None)
        self._numbers = replace(self._numbers, changes=len(plan.changes), content_bytes=content)
        self._findings += [one for one in findings if one not in self._findings]

    def met(self, findings: Sequence[GateFinding]) -> None:
        """Note what the gate between the two hosts said."""
        self._findings += [Finding(_LEVELS[one.level], one.about, one.sentence) for one in findings]

    @contextmanager
    def reloading(self) -> Iterator[None]:
        """Measure the time that Asterisk takes."""
        started = self._parts.host.clock.monotonic()
        try:
            yield
        finally:
            seconds = self._parts.host.clock.monotonic() - started
            self._numbers = replace(self._numbers, reload_seconds=round(seconds, 3))

    def reloaded(self, reloaded: Sequence[Reloaded]) -> None:
        """Note what was reloaded."""
        self._reloaded = tuple(one.module for one in reloaded if not one.skipped)

    def save(self) -> None:
        """Write everything down."""
        requests, wire_bytes = self._parts.link.traffic()
        seconds = round(self._parts.host.clock.monotonic() - self._started, 3)
        self._numbers = replace(self._numbers, requests=requests, wire_bytes=wire_bytes, seconds=seconds)
        sent = self._parts.link.ledger.told()
        self._parts.host.memory.note(self._run, self._numbers, self._reloaded, self._findings, sent)

    def sentence(self) -> str:
        """Return what a committed run says at its end."""
        changes, seconds = self._numbers.changes, self._numbers.seconds
        if changes == 1:
            return say("1 change applied, verified and committed in {seconds} s", seconds=seconds)
        return say("{changes} changes applied, verified and committed in {seconds} s", changes=changes, seconds=seconds)
