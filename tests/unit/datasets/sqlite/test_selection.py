"""Which databases and tables travel, by rows or as a whole, and what is refused with its reason."""

import pytest

from pbxsync_worker.core.model.dataset import DeletePolicy, Place, SqliteSet
from pbxsync_worker.core.model.errors import DatabaseBusy, Invalid, NotAllowed, PeerLied, Unsupported
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from tests.unit.datasets.sqlite.hosts import BASE, ROWS, WHOLE, Host, dataset, two

PLAIN = "CREATE TABLE t (k INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'x')"
WHOLE_ONLY = {
    "a trigger": PLAIN + "; CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t WHERE k = 0; END",
    "a full text index": PLAIN + "; CREATE VIRTUAL TABLE f USING fts5(a)",
    "an R-tree": PLAIN + "; CREATE VIRTUAL TABLE r USING rtree(id, a, b)",
    "hidden row numbers": "CREATE TABLE t (rowid, oid, _rowid_)",
    "a very long name": f"CREATE TABLE {'t' * 300} (k INTEGER PRIMARY KEY)",
}


def tables(host):
    return {name.removeprefix(BASE).partition(b"/")[0] for name in host.items()}


def test_rows_are_named_by_their_key(tmp_path):
    host = Host(tmp_path, "CREATE TABLE 'a/b %' (k TEXT, n, PRIMARY KEY (k, n)); INSERT INTO 'a/b %' VALUES ('x y', 3)")
    assert set(host.items()) == {BASE + b"!schema", BASE + b"a%2Fb%20%25/'x%20y,3"}


def test_only_selected_tables_travel(tmp_path):
    schema = (
        "CREATE TABLE t1 (k INTEGER PRIMARY KEY); CREATE TABLE t2 (k); CREATE TABLE u (k); CREATE VIEW v AS SELECT 1"
    )
    schema += "; INSERT INTO t1 VALUES (1); INSERT INTO t2 VALUES (1); INSERT INTO u VALUES (1)"
    spec = SqliteSet(Place.VARLIB, "app/data.db", include=("t*",), exclude=("t2",))
    assert tables(Host(tmp_path, schema, spec=spec)) == {b"!schema", b"t1"}


@pytest.mark.parametrize("why", WHOLE_ONLY)
def test_a_database_travels_as_a_whole_where_rows_cannot(tmp_path, why):
    source, target = two(tmp_path, WHOLE_ONLY[why])
    assert tables(source) == {b"!schema", b"!pages"}
    if PLAIN in WHOLE_ONLY[why]:
        source.sql("UPDATE t SET v = 'new'")
        target.take_from(source)
        assert target.sql("SELECT v FROM t") == [("new",)]


@pytest.mark.parametrize("why", WHOLE_ONLY)
def test_a_part_of_a_database_that_travels_as_a_whole_is_refused(tmp_path, why):
    spec = SqliteSet(Place.VARLIB, "app/data.db", include=("?*",))
    with pytest.raises(Unsupported, match="has to travel"):
        Host(tmp_path, WHOLE_ONLY[why], spec=spec).items()


def test_a_trigger_of_a_table_that_is_not_selected_does_not_matter(tmp_path):
    schema = PLAIN + "; CREATE TABLE u (k); CREATE TRIGGER g AFTER INSERT ON u BEGIN DELETE FROM t; END"
    spec = SqliteSet(Place.VARLIB, "app/data.db", exclude=("u",))
    assert tables(Host(tmp_path, schema, spec=spec)) == {b"!schema", b"t"}


def test_it_may_be_chosen_that_all_travels_as_one(tmp_path):
    assert tables(Host(tmp_path, PLAIN, spec=WHOLE)) == {b"!schema", b"!pages"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("ALTER TABLE t ADD COLUMN w", "table t has other columns"),
        ("CREATE TABLE u (k)", "only the source has table u"),
        ("DROP TABLE t", "only this host has table t"),
        ("PRAGMA user_version = 7", "user_version is 7 on the source and 0 here"),
        ("PRAGMA application_id = 9", "application_id is 9 on the source and 0 here"),
    ],
)
@pytest.mark.parametrize("spec", [ROWS, WHOLE])
def test_databases_that_are_built_otherwise_are_refused_with_the_reason(tmp_path, change, reason, spec):
    source, target = two(tmp_path, PLAIN, spec=spec)
    source.sql(change)
    before = target.dump()
    with pytest.raises(Unsupported, match=reason):
        target.prepare_from(source)
    assert (target.dump(), target.staged()) == (before, [])


@pytest.mark.parametrize("codec", ["UTF-16le", "UTF-16be"])
def test_rows_travel_between_databases_of_other_encodings_and_pages_do_not(tmp_path, codec):
    schema = f"PRAGMA encoding = '{codec}';{PLAIN}"
    source, target = Host(tmp_path / "a", schema), Host(tmp_path / "b", PLAIN)
    source.sql("UPDATE t SET v = ?", "é😀")
    target.take_from(source)
    assert target.sql("SELECT v FROM t") == [("é😀",)]
    source.spec = target.spec = WHOLE
    with pytest.raises(Unsupported, match="encoding is UTF-16"):
        target.prepare_from(source)


def test_text_that_is_no_utf_16_is_refused(tmp_path):
    host = Host(tmp_path, f"PRAGMA encoding = 'UTF-16le'; {PLAIN}; CREATE TABLE raw (v BLOB)")
    host.sql("INSERT INTO raw VALUES (?)", b"\x00\xd8")
    host.sql("UPDATE t SET v = (SELECT CAST(v AS TEXT) FROM raw)")
    with pytest.raises(Unsupported, match="no valid utf-16"):
        host.items()


