"""What the rules say about a run at one moment, and why, with every measured value."""

from dataclasses import dataclass
from enum import StrEnum

from pbxsync_worker.core.model.fact import Value
from pbxsync_worker.core.model.rule import Then


class Truth(StrEnum):
    """Whether a condition holds."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"  # a fact was not measured, or too long ago
    LATER = "later"  # the plan tells, and there is none yet


class Verdict(StrEnum):
    """What becomes of the run now."""

    RUN = "run"
    PLAN = "plan"  # go on as far as the plan, then ask again
    PART = "part"
    WAIT = "wait"
    SKIP = "skip"
    HOLD = "hold"


class Scope(StrEnum):
    """Whose rule it is."""

    GROUP = "group"
    JOB = "job"


@dataclass(frozen=True, slots=True)
class Measured:
    """A fact as a rule saw it; value: None where it is not known; at: when it was measured, 0 for never."""

    name: str
    value: Value | None
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Looked:
    """What one rule says; fires: it has a part in the decision; sentence: why, with its values."""

    scope: Scope
    name: str
    title: str
    then: Then
    truth: Truth
    fires: bool
    sentence: str
    measured: tuple[Measured, ...] = ()


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alert that a rule raises; name: of the rule; sentence: its reason and its values."""

    name: str
    title: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer of all rules.

    sentence: for people; at: seconds since 1970; rule: name of the one that decided, "" for none; asterisk: what
    Asterisk does, as text, "" for what the change map says; looked: every rule in its order; notes: stored sentences on
    how far what was measured can be trusted.
    """

    verdict: Verdict
    sentence: str
    at: float
    rule: str = ""
    asterisk: str = ""
    alarms: tuple[Alarm, ...] = ()
    looked: tuple[Looked, ...] = ()
    notes: tuple[str, ...] = ()
