"""When rules are asked, and what of an answer stops a run; whole runs are told in tests/scenario/test_rules.py."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.asterisk_action import ActionKind, AsteriskAction
from pbxsync_worker.core.model.decision import Scope
from pbxsync_worker.core.model.errors import RulesHold, RulesSkip, RulesWait
from pbxsync_worker.core.model.fact import Fact
from pbxsync_worker.core.model.rule import Rule, Then
from pbxsync_worker.sync.judge import Judge, in_order
from pbxsync_worker.sync.parts import KnowsNothing, Rules
from tests.unit.core.values import run
from tests.unit.sync.parts import parts

PLAN = {"plan.adds": Fact("plan.adds", 1, 0.0, "plan")}


class Knows(KnowsNothing):
    """A monitor that measured calls long ago."""

    def facts(self):
        return {"local.asterisk.calls": Fact("local.asterisk.calls", 99, 0.0, "ami")}


def judge(folder, *rules, alarms=None, **values):
    made = parts(folder)
    heard = [] if alarms is None else alarms
    ruled = Rules(in_order((), rules), Knows(), lambda _run, alarm: heard.append(alarm.name))
    return Judge(replace(run(), **values), replace(made, rules=ruled))


def rule(then, when="always", **more):
    return Rule(then.value, "A rule", when, then, **more)


def test_rules_of_the_group_are_asked_before_those_of_the_job():
    first, second = rule(Then.RUN), rule(Then.HOLD)
    assert in_order((second,), (first,)) == ((Scope.GROUP, second), (Scope.JOB, first))


def test_a_hold_lets_the_plan_be_made_first(tmp_path):
    asked = judge(tmp_path, rule(Then.HOLD))
    asked.before_all()
    asked.of_plan(PLAN)
    with pytest.raises(RulesHold):
        asked.heed(all_left=False)


def test_an_approved_plan_is_not_held_by_rules_but_waits_for_them(tmp_path):
    asked = judge(tmp_path, rule(Then.HOLD), approved=True)
    asked.of_plan(PLAN)
    asked.heed(all_left=False)
    asked.at_last()
    with pytest.raises(RulesWait):
        judge(tmp_path, rule(Then.WAIT, limit_s=5), approved=True).before_all()


@pytest.mark.parametrize(("then", "error"), [(Then.WAIT, RulesWait), (Then.SKIP, RulesSkip)])
def test_waiting_and_leaving_out_come_before_anything_is_read(tmp_path, then, error):
    with pytest.raises(error):
        judge(tmp_path, rule(then, limit_s=5)).before_all()


def test_calls_are_counted_anew_whatever_a_monitor_said(tmp_path):
    judge(tmp_path, rule(Then.SKIP, "local.asterisk.calls > 0")).before_all()


@pytest.mark.parametrize(
    ("channels", "told", "age", "waits"),
    [(0, 5, 0.0, False), (4, 2, 0.0, False), (4, 2, 61.0, True), (4, 0, 0.0, True), (6, 3, 0.0, True)],
)
def test_calls_are_told_as_people_count_them_while_there_are_any(tmp_path, channels, told, age, waits):
    asked = judge(tmp_path, rule(Then.SKIP, "local.asterisk.calls > 2"))
    host = asked._parts.host
    host.pbx.state = replace(host.pbx.state, calls=channels)
    fact = Fact("local.asterisk.calls", told, host.clock.now() - age, "ami")
    asked._parts.rules.knows.facts = lambda: {fact.name: fact}
    if waits:
        with pytest.raises(RulesSkip):
            asked.before_all()
    else:
        asked.before_all()


def test_a_rule_chooses_what_asterisk_does_and_else_the_job_does(tmp_path):
    chosen = judge(tmp_path, rule(Then.ASTERISK, asterisk="reload all"))
    assert chosen.of_plan(PLAN) == AsteriskAction(ActionKind.ALL)
    made = replace(parts(tmp_path), action=AsteriskAction(ActionKind.NOTHING))
    assert Judge(run(), made).of_plan(PLAN) == AsteriskAction(ActionKind.NOTHING)


def test_what_is_left_of_a_plan_is_judged_by_all_of_it(tmp_path):
    asked = judge(tmp_path, rule(Then.PART, "plan.adds > 0"))
    asked.of_plan(PLAN)
    asked.of_plan({"plan.adds": Fact("plan.adds", 0, 0.0, "plan")})
    assert (asked.may_narrow, asked.only_part) == (True, True)


def test_a_part_that_is_nothing_leaves_the_run_out(tmp_path):
    asked = judge(tmp_path, rule(Then.PART))
    asked.of_plan(PLAN)
    with pytest.raises(RulesSkip):
        asked.heed(all_left=True)


def test_another_choice_at_the_last_moment_begins_the_run_again(tmp_path):
    asked = judge(tmp_path, rule(Then.ASTERISK, "local.asterisk.calls = 0", asterisk="restart now"))
    asked.of_plan(PLAN)
    asked._parts.host.pbx.state = replace(asked._parts.host.pbx.state, calls=1)
    with pytest.raises(RulesWait, match="begins again"):
        asked.at_last()


def test_an_alert_is_raised_once(tmp_path):
    alarms: list[str] = []
    asked = judge(tmp_path, rule(Then.ALERT), alarms=alarms)
    asked.before_all()
    asked.of_plan(PLAN)
    asked.heed(all_left=False)
    assert alarms == ["alert"]
