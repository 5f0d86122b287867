"""What the generator of databases makes, and what its changes touch."""

import re

import pytest

from benchmarks.tables import dataset
from benchmarks.work.sql import (
    FIRST,
    NEW_RECORDS,
    PHONES,
    RECORDS,
    ROWS,
    TABLES,
    base,
    change,
    configuration,
    module_tables,
)
from scripts.lab.fwtables import names
from scripts.lab.people import people

ENDED = 1_750_000_000


@pytest.fixture(scope="module")
def whole():
    return configuration(people(PHONES, 1, FIRST), 1)


def test_there_are_as_many_tables_as_the_row_says():
    assert len(names()) + len(module_tables()) == TABLES


def test_there_are_as_many_rows_as_the_row_says(whole):
    assert sum(len(rows) for rows in whole.values()) == ROWS


def test_another_seed_makes_other_rows(whole):
    assert configuration(people(PHONES, 2, FIRST), 2) != whole


def test_the_same_seed_makes_the_same_databases():
    assert list(base(3, 20, ENDED)) == list(base(3, 20, ENDED))


def test_the_base_holds_as_many_call_records_as_asked():
    *_, calls = base(1, 20, ENDED)
    assert calls.count("'Dial'") == 20


@pytest.mark.parametrize(("kind", "count"), [("S1", 6), ("S2", 530), ("S2L", 530)])
def test_a_change_has_as_many_rows_as_its_row_says(kind, count):
    assert change(kind, 1, ENDED).count == count


def test_the_next_sample_changes_to_other_contents():
    assert change("S1", 1000, ENDED).sql != change("S1", 1001, ENDED).sql


def test_every_statement_of_a_change_has_its_rows_kept():
    changed = change("S2", 1, ENDED)
    written = set(re.findall(r"^(?:UPDATE|INSERT INTO) `?(\w+)", changed.sql, re.MULTILINE))
    assert written == {one.table for one in changed.touched}


def test_call_records_of_two_samples_have_no_number_in_common():
    one, other = (_sequences(change("S2", number, ENDED)) for number in (1000, 1001))
    assert one[1] - one[0] + 1 == NEW_RECORDS
    assert one[1] < other[0]


def _sequences(changed):
    (where,) = (one.where for one in changed.touched if one.database == RECORDS)
    return tuple(int(number) for number in re.findall(r"\d+", where))


def test_call_records_travel_only_where_they_are_asked_for():
    assert [any(one.table == "cdr" for one in dataset(records=asked).tables) for asked in (True, False)] == [
        True,
        False,
    ]


def test_tables_that_no_preset_names_travel_too():
    assert {one.table for one in dataset(records=False).tables} >= set(module_tables())


def test_new_calls_begin_within_a_day_after_the_last_of_the_base():
    found = [int(at) for at in re.findall(r"'(\d{10})\.\d+'", change("S2", 1014, ENDED).sql)]
    assert ENDED < min(found) <= max(found) < ENDED + 86_400
