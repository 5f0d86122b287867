"""Rules as values: what can be one, their order, and durations."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.errors import ConditionWrong, Invalid, NotFound
from pbxsync_worker.core.model.ready_rules import READY
from pbxsync_worker.core.model.rule import (
    MOST_RULES,
    Rule,
    Then,
    check,
    find,
    moved,
    read_duration,
    readable,
    show_duration,
    switched,
    with_rule,
    without_rule,
)

RULE = Rule("a", "A rule", "local.asterisk.calls > 0", Then.WAIT, 600)
OTHERS = tuple(replace(RULE, name=name) for name in "bcd")


@pytest.mark.parametrize("rule", READY, ids=lambda rule: rule.name)
def test_every_ready_made_rule_can_be_used(rule):
    check(rule)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"name": "A b"}, "the name has"),
        ({"title": " "}, "the title has"),
        ({"title": "x" * 65}, "the title has"),
        ({"title": "two\nlines"}, "the title has"),
        ({"reason": "x" * 201}, "the reason has"),
        ({"limit_s": 0}, "waiting needs a limit"),
        ({"limit_s": 8 * 86400}, "waiting needs a limit"),
        ({"otherwise": Then.RUN}, "a wait ends with skip or hold"),
        ({"then": Then.ASTERISK}, "is no action"),
        ({"then": Then.ASTERISK, "asterisk": "restart never"}, "is no action"),
    ],
)
def test_it_refuses_what_cannot_be(wrong, problem):
    with pytest.raises(Invalid, match=problem):
        check(replace(RULE, **wrong))


def test_it_names_every_problem_at_once():
    with pytest.raises(Invalid, match=r"the name has .*, the title has"):
        check(replace(RULE, name="", title=""))


def test_it_refuses_a_condition_that_nobody_understands():
    with pytest.raises(ConditionWrong):
        check(replace(RULE, when="calls?"))
    assert not readable(replace(RULE, when="calls?"))
    assert readable(RULE)


def test_a_rule_is_replaced_where_it_stands_or_added_as_the_last():
    assert [one.name for one in with_rule(OTHERS, RULE)] == ["b", "c", "d", "a"]
    changed = with_rule(OTHERS, replace(OTHERS[1], title="Other"))
    assert [one.title for one in changed] == ["A rule", "Other", "A rule"]


def test_there_are_only_so_many_rules():
    many = tuple(replace(RULE, name=f"r{number}") for number in range(MOST_RULES))
    with pytest.raises(Invalid, match="there are 50 already"):
        with_rule(many, RULE)


@pytest.mark.parametrize(("place", "order"), [(0, "dbc"), (1, "bdc"), (99, "bcd"), (-5, "dbc")])
def test_a_rule_is_moved(place, order):
    assert "".join(one.name for one in moved(OTHERS, "d", place)) == order


def test_a_rule_is_taken_out_switched_and_found_by_its_name():
    assert [one.name for one in without_rule(OTHERS, "c")] == ["b", "d"]
    assert not find(switched(OTHERS, "c", on=False), "c").enabled
    with pytest.raises(NotFound):
        without_rule(OTHERS, "x")


@pytest.mark.parametrize(
    ("rule", "restrains", "decisive"),
    [
        (RULE, True, True),
        (replace(RULE, then=Then.RUN), False, True),
        (replace(RULE, then=Then.PART), True, True),
        (replace(RULE, then=Then.ALERT), False, False),
        (replace(RULE, then=Then.ASTERISK, asterisk="nothing"), True, False),
        (replace(RULE, then=Then.ASTERISK, asterisk="restart now"), False, False),
    ],
)
def test_what_restrains_is_told_from_what_permits(rule, restrains, decisive):
    assert (rule.restrains, rule.decisive) == (restrains, decisive)


@pytest.mark.parametrize(("text", "seconds"), [("90 s", 90), ("30min", 1800), ("4 h", 14400), ("2 days", 172800)])
def test_durations_are_read_and_shown(text, seconds):
    assert read_duration(text) == seconds
    assert read_duration(show_duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59, "59 s"), (3600, "1 h"), (86400, "24 h"), (172800, "2 days")]
)
def test_durations_are_shown_in_the_largest_unit_that_fits(seconds, text):
    assert show_duration(seconds) == text


@pytest.mark.parametrize("text", ["", "5", "5 weeks", "-5 s", "5 s\n6 s"])
def test_it_refuses_what_is_no_duration(text):
    with pytest.raises(Invalid):
        read_duration(text)
