"""When somebody is told, and what is gathered into one letter."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxsync_worker.core.model.alert import AlertKind
from pbxsync_worker.core.model.letter import (
    FULLEST,
    MAIL,
    Waiting,
    due_at,
    gather,
    last_minute,
    next_minute,
    server_of,
    wait_after,
)
from pbxsync_worker.core.model.subscription import Channel, Pace
from tests.unit.alerts.values import a_subscription

MADRID = ZoneInfo("Europe/Madrid")
QUIET = {"zone": "Europe/Madrid", "quiet_from": 22 * 60, "quiet_to": 6 * 60}


def madrid(*when: int) -> float:
    return datetime(*when, tzinfo=MADRID).timestamp()  # type: ignore[arg-type, misc]  # year, month, day, hour, minute


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (madrid(2026, 11, 22, 12, 0), madrid(2026, 11, 22, 12, 0)),
        (madrid(2026, 11, 22, 23, 0), madrid(2026, 11, 23, 6, 0)),
        (madrid(2026, 11, 23, 5, 59), madrid(2026, 11, 23, 6, 0)),
        (madrid(2026, 11, 23, 6, 0), madrid(2026, 11, 23, 6, 0)),
        (madrid(2026, 3, 28, 23, 0), madrid(2026, 3, 29, 6, 0)),  # a night of 7 hours
        (madrid(2026, 10, 24, 23, 0), madrid(2026, 10, 25, 6, 0)),  # a night of 9 hours
    ],
)
def test_quiet_hours_end_by_the_recipients_clock(at, due):
    assert due_at(a_subscription(**QUIET), AlertKind.HOST_BACK, at) == due


def test_quiet_hours_within_a_day():
    lunch = a_subscription(zone="Europe/Madrid", quiet_from=13 * 60, quiet_to=15 * 60)
    assert due_at(lunch, AlertKind.FAILED, madrid(2026, 11, 22, 14, 0)) == madrid(2026, 11, 22, 15, 0)
    assert due_at(lunch, AlertKind.FAILED, madrid(2026, 11, 22, 15, 0)) == madrid(2026, 11, 22, 15, 0)


@pytest.mark.parametrize("kind", [AlertKind.FAILED, AlertKind.TEST])
def test_some_kinds_break_through(kind):
    at = madrid(2026, 11, 22, 23, 0)
    wish = a_subscription(**QUIET, pace=Pace.DAILY, through=frozenset({AlertKind.FAILED}))
    assert due_at(wish, kind, at) == at


def test_whoever_wants_one_letter_a_day_gets_it_at_that_hour_with_the_digest():
    wish = a_subscription(zone="Europe/Madrid", pace=Pace.DAILY, day_at=7 * 60)
    at, hour = madrid(2026, 11, 22, 8, 0), madrid(2026, 11, 23, 7, 0)
    assert due_at(wish, AlertKind.FAILED, at) == hour
    digest = Waiting(2, 0, hour, due_at(wish, AlertKind.DIGEST, hour))
    [letter] = gather([Waiting(1, 0, at, hour), digest], hour + 1, 20)
    assert [one.number for one in letter] == [1, 2]


@given(st.floats(1.6e9, 2.1e9), st.integers(0, 1439), st.sampled_from(["UTC", "Europe/Madrid", "America/St_Johns"]))
def test_the_last_and_the_next_time_of_day_lie_around_a_moment_a_day_apart(at, minute, name):
    zone = ZoneInfo(name)
    before, after = last_minute(at, minute, zone), next_minute(at, minute, zone)
    assert before <= at < after
    assert 22 * 3600 <= after - before <= 26 * 3600


def waiting(number: int, incident: int = 0, at: float = 0.0, due: float | None = None) -> Waiting:
    return Waiting(number, incident, at, at if due is None else due)


def numbers(letters) -> list[list[int]]:
    return [[one.number for one in letter] for letter in letters]


def test_each_incident_gets_its_own_letter_and_takes_along_what_waits_of_it():
    rows = [waiting(1, 7), waiting(2, 8), waiting(3, 7), waiting(4, 8, 0, due=99.0)]
    assert numbers(gather(rows, 1.0, 20)) == [[1, 3], [2, 4]]


def test_what_waited_for_an_hour_is_one_letter():
    rows = [waiting(1, 7, 0, due=10.0), waiting(2, 8, 5, due=10.0), waiting(3, 9, 9.5)]
    assert numbers(gather(rows, 10.0, 20)) == [[1, 2], [3]]


def test_what_is_not_due_waits():
    assert gather([waiting(1, 7, 0, due=10.0)], 9.9, 20) == ()


def test_nothing_is_made_where_there_is_no_room():
    assert gather([waiting(1)], 1.0, 0) == ()


def test_more_than_there_is_room_for_is_gathered_and_what_does_not_fit_waits():
    rows = [waiting(number, number) for number in range(1, 10)]
    assert numbers(gather(rows, 1.0, 3)) == [[1], [2], [3, 4, 5, 6, 7, 8, 9]]
    many = [waiting(number, number) for number in range(2 * FULLEST + 1)]
    assert [len(letter) for letter in gather(many, 1.0, 2)] == [FULLEST, FULLEST]


ROWS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 5), st.integers(0, 10)).map(
        lambda row: (row[0], row[1], row[1] + row[2])
    ),
    max_size=40,
)


@given(ROWS, st.integers(0, 20), st.integers(0, 8))
def test_whatever_waits_is_told_at_most_once_and_nothing_due_is_forgotten(rows, now, room):
    known = [Waiting(number, *row) for number, row in enumerate(rows, 1)]
    letters = gather(known, now, room)
    told = [one.number for letter in letters for one in letter]
    assert len(told) == len(set(told))
    assert len(letters) <= room
    assert all(letter == tuple(sorted(letter, key=lambda one: one.number)) and letter for letter in letters)
    due = {one.number for one in known if one.due_at <= now}
    assert room == 0 or due <= set(told)


def test_pauses_double_from_half_a_minute_to_a_quarter_of_an_hour():
    assert [wait_after(tries, 1.0) for tries in range(1, 9)] == [30, 60, 120, 240, 480, 900, 900, 900]


@given(st.integers(-1, 10**9), st.floats(0, 1))
def test_a_pause_is_spread_and_never_longer_than_a_quarter_of_an_hour(tries, luck):
    assert 15.0 <= wait_after(tries, luck) <= 900.0


def test_webhooks_of_one_origin_share_a_server_and_mails_have_one():
    assert server_of(Channel.EMAIL, "ana@example.com") == MAIL
    assert server_of(Channel.WEBHOOK, "https://x.example:8443/a?b") == "https://x.example:8443"
