"""An occurrence: one moment at which a job was to start by itself, and what became of it."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256


class Cause(StrEnum):
    """What made a job start by itself; stored, so the words never change."""

    SCHEDULE = "schedule"
    CHANGE = "change"  # something changed at its source
    AFTER = "after"  # the jobs that it comes after have ended well


class Stage(StrEnum):
    """How far an occurrence is."""

    WAITING = "waiting"  # due, and something stands in the way
    STARTED = "started"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One of a job; (group, job, cause, at) names it, and no two runs on one target ever have the same one.

    at: seconds since 1970; due: when it was to start, later than `at` by the job's jitter; sentence: why it waits or
    was skipped; rollout: what was started; started_at: when.
    """

    group: str
    job: str
    cause: Cause
    at: int
    due: float
    stage: Stage = Stage.WAITING
    sentence: str = ""
    rollout: str = ""
    started_at: float = 0.0

    @property
    def lateness(self) -> float:
        """Return how many seconds after its time it started, 0 where it did not."""
        return max(0.0, self.started_at - self.due) if self.started_at else 0.0

    def id_of(self, what: str) -> str:
        """Return the id of the rollout (what: "") or of the run on a target: the same one whoever makes it.

        Two coordinators that know nothing of each other ask a target for the same run, and asking twice is asking once.
        """
        text = f"{self.group}\n{self.job}\n{self.cause}\n{self.at}\n{what}"
        return sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class SourceChange:
    """Something changed at the source of a job since it started last; seconds since 1970."""

    first_at: float
    last_at: float
