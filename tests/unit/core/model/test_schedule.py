"""From what people write to times: simple forms, cron, and clocks that are put forward and back."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.job import Schedule
from pbxsync_worker.core.model.schedule import (
    check,
    expression,
    newest_times,
    next_due,
    next_times,
    problem,
    put_off,
    times,
)
from pbxsync_worker.core.model.sentence import as_text

MADRID, SANTIAGO, NEW_YORK = "Europe/Madrid", "America/Santiago", "America/New_York"
ZONES = (MADRID, SANTIAGO, NEW_YORK, "UTC", "Australia/Lord_Howe", "Asia/Kathmandu")


def at(text: str, zone: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def shown(when: str, zone: str, after: str, count: int) -> list[str]:
    """Return the next times as the clock on the wall shows them, with its distance from UTC."""
    found = next_times(Schedule(when, zone), at(after, zone), count)
    return [datetime.fromtimestamp(one, ZoneInfo(zone)).strftime("%m-%d %H:%M%z")[:-2] for one in found]


@pytest.mark.parametrize(
    ("when", "cron"),
    [
        ("every 15 min", "*/15 * * * *"),
        ("every minute", "* * * * *"),
        ("Every  1 Minute", "* * * * *"),
        ("every 30m", "*/30 * * * *"),
        ("every hour", "0 * * * *"),
        ("every 6 hours", "0 */6 * * *"),
        ("daily 02:30", "30 2 * * *"),
        ("daily 2:05", "5 2 * * *"),
        ("mon-fri 20:00", "0 20 * * 1,2,3,4,5"),
        ("sat,sun 23:59", "59 23 * * 0,6"),
        ("fri-mon 07:00", "0 7 * * 0,1,5,6"),
        ("sun 03:00", "0 3 * * 0"),
        ("monthly 1 03:00", "0 3 1 * *"),
        ("monthly last 03:00", "0 3 l * *".upper()),
        ("5 4 * * MON", "5 4 * * mon"),
        ("*/20 8-18 1,15 jan-jun *", "*/20 8-18 1,15 jan-jun *"),
    ],
)
def test_what_people_write_is_a_cron_expression(when, cron):
    assert expression(when) == cron
    assert problem(Schedule(when)) == ""


@pytest.mark.parametrize(
    ("schedule", "says"),
    [
        (Schedule("when it rains"), "Write five fields of cron, or such as: every 15 min"),
        (Schedule("* * * * * *"), "Write five fields of cron"),
        (Schedule("daily 24:00"), "Write five fields of cron"),
        (Schedule("٣ 4 * * *"), "Write five fields of cron"),
        (Schedule("1," * 60 + "1 * * * *"), "Write five fields of cron"),
        (Schedule("61 * * * *"), "61 * * * * is not usable: Bad minute."),
        (Schedule("0 0 31 2 *"), "0 0 31 2 * is not usable: Bad day-of-month."),
        (Schedule("monthly 32 03:00"), "0 3 32 * * is not usable: Bad day-of-month."),
        (Schedule("every 7 min"), "7 does not divide 60"),
        (Schedule("every 90 min"), "90 does not divide 60"),
        (Schedule("every 0 hours"), "0 does not divide 24"),
        (Schedule("daily 02:30", "Europe/Nowhere"), "Europe/Nowhere is no time zone"),
        (Schedule("daily 02:30", "../../etc/passwd"), "../../etc/passwd is no time zone"),
        (Schedule("daily 02:30", ""), "is no time zone"),
        (Schedule("daily 02:30", jitter=-1), "0 to 3600 seconds"),
        (Schedule("daily 02:30", jitter=3601), "0 to 3600 seconds"),
    ],
    ids=lambda value: value.when[:20] if isinstance(value, Schedule) else "",
)
def test_it_says_what_is_wrong(schedule, says):
    assert says in as_text(problem(schedule))
    with pytest.raises(Invalid):
        check(schedule)


def test_nothing_written_is_no_time():
    assert problem(Schedule()) == ""
    assert (next_times(Schedule(), 0.0, 5), next_due(Schedule(), "j", 0.0)) == ((), None)


@pytest.mark.parametrize(
    ("when", "zone", "after", "expected"),
    [
        # Forward: 02:00 becomes 03:00 in Madrid and New York; 00:00 becomes 01:00 in Santiago.
        ("daily 02:30", MADRID, "2026-03-28T12:00", ["03-29 03:00+02", "03-30 02:30+02"]),
        ("daily 02:30", NEW_YORK, "2026-03-07T12:00", ["03-08 03:00-04", "03-09 02:30-04"]),
        ("daily 00:30", SANTIAGO, "2026-09-05T12:00", ["09-06 01:00-03", "09-07 00:30-03"]),
        ("daily 03:00", MADRID, "2026-03-28T12:00", ["03-29 03:00+02", "03-30 03:00+02"]),
        ("*/15 2 * * *", MADRID, "2026-03-28T12:00", ["03-29 03:00+02", "03-30 02:00+02"]),
        ("every 2 hours", MADRID, "2026-03-29T00:00", ["03-29 03:00+02", "03-29 04:00+02"]),
        ("every 15 min", MADRID, "2026-03-29T01:40", ["03-29 01:45+01", "03-29 03:00+02"]),
        ("sun 02:30", MADRID, "2026-03-28T12:00", ["03-29 03:00+02", "04-05 02:30+02"]),
        # Back: 03:00 becomes 02:00 in Madrid, 02:00 becomes 01:00 in New York, 00:00 becomes 23:00 in Santiago.
        ("daily 02:30", MADRID, "2026-10-24T12:00", ["10-25 02:30+02", "10-26 02:30+01"]),
        ("daily 01:30", NEW_YORK, "2026-10-31T12:00", ["11-01 01:30-04", "11-02 01:30-05"]),
        ("daily 23:30", SANTIAGO, "2026-04-04T12:00", ["04-04 23:30-03", "04-05 23:30-04"]),
        ("*/30 2 * * *", MADRID, "2026-10-24T12:00", ["10-25 02:00+02", "10-25 02:30+02", "10-26 02:00+01"]),
        ("every 2 hours", MADRID, "2026-10-25T00:00", ["10-25 02:00+02", "10-25 04:00+01"]),
        ("every 30 min", MADRID, "2026-10-25T02:10", ["10-25 02:30+02", "10-25 02:00+01", "10-25 02:30+01"]),
        ("30 * * * *", MADRID, "2026-10-25T01:40", ["10-25 02:30+02", "10-25 02:30+01", "10-25 03:30+01"]),
        # 29 February, and days that few months have.
        ("0 3 29 2 *", MADRID, "2026-01-01T00:00", ["02-29 03:00+01"] * 3),
        ("monthly 31 03:00", "UTC", "2026-01-31T04:00", ["03-31 03:00+00", "05-31 03:00+00"]),
        ("monthly last 03:00", "UTC", "2028-01-31T04:00", ["02-29 03:00+00", "03-31 03:00+00"]),
        ("monthly 29 03:00", "UTC", "2027-02-01T00:00", ["03-29 03:00+00", "04-29 03:00+00"]),
    ],
)
def test_the_clock_on_the_wall_is_followed(when, zone, after, expected):
    assert shown(when, zone, after, len(expected)) == expected


def test_29_february_comes_every_four_years_but_in_2100():
    found = next_times(Schedule("0 3 29 2 *"), at("2095-01-01T00:00", "UTC"), 2)
    assert [datetime.fromtimestamp(one, UTC).year for one in found] == [2096, 2104]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("when", ["daily 02:30", "daily 00:30", "daily 23:45", "*/20 1,2 * * *"])
def test_every_day_of_ten_years_has_its_times_once(zone, when):
    start = at("2020-01-01T00:00", zone)
    found = list(newest_times(Schedule(when, zone), start - 1, at("2030-01-01T00:00", zone) - 1, 30_000))
    days = [datetime.fromtimestamp(one, ZoneInfo(zone)).date() for one in found]
    assert len(set(days)) == 3653
    most = 1 if when.startswith("daily") else 6
    assert max(map(days.count, set(days[-400:]))) == most


@given(
    st.sampled_from(["every 15 min", "daily 02:30", "*/20 1,2 * * *", "mon-fri 20:00", "30 * * * *", "0 3 29 2 *"]),
    st.sampled_from(ZONES),
    st.integers(0, 4_000_000_000),
    st.integers(0, 400_000),
)
def test_times_are_the_same_wherever_somebody_begins_to_look(when, zone, start, later):
    """No time is given twice or lost because a look ended between two of them."""
    schedule = Schedule(when, zone)
    until = start + later
    whole = newest_times(schedule, start, until, 10_000)
    middle = start + later // 2
    halves = (*newest_times(schedule, start, middle, 10_000), *newest_times(schedule, middle, until, 10_000))
    assert whole == halves
    assert list(whole) == sorted(set(whole))
    assert whole[-7:] == newest_times(schedule, start, until, 7)


def test_the_newest_times_of_sixty_years_are_found_as_quickly_as_those_of_an_hour():
    found = newest_times(Schedule("* * * * *"), 0.0, 1_900_000_000.0, 100)
    assert (len(found), found[-1] - found[0]) == (100, 99 * 60)


def test_a_clock_beyond_all_calendars_has_no_times():
    assert list(times(Schedule("daily 02:30"), 1e18)) == []


@given(st.integers(0, 3600), st.text(max_size=20), st.integers(0, 4_000_000_000))
def test_a_start_is_put_off_by_the_same_seconds_each_time_it_is_asked(jitter, key, when):
    schedule = Schedule("daily 02:30", jitter=jitter)
    assert 0 <= put_off(schedule, key, when) == put_off(schedule, key, when) <= jitter


def test_jobs_are_put_off_differently():
    schedule = Schedule("daily 02:30", jitter=3600)
    assert len({put_off(schedule, f"farm/{number}", 1_900_000_000) for number in range(100)}) > 90


@given(st.integers(0, 3600), st.integers(4_000, 100_000))
def test_the_next_due_is_the_first_of_all_that_are_put_off(jitter, after):
    schedule = Schedule("every 15 min", jitter=jitter)
    dues = [at + put_off(schedule, "j", at) for at in range(after // 900 * 900 - 3600, after + 9000, 900)]
    assert next_due(schedule, "j", float(after)) == min(due for due in dues if due > after)
