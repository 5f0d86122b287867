"""Decisions in words: which rule, and the values that were measured."""

from collections.abc import Iterable

from pbxsync_worker.core.model.condition import UNITS, number
from pbxsync_worker.core.model.decision import Measured
from pbxsync_worker.core.model.fact import BY_NAME, LOCAL, REMOTE, FactKind, Unit, Value
from pbxsync_worker.core.model.rule import Rule, Then, show_duration
from pbxsync_worker.core.model.sentence import join, say

NO_RULE = say("no rule stands in the way")


def value_text(kind: FactKind, value: Value) -> str:
    """Return a value with its unit: 20 %, 1.5 min, yes."""
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, str):
        return value
    fitting = [(size, name) for name, size in UNITS[kind.unit].items() if abs(value) >= size]
    size, name = max(fitting, default=(1.0, kind.unit.value if kind.unit is not Unit.NONE else ""))
    return f"{number(round(value / size, 1))} {name}".rstrip()


def measured_sentence(one: Measured) -> str:
    """Return one measured value in words."""
    kind = BY_NAME[one.name]
    shown = say("not known") if one.value is None else value_text(kind, one.value)
    side = one.name.partition(".")[0]
    if side == LOCAL:
        return say("{what} here: {shown}", what=kind.title, shown=shown)
    if side == REMOTE:
        return say("{what} at the source: {shown}", what=kind.title, shown=shown)
    return say("{what}: {shown}", what=kind.title, shown=shown)


def why(measured: Iterable[Measured], times: Iterable[str]) -> str:
    """Return what was measured in words; times: sentences about the time of day."""
    parts = [*map(measured_sentence, measured), *times]
    return join(parts) if parts else say("always")


def verdict_sentence(rule: Rule, reason: str, *, limit_reached: bool) -> str:
    """Return what a rule that decides says; reason: its values in words."""
    if limit_reached:
        limit = show_duration(rule.limit_s)
        return say("waited {limit} in vain: {rule} ({reason})", limit=limit, rule=rule.title, reason=reason)
    match rule.then:
        case Then.WAIT:
            limit = show_duration(rule.limit_s)
            return say("waits, at most {limit}: {rule} ({reason})", limit=limit, rule=rule.title, reason=reason)
        case Then.SKIP:
            return say("{rule}: {why} ({reason})", rule=rule.title, why=rule.reason or say("skipped"), reason=reason)
        case Then.HOLD:
            asked = rule.reason or say("held for approval")
            return say("{rule}: {why} ({reason})", rule=rule.title, why=asked, reason=reason)
        case Then.PART:
            return say("only what needs no reload: {rule} ({reason})", rule=rule.title, reason=reason)
        case _:
            return say("runs: {rule} ({reason})", rule=rule.title, reason=reason)
