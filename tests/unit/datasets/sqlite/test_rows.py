"""Rows of SQLite databases: every kind of value and key exact, by tables of every shape."""

import sqlite3

import pytest

from pbxsync_worker.core.model.errors import PeerLied, TargetChanged, Unsupported
from pbxsync_worker.core.model.step import Undone
from pbxsync_worker.datasets.sqlite.values import decode_key, decode_row, encode_key, encode_row
from tests.contract.test_host_data import DictContents
from tests.unit.datasets.sqlite.hosts import BASE, two

VALUES = [
    None, 0, 1, -1, 2**63 - 1, -(2**63), 2**53 + 1, 0.0, 1.5, -1e308, 5e-324, float("inf"), float("-inf"), "", "5",
    "0x10", "é😀", "a\0b", b"", b"\0\xff", b"5", "x" * 5000, b"y" * 70_000,
]  # fmt: skip
TABLES = [
    "CREATE TABLE t (k INTEGER PRIMARY KEY, v)",
    "CREATE TABLE t (k INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT)",
    "CREATE TABLE t (k TEXT PRIMARY KEY, v REAL)",
    "CREATE TABLE t (k PRIMARY KEY, v NUMERIC)",
    "CREATE TABLE t (k BLOB PRIMARY KEY, v BLOB) WITHOUT ROWID",
    "CREATE TABLE t (k, v)",
    "CREATE TABLE t (k TEXT, v INTEGER, PRIMARY KEY (v, k)) WITHOUT ROWID",
    "CREATE TABLE t (rowid TEXT, k, v)",
    "CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY, v ANY) STRICT",
    "CREATE TABLE t (k INTEGER, v, w GENERATED ALWAYS AS (k || 'w') STORED, u AS (v), PRIMARY KEY (k DESC))",
]


def fill(host, values, start=1):
    for at, value in enumerate(values, start):
        columns = "(k, v)"
        try:
            host.sql(f"INSERT INTO t {columns} VALUES (?, ?)", at, value)
        except sqlite3.Error:  # a table may refuse a value
            host.sql(f"INSERT INTO t {columns} VALUES (?, 1)", at)


@pytest.mark.parametrize("schema", TABLES)
@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_every_value_arrives_exactly_in_tables_of_every_shape(tmp_path, schema, encoding):
    source, target = two(tmp_path, f"PRAGMA encoding = '{encoding}'; {schema}")
    fill(source, VALUES)
    fill(target, ["other", 7, None], start=20)
    target.take_from(source)
    assert target.dump() == source.dump()


@pytest.mark.parametrize("schema", TABLES)
def test_an_undo_gives_back_every_value(tmp_path, schema):
    source, target = two(tmp_path, schema)
    fill(source, reversed(VALUES))
    fill(target, VALUES)
    before = target.dump()
    step = target.take_from(source)
    assert target.dump() != before
    assert target.data.undo(step) is Undone.RESTORED
    assert target.dump() == before


@pytest.mark.parametrize("bad", [b"\xff\xfe", b"caf\xe9", b"\xed\xa0\x80"])
def test_text_that_is_no_utf_8_arrives_as_it_is(tmp_path, bad):
    source, target = two(tmp_path, "CREATE TABLE t (k TEXT PRIMARY KEY, v TEXT)")
    source.sql("INSERT INTO t VALUES (CAST(? AS TEXT), CAST(? AS TEXT))", bad, bad)
    target.take_from(source)
    assert target.dump() == source.dump()
    assert target.sql("SELECT typeof(k), CAST(v AS BLOB) FROM t") == [("text", bad)]


def test_values_of_equal_look_and_other_kind_are_other_rows(tmp_path):
    source, target = two(tmp_path, "CREATE TABLE t (k PRIMARY KEY, v)")
    for key in (1, "1", b"1", 1.5, "1.5"):
        source.sql("INSERT INTO t VALUES (?, typeof(?))", key, key)
    assert len(source.items()) == 6
    target.take_from(source)
    assert target.dump() == source.dump()


