"""The chained log shows what was changed behind its back."""

import pytest
from sqlalchemy import delete, insert, update

from pbxsync_worker.core.store.tables import audit as table


@pytest.fixture
def log(store, clock):
    for number in range(5):
        store.audit.add("ana", f"act {number}", "about")
        clock.move(0.0004)
    return store.audit


def test_an_untouched_log_is_whole(log):
    assert log.broken_at() == 0


def test_an_empty_log_is_whole(store):
    assert store.audit.broken_at() == 0


def test_entries_come_newest_first_in_pages(log):
    assert [one.number for one in log.entries(limit=2)] == [5, 4]
    assert [one.number for one in log.entries(limit=2, before=4)] == [3, 2]


@pytest.mark.parametrize("value", [{"who": "eve"}, {"what": "x"}, {"about": ""}, {"at": 1.0}, {"hash": "0" * 64}])
def test_a_changed_line_is_found(log, store, value):
    with store.database.write() as connection:
        connection.execute(update(table).where(table.c.number == 3).values(**value))
    assert log.broken_at() == 3


@pytest.mark.parametrize("number", [1, 3, 4])
def test_a_missing_line_is_found(log, store, number):
    with store.database.write() as connection:
        connection.execute(delete(table).where(table.c.number == number))
    assert log.broken_at() == number


def test_a_line_that_was_slipped_in_is_found(log, store):
    with store.database.write() as connection:
        values = {"number": 6, "at": 1.0, "who": "eve", "what": "nothing", "about": "", "hash": "0" * 64}
        connection.execute(insert(table).values(**values))
    assert log.broken_at() == 6


def test_text_cannot_move_from_one_field_to_the_next(log, store):
    with store.database.write() as connection:
        connection.execute(update(table).where(table.c.number == 2).values(who="anaact", what=" 1"))
    assert log.broken_at() == 2


def test_lines_written_together_are_chained_one_by_one(log):
    before = log.entries(1)[0].number
    log.add_all([("ana", "one", ""), ("ana", "two", "")])
    assert [entry.number - before for entry in log.entries(2)] == [2, 1]
    assert log.broken_at() == 0


def test_long_values_are_cut_before_they_are_chained(log):
    log.add("x" * 500, "y" * 500, "z" * 5000)
    newest = log.entries(1)[0]
    assert (len(newest.who), len(newest.what), len(newest.about)) == (128, 64, 5000)
    assert log.broken_at() == 0
