"""More tables and rows for those that have none: the same for the same host, others for another."""

import re

from scripts.lab.fwmore import columns_of, more_records, more_schema, samples
from scripts.lab.fwtables import names

COLUMNS = [("id", "int(11)"), ("name", "varchar(6)"), ("at", "datetime"), ("data", "varchar(20)")]


def test_no_table_is_made_twice():
    made = re.findall(r"CREATE TABLE IF NOT EXISTS `(\w+)`", more_schema() + more_records())
    assert len(made) == len(set(made))
    assert not set(made) & set(names())


def test_rows_of_two_hosts_have_the_same_keys_and_other_values():
    one, other = (list(samples(COLUMNS, side)) for side in "ab")
    assert [row["name"] for row in one] == [row["name"] for row in other]
    assert [row["data"] for row in one] != [row["data"] for row in other]


def test_a_text_fits_its_column():
    assert all(len(str(row["name"])) <= 6 for row in samples(COLUMNS, "a"))


def test_a_key_value_store_gets_keys_of_its_own_shape():
    store = [("key", "char(255)"), ("val", "varchar(4096)"), ("type", "char(16)"), ("id", "char(255)")]
    assert next(iter(samples(store, "a"))) == {"key": "key 1", "val": "value 1 of a", "type": "json-arr", "id": "noid"}


def test_columns_are_read_table_by_table():
    assert columns_of(["one\ta\tint", "one\tb\ttext", "two\ta\tint"]) == {
        "one": [("a", "int"), ("b", "text")],
        "two": [("a", "int")],
    }
