"""A second evaluator of rules, as simple as can be and written without a look at the first one.

A condition is a set of what it can be, True and False, and whether the plan will tell: an unknown fact can be both.
"""

import operator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pbxsync_worker.core.model import condition as c
from pbxsync_worker.core.model.fact import BY_NAME

FACTORS = {"": 1, "%": 1, "s": 1, "min": 60, "h": 3600, "days": 86400}
SIGNS = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
BOTH = frozenset({True, False})


@dataclass(frozen=True)
class World:
    """now: seconds; facts: name -> (value, seconds when measured); past: name -> [(seconds, value or None)]."""

    now: float
    facts: dict[str, tuple[Any, float]]
    past: dict[str, list[tuple[float, Any]]]
    planned: bool


def truth(condition, world):
    """Return "yes", "no", "unknown" or "later"."""
    can, plan = _possible(condition, world)
    if can == BOTH:
        return "later" if plan else "unknown"
    return "yes" if True in can else "no"


def _possible(condition, world):
    match condition:
        case c.Always():
            return frozenset({True}), False
        case c.Comparison():
            return _comparison(condition, world)
        case c.Window():
            return frozenset({_in_window(condition, world.now)}), False
        case c.Not():
            can, plan = _possible(condition.part, world)
            return frozenset(not one for one in can), plan
        case c.Held():
            return _held(condition, world), False
        case _:
            join = all if isinstance(condition, c.And) else any
            return _joined(join, [_possible(part, world) for part in condition.parts])


def _joined(join, parts):
    worlds: list[tuple[bool, ...]] = [()]
    for can, _ in parts:
        worlds = [(*before, one) for before in worlds for one in can]
    can = frozenset(join(world) for world in worlds)
    return can, can == BOTH and any(plan for _, plan in parts)


def _comparison(condition, world):
    found = world.facts.get(condition.fact)
    if condition.fact.startswith("plan.") and not world.planned:
        return BOTH, True
    if found is None or not world.now - found[1] < BY_NAME[condition.fact].fresh_s:
        return BOTH, False
    return frozenset({_compares(condition, found[0])}), False


def _compares(condition, value):
    wanted = condition.value
    if type(wanted) is float:
        wanted *= FACTORS[condition.unit]
    return SIGNS[condition.operator.value](value, wanted)


def _in_window(window, now):
    """Write down every minute of the week that belongs to the window, then look whether this one does."""
    length = window.end - window.begin if window.end > window.begin else window.end + 1440 - window.begin
    minutes = {(day * 1440 + window.begin + passed) % 10080 for day in window.days for passed in range(length)}
    local = datetime.fromtimestamp(now, ZoneInfo(window.zone))
    return local.weekday() * 1440 + local.hour * 60 + local.minute in minutes


def _held(condition, world):
    """Look at every second of the time."""
    seen = []
    for second in range(int(condition.seconds), 0, -1):
        at = world.now - second
        facts = {}
        for name, changes in world.past.items():
            stood = [value for when, value in changes if when <= at]
            if stood and stood[-1] is not None:
                facts[name] = (stood[-1], at)
        seen.append(_possible(condition.part, World(at, facts, {}, world.planned))[0])
    seen.append(_possible(condition.part, world)[0])
    if frozenset({False}) in seen:
        return frozenset({False})
    return BOTH if BOTH in seen else frozenset({True})


def outcome(rules, world, waited):
    """Return (verdict, name of the rule, what Asterisk does, names of alerts)."""
    verdict, decided, asterisk, alerts = None, "", "", []
    for rule, condition in rules:
        if not rule.enabled:
            continue
        found = truth(condition, world)
        careful = rule.then.value in ("wait", "skip", "hold", "part") or rule.asterisk == "nothing"
        fires = found == "yes" or (found == "unknown" and careful)
        if rule.then.value == "alert" and found == "yes":
            alerts.append(rule.name)
        elif rule.then.value == "asterisk" and fires and not asterisk:
            asterisk = rule.asterisk
        elif rule.then.value not in ("alert", "asterisk") and verdict is None and (fires or found == "later"):
            decided = rule.name
            verdict = "plan" if found == "later" else rule.then.value
            if verdict == "wait" and waited is not None and waited >= rule.limit_s:
                verdict = rule.otherwise.value
    return verdict or "run", decided, asterisk, alerts
