"""The generated rows and keys of a FreePBX: the same for the same people, and each fits its table."""

import re

import pytest

from scripts.lab.content import Age
from scripts.lab.fwfiles import generated
from scripts.lab.fwrows import inserts, keys, rows
from scripts.lab.fwtables import RECORDS, TABLES, names, records, schema
from scripts.lab.people import people

STAFF = people(40, 1)


def columns(table: str) -> set[str]:
    return set(re.findall(r"(?:^| )(\w+):", TABLES.get(table, "key: val: type: id:")))


@pytest.mark.parametrize("age", Age)
def test_every_row_fits_its_table(age):
    for table, found in rows(STAFF, age).items():
        assert table in names()
        for row in found:
            assert set(row) <= columns(table), table


def test_the_same_people_give_the_same_rows_and_keys():
    assert rows(STAFF, Age.CURRENT) == rows(people(40, 1), Age.CURRENT)
    assert keys(STAFF, Age.CURRENT) != keys(people(40, 2), Age.CURRENT)


def test_every_table_is_made():
    made = re.findall(r"CREATE TABLE `(\w+)`", schema() + records())
    assert sorted(made) == sorted((*names(), *RECORDS))


def test_text_is_quoted():
    assert inserts({"admin": [{"variable": "it's", "value": "a\\b"}]}) == (
        "INSERT INTO `admin` (`variable`, `value`) VALUES ('it\\'s', 'a\\\\b');\n"
    )


def test_the_stand_in_makes_one_endpoint_for_each_person():
    files = generated(rows(STAFF, Age.CURRENT))
    assert files["pjsip.endpoint.conf"].count("type=endpoint") == len(STAFF)
    assert "exten => 600,1,NoOp(Sales)" in files["extensions_additional.conf"]


def test_a_person_has_a_key_below_another_key_as_in_freepbx():
    assert {"AMPUSER/2001/recording", "AMPUSER/2001/recording/ondemand"} <= set(keys(STAFF, Age.OLD))