def test_an_index_more_is_refused_only_where_all_travels_as_one(tmp_path):
    source, target = two(tmp_path / "whole", PLAIN, spec=WHOLE)
    source.sql("CREATE INDEX i ON t (v)")
    with pytest.raises(Unsupported, match="otherwise defined: i"):
        target.prepare_from(source)
    source, target = two(tmp_path / "rows", PLAIN)
    source.sql("CREATE INDEX i ON t (v)")
    assert target.changes_from(source) == ()


def test_a_source_without_the_database_never_empties_this_one(tmp_path):
    source, target = two(tmp_path, PLAIN)
    source.path.unlink()
    assert source.items() == {}
    with pytest.raises(Unsupported, match="the source has none"):
        target.prepare_from(source)


def test_a_database_that_this_host_lacks_is_not_made(tmp_path):
    source, target = two(tmp_path, PLAIN)
    target.path.unlink()
    target.items()
    reasons = {target.data.why_not(dataset(ROWS), item) for item in source.items().values()}
    assert reasons == {"this host has no such database: its program has to make it first"}


@pytest.mark.parametrize("pattern", ["ASTVARLIBDIR/app/**", "SQLITE/ASTVARLIBDIR/app%2Fdata.db/**"])
def test_a_protected_database_is_neither_read_nor_touched(tmp_path, pattern):
    source, target = Host(tmp_path / "a", PLAIN), Host(tmp_path / "b", PLAIN, protected=(pattern,))
    assert target.items() == {}
    item = next(iter(source.items().values()))
    assert target.data.why_not(dataset(ROWS), item) == "protected on this host"
    with pytest.raises(NotAllowed):
        b"".join(target.data.open(item))


def test_a_protected_table_stays_as_it_is(tmp_path):
    source = Host(tmp_path / "a", PLAIN)
    target = Host(tmp_path / "b", PLAIN, protected=("SQLITE/*/*/t/**",))
    target.sql("UPDATE t SET v = 'mine'")
    assert tables(target) == {b"!schema"}
    refused = [item for item in source.items().values() if target.data.why_not(dataset(ROWS), item)]
    assert [item.name for item in refused] == [BASE + b"t/1"]


def test_the_astdb_is_left_to_its_own_part(tmp_path):
    host = Host(tmp_path, PLAIN, spec=SqliteSet(Place.VARLIB, "astdb.sqlite3"))
    host.path.rename(tmp_path / "lib" / "astdb.sqlite3")
    with pytest.raises(Unsupported, match="a part of its own"):
        host.items()


@pytest.mark.parametrize("link", ["file", "folder"])
def test_no_symbolic_link_below_the_place_is_followed(tmp_path, link):
    host = Host(tmp_path, PLAIN)
    at = host.path if link == "file" else host.path.parent
    moved = at.rename(tmp_path / "elsewhere")
    at.symlink_to(moved)
    assert host.items() == {}


@pytest.mark.parametrize("path", ["../x", "a//b", "", ".pbxsync-stage/x"])
def test_a_path_that_leaves_its_place_is_refused(tmp_path, path):
    with pytest.raises(Invalid):
        Host(tmp_path, PLAIN, spec=SqliteSet(Place.VARLIB, path)).items()


def test_a_database_that_is_selected_twice_is_refused(tmp_path):
    host = Host(tmp_path, PLAIN)
    with pytest.raises(Invalid, match="twice"):
        host.data.inventory(dataset(ROWS, WHOLE))


def test_a_damaged_database_is_refused(tmp_path):
    host = Host(tmp_path, PLAIN + "; CREATE INDEX i ON t (v)")
    data = bytearray(host.path.read_bytes())
    data[4096 * 2 + 8 :] = b"\xff" * (len(data) - 4096 * 2 - 8)
    host.path.write_bytes(data)
    with pytest.raises(Unsupported, match=r"damaged|malformed"):
        host.items()


def test_a_file_that_is_no_database_is_refused(tmp_path):
    host = Host(tmp_path, PLAIN)
    host.path.write_bytes(b"no database at all" * 100)
    with pytest.raises(Unsupported, match="not a database"):
        host.items()


def test_a_database_that_others_never_let_go_is_tried_again_later(tmp_path):
    source, target = two(tmp_path, PLAIN)
    source.sql("UPDATE t SET v = 'new'")
    step = target.prepare_from(source)
    with target.open() as link:
        link.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseBusy):
            target.items()
        with pytest.raises(DatabaseBusy):
            target.data.act(step)
    assert target.sql("SELECT v FROM t") == [("x",)]


@pytest.mark.parametrize(
    "name",
    [
        b"SQLITE/ASTVARLIBDIR/app%2Fdata.db", BASE + b"!other", BASE + b"t", BASE + b"t/", BASE + b"t/1/2",
        b"SQLITE/NOWHERE/x/t/1", b"SQLITE/ASTVARLIBDIR/..%2Fx/t/1", b"SQLITE/ASTVARLIBDIR/app%2fdata.db/t/1",
    ],
)  # fmt: skip
def test_a_name_that_no_honest_host_sends_is_refused(tmp_path, name):
    host = Host(tmp_path, PLAIN)
    with pytest.raises(PeerLied):
        host.data.why_not(dataset(ROWS), Item(name, ItemKind.ROW, 1, digest_of(b"x")))


def test_rows_that_only_this_host_has_stay_where_nothing_may_be_removed(tmp_path):
    source, target = two(tmp_path, PLAIN)
    target.sql("INSERT INTO t VALUES (9, 'own')")
    assert target.changes_from(source, DeletePolicy.NEVER) == ()
    assert len(target.changes_from(source)) == 1
