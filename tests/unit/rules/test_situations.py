"""Forty situations of a PBX, and what becomes of a run in each."""

import pytest

from pbxsync_worker.core.model.rule import Then
from tests.unit.rules.situations import MONDAY, SHIPPED, Situation, rule

CALLS, QUEUE, SOURCE = "not-during-calls", "not-while-callers-wait", "not-from-an-unhealthy-source"
EMERGENCY, WINDOW, DELETES = "not-after-an-emergency-call", "maintenance-window", "many-deletions"
NEW, COMMANDS, PART = "new-trunk-or-administrator", "new-commands", "no-reload-during-calls"
ALL = (SOURCE, EMERGENCY, QUEUE, CALLS, WINDOW, DELETES, NEW, COMMANDS)
VIP = rule("local.asterisk.calls <= 2", Then.RUN, "few-calls")
QUIET_FOR_5 = rule("not local.asterisk.calls = 0 for at least 5 min", Then.WAIT, "quiet-for-5-min")

SITUATIONS = (
    Situation("nobody made a rule", (), "run"),
    Situation("a quiet night, all shipped rules, a small plan", ALL, "run", planned={}),
    Situation("a quiet night, and there is no plan yet", ALL, "plan", by=DELETES),
    Situation("one call is up", (CALLS,), "wait", {"local.asterisk.calls": 1}, by=CALLS),
    Situation("twenty calls are up", (CALLS,), "wait", {"local.asterisk.calls": 20}, by=CALLS),
    Situation("the last call has ended", (CALLS,), "run", waited=900.0),
    Situation("calls go on for four hours", (CALLS,), "hold", {"local.asterisk.calls": 3}, waited=4 * 3600.0, by=CALLS),
    Situation(
        "Asterisk does not say how many calls there are", (CALLS,), "wait", {"local.asterisk.calls": None}, by=CALLS
    ),
    Situation("the rule about calls is switched off", (rule("always", Then.SKIP, enabled=False),), "run"),
    Situation(
        "a caller waits in a queue while agents are free",
        (QUEUE,),
        "wait",
        {"local.asterisk.callers_waiting": 1},
        by=QUEUE,
    ),
    Situation(
        "callers wait for more than an hour",
        (QUEUE,),
        "hold",
        {"local.asterisk.callers_waiting": 9},
        waited=3600.0,
        by=QUEUE,
    ),
    Situation("calls are up, but no caller waits", (QUEUE,), "run", {"local.asterisk.calls": 12}),
    Situation(
        "the source cannot be reached",
        (SOURCE,),
        "skip",
        {"remote.reachable": False, "remote.asterisk.up": None},
        by=SOURCE,
    ),
    Situation("Asterisk of the source is down", (SOURCE,), "skip", {"remote.asterisk.up": False}, by=SOURCE),
    Situation("the source tells nothing of its Asterisk", (SOURCE,), "skip", {"remote.asterisk.up": None}, by=SOURCE),
    Situation("the source is slow, and healthy", (SOURCE,), "run", {"remote.state": "slow", "link.rtt_ms": 900}),
    Situation(
        "somebody called the police five minutes ago",
        (EMERGENCY,),
        "wait",
        {"local.asterisk.since_emergency_s": 300},
        by=EMERGENCY,
    ),
    Situation("the emergency call was 31 minutes ago", (EMERGENCY,), "run", {"local.asterisk.since_emergency_s": 1860}),
    Situation("it is Monday noon", (WINDOW,), "wait", at=MONDAY, by=WINDOW),
    Situation(
        "it is Monday noon, and the run has waited for a day", (WINDOW,), "skip", at=MONDAY, waited=86400.0, by=WINDOW
    ),
    Situation("the maintenance window began two minutes ago", (WINDOW,), "run", at="2026-11-23 22:02"),
    Situation("the maintenance window has just ended", (WINDOW,), "wait", at="2026-11-24 06:00", by=WINDOW),
    Situation("a tenth of all items would go", (DELETES,), "run", planned={"plan.deletes_percent": 10}),
    Situation(
        "more than a tenth of all items would go",
        (DELETES,),
        "hold",
        planned={"plan.deletes_percent": 10.5},
        by=DELETES,
    ),
    Situation("a trunk would appear", (NEW,), "hold", planned={"plan.new_trunks": 1}, by=NEW),
    Situation("an administrator would appear", (NEW,), "hold", planned={"plan.new_admins": 1}, by=NEW),
    Situation("the dialplan would start a program", (COMMANDS,), "hold", planned={"plan.new_commands": 2}, by=COMMANDS),
    Situation(
        "calls are up, and part of the plan needs no reload", (PART,), "part", {"local.asterisk.calls": 4}, {}, by=PART
    ),
    Situation(
        "calls are up, but the plan needs no reload",
        (rule("plan.reloads = 0", Then.RUN, "harmless"), CALLS),
        "run",
        {"local.asterisk.calls": 4},
        {"plan.reloads": 0},
        by="harmless",
    ),
    Situation(
        "calls are up, and only the plan will tell whether that matters",
        (rule("plan.reloads = 0", Then.RUN, "harmless"), CALLS),
        "plan",
        {"local.asterisk.calls": 4},
        by="harmless",
    ),
    Situation(
        "calls are up, and the plan needs a reload",
        (rule("plan.reloads = 0", Then.RUN, "harmless"), CALLS),
        "wait",
        {"local.asterisk.calls": 4},
        {"plan.reloads": 2},
        by=CALLS,
    ),
    Situation(
        "two calls are up, and few calls are allowed first",
        (VIP, CALLS),
        "run",
        {"local.asterisk.calls": 2},
        by="few-calls",
    ),
    Situation(
        "nobody knows the calls, and a permission is not given by guessing",
        (VIP, CALLS),
        "wait",
        {"local.asterisk.calls": None},
        by=CALLS,
    ),
    Situation(
        "the line was quiet for three minutes only",
        (QUIET_FOR_5,),
        "wait",
        by="quiet-for-5-min",
        past={"local.asterisk.calls": [(900, 2), (180, 0)]},
    ),
    Situation(
        "the line was quiet for ten minutes", (QUIET_FOR_5,), "run", past={"local.asterisk.calls": [(900, 2), (600, 0)]}
    ),
    Situation("nobody recorded the last five minutes", (QUIET_FOR_5,), "wait", by="quiet-for-5-min"),
    Situation(
        "a call is up during the maintenance window, and a caller waits: the first rule is told",
        ALL,
        "wait",
        {"local.asterisk.calls": 1, "local.asterisk.callers_waiting": 1},
        by=QUEUE,
    ),
    Situation(
        "the disk of this host is almost full",
        (rule("local.disk.free_percent < 5 %", Then.SKIP),),
        "skip",
        {"local.disk.free_percent": 3.5},
        by="own",
    ),
    Situation(
        "somebody applies a configuration here",
        (rule("local.freepbx.reloading or local.freepbx.upgrading", Then.WAIT),),
        "wait",
        {"local.freepbx.reloading": True},
        by="own",
    ),
    Situation(
        "a newer PBXSync made a rule that this one cannot read",
        (rule("local.moon.phase = full", Then.HOLD),),
        "hold",
        by="own",
    ),
)


def test_there_are_forty_of_them() -> None:
    assert len({one.told for one in SITUATIONS}) == 40


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.told)
def test_it_is_decided(situation: Situation) -> None:
    decision = situation.decide()
    assert (decision.verdict.value, decision.rule) == (situation.expected, situation.by)


def test_every_rule_that_ships_is_met() -> None:
    used = {one for situation in SITUATIONS for one in situation.rules if isinstance(one, str)}
    assert used == set(SHIPPED)