def test_rows_whose_key_is_null_are_told_apart_by_their_content(tmp_path):
    source, target = two(tmp_path, "CREATE TABLE t (k TEXT PRIMARY KEY, v)")
    for value in (1, 2, 2, 3):
        source.sql("INSERT INTO t VALUES (NULL, ?)", value)
    target.sql("INSERT INTO t VALUES (NULL, 2)")
    assert sorted(name.removeprefix(BASE) for name in source.items())[1:] == [b"t/~", b"t/~;2", b"t/~;3", b"t/~;4"]
    target.take_from(source)
    assert target.dump() == source.dump()


def test_unique_values_move_between_rows(tmp_path):
    source, target = two(tmp_path, "CREATE TABLE t (k INTEGER PRIMARY KEY, v UNIQUE)")
    for key, theirs, ours in ((1, "a", "b"), (2, "b", "c"), (3, "c", "a")):
        source.sql("INSERT INTO t VALUES (?, ?)", key, theirs)
        target.sql("INSERT INTO t VALUES (?, ?)", key, ours)
    target.take_from(source)
    assert target.dump() == source.dump()


def test_a_key_that_differs_in_letters_only_changes(tmp_path):
    source, target = two(tmp_path, "CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY, v) WITHOUT ROWID")
    source.sql("INSERT INTO t VALUES ('Ann', 1)")
    target.sql("INSERT INTO t VALUES ('ANN', 1)")
    target.take_from(source)
    assert target.sql("SELECT k FROM t") == [("Ann",)]


def test_a_changed_row_keeps_its_hidden_number(tmp_path):
    source, target = two(tmp_path, "CREATE TABLE t (k TEXT PRIMARY KEY, v)")
    source.sql("INSERT INTO t VALUES ('x', 2)")
    target.sql("INSERT INTO t (rowid, k, v) VALUES (77, 'x', 1)")
    target.take_from(source)
    assert target.sql("SELECT rowid, k, v FROM t") == [(77, "x", 2)]


def test_a_new_row_does_not_take_the_number_of_a_changed_one(tmp_path):
    source, target = two(tmp_path, "CREATE TABLE t (k TEXT PRIMARY KEY, v)")
    for key, value in (("a", 1), ("z", 2)):
        source.sql("INSERT INTO t VALUES (?, ?)", key, value)
    target.sql("INSERT INTO t (rowid, k, v) VALUES (9, 'z', 1)")
    target.take_from(source)
    assert target.dump() == source.dump()


def test_a_conflict_clause_of_the_table_never_replaces_a_row(tmp_path):
    schema = "CREATE TABLE t (k INTEGER PRIMARY KEY, v UNIQUE ON CONFLICT REPLACE)"
    source, target = two(tmp_path, schema)
    source.sql("INSERT INTO t VALUES (1, 'new')")
    step = target.prepare_from(source)
    target.sql("INSERT INTO t VALUES (2, 'new')")
    with pytest.raises(TargetChanged):
        target.data.act(step)
    assert target.sql("SELECT * FROM t") == [(2, "new")]


def test_rows_that_lack_their_parent_are_refused_before_the_first_write(tmp_path):
    schema = "CREATE TABLE p (k INTEGER PRIMARY KEY); CREATE TABLE c (k INTEGER PRIMARY KEY, p REFERENCES p (k))"
    source, target = two(tmp_path, schema)
    source.sql("INSERT INTO c VALUES (1, 5)")
    with pytest.raises(Unsupported, match="foreign key"):
        target.prepare_from(source)
    assert target.staged() == []


