"""What a job is told, in words: its choices as a form shows them, its starts as its page does."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from flask_babel import LazyString, get_locale
from flask_babel import lazy_gettext as _l

from pbxsync_worker.core.model.job import Missed, OnFailure, TargetOrder, Trigger
from pbxsync_worker.core.model.occurrence import Cause, Stage

# By type: the same word, such as "skip", means another thing elsewhere.
_WORDS: Mapping[type[StrEnum], Mapping[StrEnum, LazyString]] = {
    TargetOrder: {
        TargetOrder.IN_TURN: _l("One after the other"),
        TargetOrder.PARALLEL: _l("Several at once"),
        TargetOrder.CANARY: _l("The first alone, then the others"),
    },
    OnFailure: {
        OnFailure.STOP: _l("Stop: the other hosts stay as they are"),
        OnFailure.GO_ON: _l("Go on with the other hosts"),
    },
    Missed: {
        Missed.ONCE: _l("One run for all of them"),
        Missed.ALL: _l("A run for each of them"),
        Missed.SKIP: _l("They are left out"),
    },
    Trigger: {
        Trigger.OFF: _l("No change"),
        Trigger.APPLY_CONFIG: _l("Apply Config at the source"),
        Trigger.CHANGES: _l("Any change of the dataset at the source"),
    },
    Cause: {
        Cause.SCHEDULE: _l("its schedule"),
        Cause.CHANGE: _l("a change at the source"),
        Cause.AFTER: _l("the job before it"),
    },
    Stage: {Stage.WAITING: _l("waits"), Stage.STARTED: _l("started"), Stage.SKIPPED: _l("left out")},
}


def job_word(value: StrEnum) -> str:
    """Return the word for one choice of a job."""
    return str(_WORDS[type(value)][value])


def job_choices() -> dict[str, list[tuple[str, str]]]:
    """Return the choices of the job form, by field: what is sent and what is shown."""
    kinds = {"order": TargetOrder, "on_failure": OnFailure, "missed": Missed, "trigger": Trigger}
    return {
        field: [(value.value, str(shown)) for value, shown in _WORDS[kind].items()] for field, kind in kinds.items()
    }


def in_zone(at: float, zone: str) -> str:
    """Return a moment as the clocks of a time zone show it."""
    moment = datetime.fromtimestamp(at, ZoneInfo(zone))
    return format_datetime(moment, "EEE d MMM y, HH:mm z", tzinfo=moment.tzinfo, locale=get_locale() or "en")
