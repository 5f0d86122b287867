"""Facts in, truth out: freshness, windows over midnight and changes of the clock, and what held for a while."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from pbxsync_worker.core.model.condition_text import parse
from pbxsync_worker.core.model.decision import Truth
from pbxsync_worker.core.model.fact import Fact
from pbxsync_worker.rules.evaluate import Moment, NoHistory, holds

NOW = 1_760_000_000.0
CALLS = "local.asterisk.calls"
YES, NO, UNKNOWN, LATER = Truth.YES, Truth.NO, Truth.UNKNOWN, Truth.LATER


def moment(now=NOW, history=None, planned=False, **values):
    names = {name.replace("__", "."): value for name, value in values.items()}
    facts = {name: Fact(name, value, now, "test") for name, value in names.items()}
    return Moment(now, facts, history or NoHistory(), planned)


class Recorded:
    """Changes of one fact, in seconds before now."""

    def __init__(self, *changes):
        self.changes = [(NOW + at, value) for at, value in changes]

    def between(self, name, since, until):
        assert name == CALLS
        stood = [(since, value) for at, value in self.changes if at <= since][-1:]
        return [*stood, *((at, value) for at, value in self.changes if since < at <= until)]


@pytest.mark.parametrize(
    ("condition", "value", "truth"),
    [
        ("local.asterisk.calls = 5", 5, YES),
        ("local.asterisk.calls != 5", 5, NO),
        ("local.asterisk.calls < 5", 5, NO),
        ("local.asterisk.calls <= 5", 5, YES),
        ("local.asterisk.calls > 5", 5, NO),
        ("local.asterisk.calls >= 5", 5, YES),
        ("always", 0, YES),
    ],
)
def test_numbers_are_compared(condition, value, truth):
    assert holds(parse(condition), moment(local__asterisk__calls=value)) is truth


@pytest.mark.parametrize(
    ("condition", "facts", "truth"),
    [
        ("local.disk.free_bytes < 2 GB", {"local__disk__free_bytes": 1_999_999_999}, YES),
        ("local.disk.free_bytes < 2 GB", {"local__disk__free_bytes": 2_000_000_000}, NO),
        ("link.rtt_ms > 0.5 s", {"link__rtt_ms": 501}, YES),
        ("local.asterisk.since_emergency_s < 30 min", {"local__asterisk__since_emergency_s": 1799}, YES),
        ("remote.state = slow", {"remote__state": "slow"}, YES),
        ("local.asterisk.up", {"local__asterisk__up": False}, NO),
    ],
)
def test_a_unit_says_how_much_a_number_is(condition, facts, truth):
    assert holds(parse(condition), moment(**facts)) is truth


def test_a_fact_that_was_never_measured_is_unknown():
    assert holds(parse("local.asterisk.calls = 0"), moment()) is UNKNOWN
    assert holds(parse("not local.asterisk.calls = 0"), moment()) is UNKNOWN


@pytest.mark.parametrize(("age", "truth"), [(59.9, YES), (60.0, UNKNOWN)])
def test_a_fact_says_nothing_once_it_is_too_old(age, truth):
    old = Moment(NOW, {CALLS: Fact(CALLS, 0, NOW - age, "test")}, NoHistory())
    assert holds(parse("local.asterisk.calls = 0"), old) is truth


def test_what_the_plan_tells_comes_later_and_then_stays():
    condition = parse("plan.deletes > 5 or plan.adds > 5")
    assert holds(condition, moment()) is LATER
    assert holds(condition, moment(planned=True)) is UNKNOWN
    assert holds(condition, moment(planned=True, plan__deletes=6)) is YES


def at(text, zone="Europe/Madrid", fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


@pytest.mark.parametrize(
    ("window", "time", "truth"),
    [
        ("mon-fri 08:00-18:00", "2026-11-20T08:00:00", YES),  # a Friday
        ("mon-fri 08:00-18:00", "2026-11-20T07:59:59", NO),
        ("mon-fri 08:00-18:00", "2026-11-20T17:59:59", YES),
        ("mon-fri 08:00-18:00", "2026-11-20T18:00:00", NO),
        ("mon-fri 08:00-18:00", "2026-11-21T12:00:00", NO),
        ("fri 22:00-06:00", "2026-11-20T23:00:00", YES),
        ("fri 22:00-06:00", "2026-11-21T05:59:59", YES),
        ("fri 22:00-06:00", "2026-11-21T06:00:00", NO),
        ("fri 22:00-06:00", "2026-11-20T05:00:00", NO),
        ("fri 22:00-06:00", "2026-11-21T22:00:00", NO),
        ("sun 22:00-06:00", "2026-11-23T05:00:00", YES),  # the week begins within it
        ("00:00-24:00", "2026-11-21T00:00:00", YES),
        ("00:00-24:00", "2028-02-29T23:59:59", YES),
        ("22:00-24:00", "2026-11-21T00:00:00", NO),
    ],
)
def test_a_window_belongs_to_the_day_on_which_it_begins(window, time, truth):
    assert holds(parse(f"within {window} Europe/Madrid"), moment(at(time))) is truth


def test_an_hour_that_is_skipped_never_comes():
    window = parse("within 02:00-03:00 Europe/Madrid")
    first = at("2026-03-29T01:59:59")
    assert [holds(window, moment(first + more)) for more in (0, 1, 2)] == [NO, NO, NO]


def test_an_hour_that_comes_twice_counts_twice():
    window = parse("within 02:00-03:00 Europe/Madrid")
    twice = [at("2026-10-25T02:30:00", fold=fold) for fold in (0, 1)]
    assert twice[1] - twice[0] == 3600
    assert [holds(window, moment(one)) for one in twice] == [YES, YES]
    assert holds(window, moment(twice[1] + 1800)) is NO


def test_each_zone_has_its_own_time():
    noon = at("2026-11-20T12:00:00", "UTC")
    assert holds(parse("within 12:00-12:01 UTC"), moment(noon)) is YES
    assert holds(parse("within 08:30-08:31 America/St_Johns"), moment(noon)) is YES


@pytest.mark.parametrize(
    ("changes", "truth"),
    [
        ([(-400, 0)], YES),
        ([(-300, 0)], YES),
        ([(-299, 0)], UNKNOWN),  # nothing was recorded when the time began
        ([(-400, 0), (-100, 3), (-50, 0)], NO),
        ([(-400, 3), (-300, 0)], YES),
        ([(-400, 3), (-299, 0)], NO),
        ([(-400, 0), (-100, None), (-50, 0)], UNKNOWN),
        ([(-400, 3), (-100, None)], NO),
        ([], UNKNOWN),
    ],
)
def test_what_holds_for_a_while_held_at_every_moment_of_it(changes, truth):
    condition = parse("local.asterisk.calls = 0 for at least 5 min")
    assert holds(condition, moment(history=Recorded(*changes), local__asterisk__calls=0)) is truth


def test_without_a_record_nobody_knows_what_held():
    condition = parse("local.asterisk.calls = 0 for at least 5 min")
    assert holds(condition, moment(local__asterisk__calls=0)) is UNKNOWN


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ("local.asterisk.up and local.asterisk.calls = 0", UNKNOWN),
        ("local.asterisk.up or local.asterisk.calls = 0", YES),
        ("not (local.asterisk.up or local.asterisk.calls = 0)", NO),
        ("local.asterisk.up and not local.asterisk.calls = 0", NO),
    ],
)
def test_conditions_are_joined(condition, truth):
    assert holds(parse(condition), moment(local__asterisk__calls=0)) is truth


def test_what_does_not_hold_now_has_not_held_for_a_while():
    condition = parse("local.asterisk.calls = 0 for at least 5 min")
    assert holds(condition, moment(history=Recorded((-400, 0)), local__asterisk__calls=1)) is NO
    assert holds(condition, moment(history=Recorded((-400, 0)))) is UNKNOWN
