"""`pbxsync audit`: who did what, and whether the log is whole."""

import pytest
from sqlalchemy import update

from pbxsync_worker.core.store.tables import audit as table


@pytest.fixture
def noted(installed):
    log = installed.here().store.audit
    for who in ("ana", "ben", "ana"):
        log.add(who, "cancel", "run 1")
    return installed


def _numbers(said):
    return [one["number"] for one in said.value]


def test_lines_come_newest_first(noted):
    newest = _numbers(noted.json("audit"))
    assert newest == sorted(newest, reverse=True)
    assert len(newest) >= 3


def test_lines_are_chosen_by_who_number_and_how_many(noted):
    newest, oldest = _numbers(noted.json("audit", "--who", "ana"))
    assert _numbers(noted.json("audit", "--who", "ana", "--before", str(newest))) == [oldest]
    assert _numbers(noted.json("audit", "--limit", "1")) == [newest]


def test_people_read_a_table(noted):
    said = noted("audit", "--who", "ben")
    assert (said.status, len(said.out.splitlines())) == (0, 2)


def test_an_untouched_log_is_whole(noted):
    said = noted.json("audit", "--check")
    assert (said.status, said.value) == (0, {"whole": True, "broken_at": 0})


def test_a_changed_line_is_found_and_ends_with_1(noted):
    with noted.here().store.database.write() as connection:
        connection.execute(update(table).where(table.c.who == "ben").values(about="run 2"))
    (changed,) = _numbers(noted.json("audit", "--who", "ben"))
    said = noted.json("audit", "--check")
    assert (said.status, said.value) == (1, {"whole": False, "broken_at": changed})


@pytest.mark.parametrize("words", [("--limit", "0"), ("--limit", "x"), ("--before", "0")])
def test_it_refuses_what_is_no_number_of_lines(installed, words):
    said = installed.json("audit", *words)
    assert (said.status, said.value["error"]) == (2, "usage")
