"""A stamp proves that nothing was written only where it could not have stayed the same."""

from dataclasses import replace

from pbxsync_worker.datasets.mysql.stamps import NOTHING_TOLD, SETTLED, TRUSTED, Stamp, Stamps

THEN = 1_800_000_000
WRITTEN = Stamp(THEN - 86_400, b"2026-01-01 00:00:00", THEN - SETTLED, 0)
NEVER_SINCE_START = Stamp(THEN - 86_400, b"2026-01-01 00:00:00", None, 7)


def told(stamp, at=THEN, opened=(7, THEN - 86_400)):
    return Stamps(at, opened, {"users": stamp})


def same(before, now):
    return now.same(before, before.at, ["users"])


def test_a_table_that_was_not_written_for_a_minute_is_known_by_its_time():
    assert same(told(WRITTEN), told(WRITTEN, THEN + 5))


def test_a_time_that_was_new_when_it_was_told_proves_nothing():
    recent = replace(WRITTEN, written=THEN - SETTLED + 1)
    assert not same(told(recent), told(recent, THEN + 500))


def test_another_time_is_a_write():
    assert not same(told(WRITTEN), told(replace(WRITTEN, written=THEN + 1), THEN + 5))


def test_a_time_that_was_forgotten_proves_nothing():
    assert not same(told(WRITTEN), told(NEVER_SINCE_START, THEN + 5))


def test_a_table_that_was_never_written_since_the_start_is_known():
    assert same(told(NEVER_SINCE_START), told(NEVER_SINCE_START, THEN + 5))


def test_without_a_time_it_is_not_known_once_any_table_was_opened():
    assert not same(told(NEVER_SINCE_START), told(replace(NEVER_SINCE_START, opened=8), THEN + 5))


def test_it_is_not_known_after_a_restart():
    assert not same(told(WRITTEN), told(replace(WRITTEN, started=THEN), THEN + 5))


def test_a_table_that_was_made_anew_is_not_known():
    assert not same(told(WRITTEN), told(replace(WRITTEN, created=b"2026-01-02 00:00:00"), THEN + 5))


def test_a_stamp_is_not_believed_for_more_than_an_hour():
    assert same(told(WRITTEN), told(WRITTEN, THEN + TRUSTED - 1))
    assert not same(told(WRITTEN), told(WRITTEN, THEN + TRUSTED))


def test_a_clock_that_was_set_back_proves_nothing():
    assert not same(told(WRITTEN), told(WRITTEN, THEN - 1))


def test_a_table_of_which_nothing_is_told_is_not_known():
    assert not Stamps(THEN, (7, 1)).same(Stamps(THEN, (7, 1)), THEN, ["users"])


def test_every_table_of_several_must_be_known():
    assert not told(WRITTEN, THEN + 5).same(told(WRITTEN), THEN, ["users", "kvblobstore"])


def test_definitions_are_the_same_while_no_table_was_opened():
    assert told(WRITTEN).same_schema(told(NEVER_SINCE_START))
    assert not told(WRITTEN, opened=(8, THEN - 86_400)).same_schema(told(WRITTEN))
    assert not told(WRITTEN, opened=(7, THEN)).same_schema(told(WRITTEN))


def test_definitions_are_not_the_same_where_a_table_came():
    assert not replace(told(WRITTEN), tables={"users": WRITTEN, "more": WRITTEN}).same_schema(told(WRITTEN))


def test_a_server_that_tells_nothing_that_counts_proves_nothing():
    assert not NOTHING_TOLD.same_schema(NOTHING_TOLD)
    assert not NOTHING_TOLD.same(NOTHING_TOLD, 0, ["users"])
