"""Does a condition hold at a moment? Facts in, truth out."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from pbxsync_worker.core.model.condition import (
    DAY_MINUTES,
    UNITS,
    Always,
    And,
    Comparison,
    Condition,
    Held,
    Not,
    Operator,
    Window,
    facts_of,
)
from pbxsync_worker.core.model.decision import Truth
from pbxsync_worker.core.model.fact import BY_NAME, PLAN_KINDS, Fact, Facts, Value
from pbxsync_worker.rules.logic import all_of, any_of, opposite

_COMPARE: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUAL: operator.eq,
    Operator.UNEQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.MORE: operator.gt,
    Operator.AT_LEAST: operator.ge,
}
_PLAN = frozenset(kind.name for kind in PLAN_KINDS)


class History(Protocol):
    """What was recorded of facts."""

    def between(self, name: str, since: float, until: float) -> Sequence[tuple[float, Value | None]]:
        """Return (seconds since 1970, value) of every change, oldest first, first of all what held when it began.

        None where nobody knew; nothing at all, or a later beginning, where nothing was recorded.
        """
        ...


class NoHistory:
    """Nothing was recorded."""

    def between(self, name: str, since: float, until: float) -> Sequence[tuple[float, Value | None]]:
        """Return nothing."""
        del name, since, until
        return ()


@dataclass(frozen=True, slots=True)
class Moment:
    """What is known at one time; now: seconds since 1970; planned: the plan is made, its facts are among the others."""

    now: float
    facts: Facts
    history: History
    planned: bool = False

    def known(self, name: str) -> Fact | None:
        """Return a fact that still says something, None where there is none."""
        fact = self.facts.get(name)
        return fact if fact is not None and self.now - fact.at < BY_NAME[name].fresh_s else None


def holds(condition: Condition, moment: Moment) -> Truth:
    """Return whether a condition holds."""
    match condition:
        case Always():
            return Truth.YES
        case Comparison():
            return _compare(condition, moment)
        case Window():
            return Truth.YES if _is_within(condition, moment.now) else Truth.NO
        case Not(part):
            return opposite(holds(part, moment))
        case Held():
            return _held(condition, moment)
        case And(parts):
            return all_of(holds(part, moment) for part in parts)
        case _:
            return any_of(holds(part, moment) for part in condition.parts)


def _compare(condition: Comparison, moment: Moment) -> Truth:
    fact = moment.known(condition.fact)
    if fact is None:
        return Truth.LATER if condition.fact in _PLAN and not moment.planned else Truth.UNKNOWN
    wanted = condition.value
    if condition.unit:
        wanted = float(wanted) * UNITS[BY_NAME[condition.fact].unit][condition.unit]
    return Truth.YES if _COMPARE[condition.operator](fact.value, wanted) else Truth.NO


def _is_within(window: Window, now: float) -> bool:
    """Tell by the clocks on the wall: an hour that is skipped never comes, one that comes twice counts twice."""
    local = datetime.fromtimestamp(now, ZoneInfo(window.zone))
    minute = local.hour * 60 + local.minute
    today, yesterday = local.weekday(), (local - timedelta(days=1)).weekday()
    if window.begin < window.end:
        return today in window.days and window.begin <= minute < window.end
    begun = today in window.days and window.begin <= minute < DAY_MINUTES
    return begun or (yesterday in window.days and minute < window.end)


def _held(condition: Held, moment: Moment) -> Truth:
    """Look again at every moment since at which a value changed."""
    since = moment.now - condition.seconds
    changes = {name: moment.history.between(name, since, moment.now) for name in facts_of(condition.part)}
    times = {since, *(at for one in changes.values() for at, _ in one if since < at < moment.now)}
    past = (holds(condition.part, Moment(at, _standing(changes, at), moment.history)) for at in sorted(times))
    return all_of((holds(condition.part, moment), *past))


def _standing(changes: Mapping[str, Sequence[tuple[float, Value | None]]], at: float) -> Facts:
    """Return what was known at a moment of the past."""
    stood = {name: [value for changed, value in one if changed <= at] for name, one in changes.items()}
    return {
        name: Fact(name, values[-1], at, "history")
        for name, values in stood.items()
        if values and values[-1] is not None
    }
