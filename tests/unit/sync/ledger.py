"""A scheduler's memory by hand: keeps what was decided as the store does, and catches a second start."""

from dataclasses import dataclass, field, replace

from pbxsync_worker.core.model.host import Job
from pbxsync_worker.core.model.occurrence import Cause, Occurrence, SourceChange, Stage
from pbxsync_worker.sync.schedule import Decision, Known, decide, quiet_until

Key = tuple[Cause, int]


@dataclass
class Ledger:
    """One job; `look` is what a scheduler does that was started a moment ago: nothing is kept between two of them."""

    job: Job
    looked_at: float | None = None
    definition: str = ""
    rows: dict[Key, Occurrence] = field(default_factory=dict)
    busy: bool = False
    started_at: float = 0.0
    ended_well: dict[str, float] = field(default_factory=dict)
    changed: SourceChange | None = None
    starts: list[Key] = field(default_factory=list)

    def known(self) -> Known:
        """Return what a scheduler reads."""
        waiting = tuple(one for one in self.rows.values() if one.stage is Stage.WAITING)
        stages = {at: one.stage for (cause, at), one in self.rows.items() if cause is Cause.SCHEDULE}
        newest = max((at for cause, at in self.rows if cause is Cause.CHANGE), default=0)
        return Known(
            "farm", self.job, self.looked_at, self.definition, waiting, stages, self.busy, self.started_at,
            self.ended_well, self.changed, newest,
        )  # fmt: skip

    def look(self, now: float) -> list[Key]:
        """Let one scheduler look; return what it started."""
        known = self.known()
        if quiet_until(known, now) > now:
            assert not decide(known, now).tells_something(known)
            return []
        return self.write(known, decide(known, now), now)

    def write(self, known: Known, decision: Decision, now: float) -> list[Key]:
        """Write a decision as the store does: all of it, or nothing where somebody else was faster."""
        start = decision.start
        if (self.looked_at, self.definition) != (known.looked_at, known.definition):
            return []
        if start is not None and self._is_started(start):
            return []
        if start is not None and start.cause is Cause.CHANGE and self.changed != known.changed:
            return []
        for one in decision.others:
            if not self._is_started(one):
                self.rows[one.cause, one.at] = one
        self.looked_at, self.definition = decision.looked_at, decision.definition
        if start is None:
            return []
        assert (start.cause, start.at) not in self.starts, "started twice"
        self.starts.append((start.cause, start.at))
        self.rows[start.cause, start.at] = start
        self.busy, self.started_at = True, now
        if self.changed == known.changed:
            self.changed = None
        return [(start.cause, start.at)]

    def change(self, now: float) -> None:
        """Let something change at the source."""
        self.changed = SourceChange(now, now) if self.changed is None else replace(self.changed, last_at=now)

    def _is_started(self, one: Occurrence) -> bool:
        known = self.rows.get((one.cause, one.at))
        return known is not None and known.stage is Stage.STARTED

    def skipped(self) -> list[int]:
        """Return the times that were skipped."""
        return [at for (_, at), one in self.rows.items() if one.stage is Stage.SKIPPED]