def test_no_cascade_touches_rows_that_are_not_in_the_plan(tmp_path):
    schema = (
        "CREATE TABLE p (k INTEGER PRIMARY KEY, v);"
        "CREATE TABLE c (k INTEGER PRIMARY KEY, p REFERENCES p (k) ON DELETE CASCADE)"
    )
    source, target = two(tmp_path, schema)
    for host, value in ((source, "new"), (target, "old")):
        host.sql("INSERT INTO p VALUES (1, ?)", value)
        host.sql("INSERT INTO c VALUES (1, 1)")
    target.take_from(source)
    assert target.dump() == source.dump()
    assert target.sql("SELECT * FROM c") == [(1, 1)]


def test_numbers_that_were_given_out_are_not_given_again(tmp_path):
    source, target = two(tmp_path, "CREATE TABLE t (k INTEGER PRIMARY KEY AUTOINCREMENT, v)")
    source.sql("INSERT INTO t VALUES (500, 'x')")
    target.take_from(source)
    target.sql("INSERT INTO t (v) VALUES ('own')")
    assert target.sql("SELECT max(k) FROM t") == [(501,)]


def test_an_undo_restores_the_rest_where_one_row_was_changed_since(tmp_path):
    source, target = two(tmp_path, "CREATE TABLE t (k INTEGER PRIMARY KEY, v)")
    for key in (1, 2, 3):
        source.sql("INSERT INTO t VALUES (?, 'new')", key)
        target.sql("INSERT INTO t VALUES (?, 'old')", key)
    step = target.take_from(source)
    target.sql("UPDATE t SET v = 'mine' WHERE k = 2")
    assert target.data.undo(step) is Undone.KEPT
    assert target.sql("SELECT * FROM t") == [(1, "old"), (2, "mine"), (3, "old")]


def test_an_undo_leaves_everything_where_the_table_was_altered_since(tmp_path):
    source, target = two(tmp_path, "CREATE TABLE t (k INTEGER PRIMARY KEY, v)")
    source.sql("INSERT INTO t VALUES (1, 'new')")
    step = target.take_from(source)
    target.sql("ALTER TABLE t ADD COLUMN more")
    assert target.data.undo(step) is Undone.KEPT
    assert target.sql("SELECT k, v FROM t") == [(1, "new")]


def test_a_second_run_has_nothing_to_do(tmp_path):
    source, target = two(tmp_path, "CREATE TABLE t (k INTEGER PRIMARY KEY, v)")
    source.sql("INSERT INTO t VALUES (1, 'new')")
    step = target.take_from(source)
    target.data.settle("r", [step], DictContents())
    assert target.changes_from(source) == ()


def test_a_run_whose_marker_is_there_is_not_done_again(tmp_path):
    source, target = two(tmp_path, "CREATE TABLE t (k INTEGER PRIMARY KEY, v)")
    source.sql("INSERT INTO t VALUES (1, 'new')")
    step = target.take_from(source)
    target.sql("DELETE FROM t")
    target.data.act(step)
    assert target.sql("SELECT * FROM t") == []


@pytest.mark.parametrize(
    "key", [(("i", 5),), (("t", b"a,b/%~"), ("n", None)), (("r", 1.5), ("b", b"\0")), (("t", b""),)]
)
def test_a_key_comes_back_from_its_name(key):
    encoded = encode_key(key)
    assert b"/" not in encoded
    assert decode_key(encoded, len(key)) == key


@pytest.mark.parametrize("bad", [b"", b"05", b"+5", b"5.0", b"9223372036854775808", b"xGG", b"r00", b"'a%2", b"x4"])
def test_a_key_that_no_honest_host_sends_is_refused(bad):
    with pytest.raises(PeerLied):
        decode_key(bad, 1)


@pytest.mark.parametrize(
    "fields",
    [
        (("a", "i", 2**63),), (("a", "i", True),), (("a", "t", 5),), (("a", "q", None),), (("a", "n", b""),),
        (("b", "n", None), ("a", "n", None)), (("a", "r", float("nan")),), (("a", "n", None), ("a", "n", None)),
    ],
)  # fmt: skip
def test_a_row_that_no_honest_host_sends_is_refused(fields):
    with pytest.raises(PeerLied):
        decode_row(encode_row(fields))
