"""What a job may be told beside what goes where: order, limits, what starts it and what it waits for."""

from dataclasses import dataclass
from enum import StrEnum


class TargetOrder(StrEnum):
    """In which order the targets of a job have their turn."""

    IN_TURN = "in-turn"  # one after the other
    PARALLEL = "parallel"  # several at once
    CANARY = "canary"  # the first alone; the others, several at once, when it has ended well


class OnFailure(StrEnum):
    """What becomes of the other targets when one did not end well; a canary that fails always stops them."""

    STOP = "stop"
    GO_ON = "go-on"


class Missed(StrEnum):
    """What becomes of times that passed while nobody could start the job."""

    SKIP = "skip"
    ONCE = "once"  # one run for all of them
    ALL = "all"  # one run for each of them


class Trigger(StrEnum):
    """Which change at the source starts a job."""

    OFF = "off"
    APPLY_CONFIG = "apply-config"  # somebody pressed Apply Config in FreePBX
    CHANGES = "changes"  # something of its dataset became another


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a job starts by itself.

    when: a cron expression of five fields, or `every 15 min`, `daily 02:30`, `mon-fri 20:00`; "" for never; zone: an
    IANA time zone; jitter: seconds by which each start is put off at most, the same for the same job and time.
    """

    when: str = ""
    zone: str = "UTC"
    missed: Missed = Missed.ONCE
    jitter: int = 0


@dataclass(frozen=True, slots=True)
class OnChange:
    """Start when something changed at the source.

    debounce: seconds of quiet that are waited for; longest: seconds after the first change when it starts anyway.
    """

    trigger: Trigger = Trigger.OFF
    debounce: int = 30
    longest: int = 300


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a run that failed is tried again on the same target, and after how many seconds each time."""

    attempts: int = 0
    pause: int = 300
