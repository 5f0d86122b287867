"""Decisions: what adds up, what each rule says, and in which words."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.decision import Measured, Scope, Truth, Verdict
from pbxsync_worker.core.model.fact import Fact
from pbxsync_worker.core.model.rule import Rule, Then
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.rules.decide import decide, facts_asked
from pbxsync_worker.rules.evaluate import Moment, NoHistory
from tests.unit.rules.situations import rule

UNREAD = (
    "own: skipped (this sign means nothing in a condition, at position 6: ? - Leave it out; texts stand in quotes, "
    'such as: local.asterisk.version = "22.5.1")'
)
NOW = 1_795_478_400.0  # 2026-11-24 00:00 UTC
CALLS = "local.asterisk.calls"


def moment(**values):
    facts = {name.replace("__", "."): value for name, value in values.items()}
    return Moment(NOW, {name: Fact(name, value, NOW - 5, "ami") for name, value in facts.items()}, NoHistory())


def told(*rules: Rule, waited: float | None = None, **values) -> str:
    return as_text(decide([(Scope.JOB, one) for one in rules], moment(**values), waited).sentence)


def test_choices_and_alerts_add_up_behind_the_rule_that_decides():
    rules = (
        rule("always", Then.RUN, "go"),
        rule("local.asterisk.calls > 9", Then.ALERT, "busy", reason="it is busy"),
        rule("local.asterisk.calls > 99", Then.ASTERISK, "never", asterisk="restart now"),
        rule("local.asterisk.calls > 5", Then.ASTERISK, "gentle", asterisk="restart gracefully"),
        rule("always", Then.ASTERISK, "late", asterisk="reload all"),
        rule("always", Then.SKIP, "too-late"),
        rule("local.asterisk.calls > 5", Then.ALERT, "again"),
    )
    decision = decide([(Scope.GROUP, one) for one in rules], moment(local__asterisk__calls=10))
    assert (decision.verdict, decision.rule, decision.asterisk) == (Verdict.RUN, "go", "restart gracefully")
    assert [one.name for one in decision.alarms] == ["busy", "again"]
    assert as_text(decision.alarms[0].sentence) == "it is busy (Calls in progress here: 10)"
    assert [one.name for one in decision.looked if one.fires] == ["go", "busy", "gentle", "again"]


@pytest.mark.parametrize(
    ("one", "asterisk", "alarms"),
    [
        (rule("local.asterisk.calls > 5", Then.ASTERISK, asterisk="restart now"), "", 0),
        (rule("local.asterisk.calls > 5", Then.ASTERISK, asterisk="nothing"), "nothing", 0),
        (rule("local.asterisk.calls > 5", Then.ALERT), "", 0),
    ],
)
def test_only_what_restrains_applies_where_nobody_knows(one, asterisk, alarms):
    decision = decide([(Scope.JOB, one)], moment())
    assert (decision.verdict, decision.asterisk, len(decision.alarms)) == (Verdict.RUN, asterisk, alarms)


def test_every_rule_is_told_with_what_it_saw():
    rules = (rule("local.asterisk.calls > 5 or local.asterisk.up", Then.WAIT), rule("plan.adds > 1", Then.HOLD, "plan"))
    old = replace(moment(local__asterisk__calls=3), now=NOW + 90)
    first, second = decide([(Scope.GROUP, rules[0]), (Scope.JOB, rules[1])], old).looked
    assert (first.scope, first.truth, second.truth) == (Scope.GROUP, Truth.UNKNOWN, Truth.LATER)
    assert first.measured == (Measured(CALLS, None, NOW - 5), Measured("local.asterisk.up", None))
    assert as_text(first.sentence) == "Calls in progress here: not known, Asterisk is up here: not known"


def test_a_rule_that_is_switched_off_is_not_looked_at():
    assert decide([(Scope.JOB, rule("always", Then.SKIP, enabled=False))], moment()).looked == ()


@pytest.mark.parametrize(
    ("one", "sentence"),
    [
        (rule("local.asterisk.calls > 1", Then.WAIT), "waits, at most 10 min: own (Calls in progress here: 2)"),
        (rule("always", Then.SKIP), "own: skipped (always)"),
        (rule("always", Then.SKIP, reason="a holiday"), "own: a holiday (always)"),
        (rule("always", Then.HOLD), "own: held for approval (always)"),
        (rule("always", Then.HOLD, reason="look first"), "own: look first (always)"),
        (rule("always", Then.PART), "only what needs no reload: own (always)"),
        (rule("always", Then.RUN), "runs: own (always)"),
        (rule("plan.adds > 0", Then.RUN), "the plan decides: own"),
        (rule("always", Then.ALERT), "no rule stands in the way"),
        (
            rule("not within 01:00-02:00 Europe/Madrid or within 00:00-24:00 UTC", Then.SKIP),
            "own: skipped (time in Europe/Madrid: 2026-11-24 01:00, time in UTC: 2026-11-24 00:00)",
        ),
        (
            rule("calls?", Then.SKIP),
            UNREAD,
        ),
    ],
)
def test_a_decision_is_a_sentence(one, sentence):
    assert told(one, local__asterisk__calls=2) == sentence


@pytest.mark.parametrize(("otherwise", "verdict"), [(Then.SKIP, Verdict.SKIP), (Then.HOLD, Verdict.HOLD)])
def test_waiting_ends_at_its_limit(otherwise, verdict):
    one = rule("always", Then.WAIT, otherwise=otherwise)
    assert decide([(Scope.JOB, one)], moment(), 599.9).verdict is Verdict.WAIT
    assert decide([(Scope.JOB, one)], moment(), 600.0).verdict is verdict
    assert told(one, waited=600.0) == "waited 10 min in vain: own (always)"


def test_the_facts_that_rules_ask_for_are_named():
    rules = (
        rule("local.asterisk.calls > 1 and remote.reachable", Then.WAIT),
        rule("local.asterisk.up", Then.WAIT, enabled=False),
        rule("moon = full", Then.WAIT),
    )
    assert facts_asked([(Scope.JOB, one) for one in rules]) == {CALLS, "remote.reachable"}
