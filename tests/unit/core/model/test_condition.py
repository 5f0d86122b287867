"""Conditions as values and as text."""

import pytest

from pbxsync_worker.core.model.condition import (
    Always,
    And,
    Comparison,
    Held,
    Not,
    Operator,
    Or,
    Window,
    clock,
    facts_of,
    number,
    parts_of,
    text,
)

CALLS = Comparison("local.asterisk.calls", Operator.MORE, 0.0)
UP = Comparison("local.asterisk.up", Operator.EQUAL, value=True)
VERSION = Comparison("local.asterisk.version", Operator.UNEQUAL, "22.5.1")
NIGHT = Window(tuple(range(7)), 22 * 60, 6 * 60, "UTC")


@pytest.mark.parametrize(
    ("condition", "written"),
    [
        (Always(), "always"),
        (CALLS, "local.asterisk.calls > 0"),
        (UP, "local.asterisk.up = yes"),
        (Comparison("local.asterisk.up", Operator.UNEQUAL, value=False), "local.asterisk.up != no"),
        (VERSION, 'local.asterisk.version != "22.5.1"'),
        (Comparison("plan.bytes", Operator.AT_LEAST, 2.5, "GB"), "plan.bytes >= 2.5 GB"),
        (NIGHT, "within 22:00-06:00 UTC"),
        (Window((0, 1, 2, 5), 0, 1440, "Europe/Madrid"), "within mon-wed,sat 00:00-24:00 Europe/Madrid"),
        (Not(Not(UP)), "not not local.asterisk.up = yes"),
        (Not(And((UP, CALLS))), "not (local.asterisk.up = yes and local.asterisk.calls > 0)"),
        (Held(CALLS, 5.0, "min"), "local.asterisk.calls > 0 for at least 5 min"),
        (Held(Not(UP), 1.0, "days"), "(not local.asterisk.up = yes) for at least 1 days"),
        (
            And((Or((UP, CALLS)), NIGHT)),
            "(local.asterisk.up = yes or local.asterisk.calls > 0) and within 22:00-06:00 UTC",
        ),
        (Or((And((UP, CALLS)), UP)), "local.asterisk.up = yes and local.asterisk.calls > 0 or local.asterisk.up = yes"),
        (Or((Or((UP, CALLS)), UP)), "(local.asterisk.up = yes or local.asterisk.calls > 0) or local.asterisk.up = yes"),
    ],
)
def test_a_condition_is_written_as_people_read_it(condition, written):
    assert text(condition) == written


def test_a_condition_names_its_facts_once_and_in_their_order():
    whole = Or((Held(CALLS, 5.0, "s"), Not(And((UP, CALLS))), NIGHT, Always()))
    assert facts_of(whole) == ("local.asterisk.calls", "local.asterisk.up")
    assert len(list(parts_of(whole))) == 9


@pytest.mark.parametrize(
    ("value", "shown"), [(5.0, "5"), (0.25, "0.25"), (100.0, "100"), (-3.0, "-3"), (1e12, "1000000000000")]
)
def test_numbers_are_shown_without_what_says_nothing(value, shown):
    assert number(value) == shown


def test_minutes_are_shown_as_a_clock_does():
    assert [clock(one) for one in (0, 485, 1440)] == ["00:00", "08:05", "24:00"]
