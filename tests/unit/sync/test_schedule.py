"""What starts now: on time, late, after a jump of the clock, twice looked at, waiting for others."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxsync_worker.core.model.host import Job
from pbxsync_worker.core.model.job import Missed, OnChange, Schedule, Trigger
from pbxsync_worker.core.model.occurrence import Cause, SourceChange, Stage
from pbxsync_worker.core.model.schedule import put_off
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.sync.schedule import MOST, Known, decide, quiet_until, waits_for
from tests.unit.sync.ledger import Ledger

HOUR, DAY = 3600, 86400
NOON = 1_800_014_400  # an hour that is full
HOURLY = Schedule("every hour")


def job(**values) -> Job:
    return Job("music", "Music", "music", "a", ("b",), **values)


def ledger(schedule: Schedule = HOURLY, began: float = NOON, **values) -> Ledger:
    """Return a ledger that was looked at once, when nothing was due."""
    made = Ledger(job(schedule=schedule, **values))
    made.look(began)
    return made


def ats(found: list[tuple[Cause, int]]) -> list[int]:
    return [at for _, at in found]


def test_the_first_look_starts_nothing_that_was_due_before():
    assert Ledger(job(schedule=HOURLY)).look(NOON + 5) == []


def test_a_job_starts_at_its_time_and_not_before():
    one = ledger()
    assert one.look(NOON + HOUR - 0.1) == []
    assert one.look(NOON + HOUR) == [(Cause.SCHEDULE, NOON + HOUR)]


def test_its_time_is_put_off_by_its_jitter():
    schedule = replace(HOURLY, jitter=600)
    late = put_off(schedule, "farm/music", NOON + HOUR)
    assert late > 0
    one = ledger(schedule, NOON + 1800)
    assert one.look(NOON + HOUR + late - 1) == []
    assert ats(one.look(NOON + HOUR + late)) == [NOON + HOUR]


@given(st.integers(0, 3600), st.floats(0, DAY), st.floats(0, 0.999))
def test_nothing_is_due_before_the_end_of_its_quiet_and_something_then(jitter, after, share):
    began = NOON + after
    one = ledger(Schedule("every 15 min", jitter=jitter), began)
    until = quiet_until(one.known(), began)
    assert until > began
    assert not decide(one.known(), began + share * (until - began)).tells_something(one.known())
    assert len(one.look(until)) == 1


@pytest.mark.parametrize(
    ("missed", "starts"),
    [
        (Missed.SKIP, []),
        (Missed.ONCE, [NOON + 5 * HOUR]),
        (Missed.ALL, [NOON + hour * HOUR for hour in range(1, 6)]),
    ],
)
def test_what_was_missed_is_made_up_as_chosen(missed, starts):
    one = ledger(replace(HOURLY, missed=missed))
    found = []
    for _ in range(8):
        found += ats(one.look(NOON + 5 * HOUR + 600))
        one.busy = False
    assert found == starts


@pytest.mark.parametrize("missed", [Missed.SKIP, Missed.ONCE])
def test_a_start_on_time_is_the_one_for_all_that_were_missed(missed):
    one = ledger(replace(HOURLY, missed=missed))
    assert ats(one.look(NOON + 5 * HOUR + 30)) == [NOON + 5 * HOUR]
    one.busy = False
    assert one.look(NOON + 5 * HOUR + 31) == []


def test_a_restart_of_half_a_minute_is_no_missed_run():
    assert ats(ledger(replace(HOURLY, missed=Missed.SKIP)).look(NOON + HOUR + 59)) == [NOON + HOUR]


def test_after_a_very_long_time_only_the_newest_are_made_up():
    one = ledger(replace(HOURLY, missed=Missed.ALL))
    one.look(NOON + 1000 * DAY + 600)
    assert len(one.rows) == MOST


@pytest.mark.parametrize("missed", Missed)
def test_a_clock_that_goes_back_a_day_and_comes_again_repeats_nothing(missed):
    one = ledger(replace(HOURLY, missed=missed))
    for hour in range(1, 30):
        one.look(NOON + hour * HOUR)
        one.busy = False
    for hour in range(5, 30):
        one.look(NOON + hour * HOUR)
        one.busy = False
    assert ats(one.starts) == [NOON + hour * HOUR for hour in range(1, 30)]


def test_a_clock_that_jumps_back_and_at_once_forward_again_starts_nothing():
    one = ledger()
    for hour in range(1, 30):
        one.look(NOON + hour * HOUR)
        one.busy = False
    for now in (NOON + 5 * HOUR, NOON + 29 * HOUR + 1):
        assert one.look(now) == []


def test_a_clock_that_jumps_ahead_a_day_obeys_the_policy_and_loses_nothing_when_it_comes_back():
    one = ledger(replace(HOURLY, missed=Missed.ONCE))
    ahead = NOON + DAY + 600
    assert ats(one.look(ahead)) == [NOON + DAY]
    one.busy = False
    one.look(NOON + 10)
    found = []
    for hour in range(1, 27):
        found += ats(one.look(NOON + hour * HOUR))
        one.busy = False
    assert found == [NOON + hour * HOUR for hour in range(1, 27) if hour != 24]


def test_a_clock_that_was_far_ahead_for_a_moment_does_not_stop_the_job_for_years():
    one = ledger()
    one.look(NOON + 4000 * DAY)
    one.busy = False
    one.look(NOON + 10)
    assert ats(one.look(NOON + HOUR)) == [NOON + HOUR]


def test_a_clock_that_is_set_back_a_little_starts_nothing_twice():
    one = ledger()
    assert len(one.look(NOON + HOUR + 0.01)) == 1
    one.busy = False
    for moment in (-0.4, -0.1, 0.0, 0.1, 1.0):
        assert one.look(NOON + HOUR + moment) == []


@pytest.mark.parametrize(("zone", "day"), [("Europe/Madrid", "2026-03-28"), ("America/Santiago", "2026-04-04")])
def test_the_night_of_a_new_clock_has_one_run(zone, day):
    start = datetime.fromisoformat(day).replace(hour=12, tzinfo=ZoneInfo(zone)).timestamp()
    one = ledger(Schedule("daily 02:30" if "Madrid" in zone else "daily 23:30", zone), start)
    for minute in range(24 * 60):
        one.look(start + minute * 60)
        one.busy = False
    assert len(one.starts) == 1


def test_two_schedulers_that_read_the_same_start_it_once():
    one = ledger()
    known = one.known()
    decisions = [decide(known, NOON + HOUR + late) for late in (0.0, 0.3)]
    assert [len(one.write(known, decision, NOON + HOUR)) for decision in decisions] == [1, 0]


def test_it_waits_for_a_run_that_goes_on_and_says_so():
    one = ledger()
    one.busy = True
    assert one.look(NOON + HOUR) == []
    (row,) = one.rows.values()
    assert (row.stage, as_text(row.sentence)) == (
        Stage.WAITING,
        "it waits until the run of it that is going on has ended",
    )
    one.busy = False
    assert ats(one.look(NOON + HOUR + 700)) == [NOON + HOUR]


def test_of_several_that_wait_the_newest_starts():
    one = ledger()
    one.busy = True
    for hour in (1, 2, 3):
        one.look(NOON + hour * HOUR)
    one.busy = False
    assert ats(one.look(NOON + 3 * HOUR + 10)) == [NOON + 3 * HOUR]
    assert one.skipped() == [NOON + HOUR, NOON + 2 * HOUR]


def test_who_wants_them_all_gets_them_one_after_the_other():
    one = ledger(replace(HOURLY, missed=Missed.ALL))
    one.busy = True
    for hour in (1, 2, 3):
        one.look(NOON + hour * HOUR)
    for hour in (1, 2, 3):
        one.busy = False
        assert ats(one.look(NOON + 3 * HOUR + hour)) == [NOON + hour * HOUR]


def test_nothing_is_written_again_while_it_waits():
    one = ledger()
    one.busy = True
    one.look(NOON + HOUR)
    known = one.known()
    assert not decide(known, NOON + HOUR + 1).tells_something(known)


def test_it_waits_for_the_jobs_it_comes_after():
    one = ledger(after=("recordings", "voicemail"))
    one.started_at, one.ended_well = NOON - 10, {"recordings": NOON - 20, "voicemail": NOON - 5}
    assert one.look(NOON + HOUR) == []
    assert as_text(one.rows[Cause.SCHEDULE, NOON + HOUR].sentence) == "it waits until recordings ended well"
    one.ended_well["recordings"] = NOON + HOUR + 60
    assert len(one.look(NOON + HOUR + 61)) == 1


def test_a_job_without_a_schedule_follows_the_jobs_it_comes_after_once_each_time():
    one = ledger(Schedule(), after=("recordings",))
    assert one.look(NOON + 1) == []
    one.ended_well["recordings"] = NOON + 5.5
    assert one.look(NOON + 6) == [(Cause.AFTER, NOON + 5)]
    one.busy = False
    assert one.look(NOON + 7) == []
    one.ended_well["recordings"] = NOON + 90
    assert one.look(NOON + 91) == [(Cause.AFTER, NOON + 90)]


def test_a_start_that_lies_ahead_of_the_clock_does_not_hold_a_job_up():
    known = Known("farm", job(after=("a",)), started_at=NOON + DAY, ended_well={"a": NOON})
    assert waits_for(known, NOON + 60) == ""


def test_a_job_that_follows_others_is_not_repeated_when_the_clock_goes_back():
    one = ledger(Schedule(), after=("recordings",))
    one.ended_well["recordings"] = NOON + DAY
    assert len(one.look(NOON + DAY + 1)) == 1
    one.busy = False
    assert one.look(NOON) == one.look(NOON + 1) == []


def test_a_change_is_answered_after_a_quiet_moment_and_not_later_than_chosen():
    one = ledger(Schedule(), on_change=OnChange(Trigger.CHANGES, debounce=30, longest=100))
    for second in range(0, 99, 10):
        one.change(NOON + second)
        assert one.look(NOON + second) == []
    assert one.look(NOON + 99) == []
    assert one.look(NOON + 100) == [(Cause.CHANGE, NOON)]
    one.busy = False
    one.change(NOON + 110)
    assert one.look(NOON + 139) == []
    assert one.look(NOON + 140) == [(Cause.CHANGE, NOON + 110)]


def test_a_change_noticed_before_the_clock_went_back_is_not_forgotten():
    one = ledger(Schedule(), on_change=OnChange(Trigger.CHANGES))
    one.changed = SourceChange(NOON + DAY, NOON + DAY)
    assert len(one.look(NOON + 1)) == 1


def test_a_scheduled_start_answers_the_change_as_well():
    one = ledger(on_change=OnChange(Trigger.CHANGES))
    one.change(NOON + HOUR - 10)
    assert ats(one.look(NOON + HOUR)) == [NOON + HOUR]
    one.busy = False
    assert one.look(NOON + HOUR + 50) == []


def test_a_paused_job_drops_what_waits_and_begins_anew_when_it_is_resumed():
    one = ledger()
    one.busy = True
    one.look(NOON + HOUR)
    one.busy = False
    one.job = replace(one.job, paused=True)
    assert one.look(NOON + HOUR + 1) == []
    assert one.skipped() == [NOON + HOUR]
    assert one.look(NOON + 5 * HOUR) == []
    one.job = replace(one.job, paused=False)
    assert one.look(NOON + 5 * HOUR + 5) == []
    assert ats(one.look(NOON + 6 * HOUR)) == [NOON + 6 * HOUR]
