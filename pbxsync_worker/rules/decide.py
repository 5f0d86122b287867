"""Rules and a moment -> a decision: the first that decides wins, choices and alerts add up, each one is explained."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pbxsync_worker.core.model.condition import Condition, Window, facts_of, parts_of
from pbxsync_worker.core.model.condition_text import parse
from pbxsync_worker.core.model.decision import Alarm, Decision, Looked, Measured, Scope, Truth, Verdict
from pbxsync_worker.core.model.errors import ConditionWrong
from pbxsync_worker.core.model.rule import Rule, Then, readable
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.rules.evaluate import Moment, holds
from pbxsync_worker.rules.tell import NO_RULE, verdict_sentence, why

Scoped = tuple[Scope, Rule]

_VERDICTS = {
    Then.RUN: Verdict.RUN,
    Then.WAIT: Verdict.WAIT,
    Then.SKIP: Verdict.SKIP,
    Then.HOLD: Verdict.HOLD,
    Then.PART: Verdict.PART,
}


@dataclass(frozen=True, slots=True)
class _Seen:
    """A rule, whether its condition holds, the values, and why in words."""

    scope: Scope
    rule: Rule
    truth: Truth
    measured: tuple[Measured, ...]
    reason: str

    @property
    def applies(self) -> bool:
        return self.truth is Truth.YES or (self.truth is Truth.UNKNOWN and self.rule.restrains)


def decide(rules: Sequence[Scoped], moment: Moment, waited: float | None = None) -> Decision:
    """Return what becomes of a run; waited: seconds since it began to wait, None where it has not."""
    seen = [_look(scope, rule, moment) for scope, rule in rules if rule.enabled]
    decisive = (one for one in seen if one.rule.decisive)
    first = next((one for one in decisive if one.applies or one.truth is Truth.LATER), None)
    choice = next((one for one in seen if one.rule.then is Then.ASTERISK and one.applies), None)
    alarms = [one for one in seen if one.rule.then is Then.ALERT and one.applies]
    verdict, sentence = _verdict(first, waited)
    fires = [one for one in (first, choice, *alarms) if one is not None]
    return Decision(
        verdict,
        sentence,
        moment.now,
        "" if first is None else first.rule.name,
        "" if choice is None else choice.rule.asterisk,
        tuple(_alarm(one) for one in alarms),
        tuple(_looked(one, fires=one in fires) for one in seen),
    )


def facts_asked(rules: Sequence[Scoped]) -> frozenset[str]:
    """Return the names of all facts that rules in use ask for, as far as this host understands them."""
    whens = (rule.when for _, rule in rules if rule.enabled and readable(rule))
    return frozenset(name for when in whens for name in facts_of(parse(when)))


def _verdict(first: _Seen | None, waited: float | None) -> tuple[Verdict, str]:
    if first is None:
        return Verdict.RUN, NO_RULE
    rule = first.rule
    if first.truth is Truth.LATER:
        return Verdict.PLAN, say("the plan decides: {rule}", rule=rule.title)
    reached = rule.then is Then.WAIT and waited is not None and waited >= rule.limit_s
    verdict = _VERDICTS[rule.otherwise if reached else rule.then]
    return verdict, verdict_sentence(rule, first.reason, limit_reached=reached)


def _look(scope: Scope, rule: Rule, moment: Moment) -> _Seen:
    try:
        condition = parse(rule.when)
    except ConditionWrong as error:  # written by a newer version: nobody knows whether it holds
        return _Seen(scope, rule, Truth.UNKNOWN, (), error.told)
    measured = tuple(_measured(name, moment) for name in facts_of(condition))
    return _Seen(scope, rule, holds(condition, moment), measured, why(measured, _times(condition, moment.now)))


def _measured(name: str, moment: Moment) -> Measured:
    fact = moment.known(name)
    stale = moment.facts.get(name)
    return Measured(name, None, stale.at if stale else 0.0) if fact is None else Measured(name, fact.value, fact.at)


def _times(condition: Condition, now: float) -> Iterator[str]:
    """Yield what time it is where a condition asks for it."""
    for zone in dict.fromkeys(one.zone for one in parts_of(condition) if isinstance(one, Window)):
        local = datetime.fromtimestamp(now, ZoneInfo(zone))
        yield say("time in {place}: {shown}", place=zone, shown=f"{local:%Y-%m-%d %H:%M}")


def _alarm(seen: _Seen) -> Alarm:
    rule = seen.rule
    sentence = say("{why} ({reason})", why=rule.reason or rule.title, reason=seen.reason)
    return Alarm(rule.name, rule.title, sentence)


def _looked(seen: _Seen, *, fires: bool) -> Looked:
    rule = seen.rule
    return Looked(seen.scope, rule.name, rule.title, rule.then, seen.truth, fires, seen.reason, seen.measured)
