"""Random tables, values and edits in two SQLite databases: B becomes as A is, to the last bit, and goes back."""

import shutil
import sqlite3
import string
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pbxsync_worker.core.model.errors import TargetChanged
from pbxsync_worker.core.model.step import Undone
from tests.contract.test_host_data import DictContents
from tests.unit.datasets.sqlite.hosts import ROWS, Host, quoted

NAMES = st.text(st.sampled_from(string.ascii_letters + " %/'\"é_.~,;"), min_size=1, max_size=6)
VALUES = st.one_of(
    st.none(), st.integers(-(2**63), 2**63 - 1), st.integers(-3, 3), st.floats(allow_nan=False), st.binary(max_size=40),
    st.text(max_size=20).filter(lambda text: text.isprintable()), st.sampled_from(["1", "1.0", "", "a", "A", "\0"]),
)  # fmt: skip
TYPES = st.sampled_from(["", "INTEGER", "TEXT", "REAL", "NUMERIC", "BLOB", "TEXT COLLATE NOCASE", "VARCHAR(9)"])
ROWS_OF = st.lists(st.lists(VALUES, min_size=5, max_size=5), max_size=12)


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, int]:
    """Return a CREATE TABLE and its number of columns."""
    columns = draw(st.lists(NAMES, min_size=1, max_size=5, unique_by=lambda name: name.lower()))
    names = [quoted(name) for name in columns]
    typed = [f"{name} {draw(TYPES)}" for name in names]
    table = quoted(draw(NAMES))
    key = draw(st.lists(st.sampled_from(names), max_size=3, unique=True))
    unique = draw(st.sampled_from([True, False]))
    extra = [f"PRIMARY KEY ({', '.join(key)})"] if key else []
    extra += [f"UNIQUE ({names[-1]})"] if unique else []
    hidden = draw(st.booleans())
    without = "" if hidden or not key else " WITHOUT ROWID"
    return f"CREATE TABLE {table} ({', '.join([*typed, *extra])}){without}", len(columns)


def fill(host: Host, columns: int, rows: Sequence[Sequence[object]]) -> None:
    name = quoted(str(host.sql("SELECT name FROM sqlite_master WHERE type = 'table'")[0][0]))
    marks = ", ".join("?" * columns)
    with host.open() as link:
        link.execute("BEGIN")
        for row in rows:
            with suppress(sqlite3.IntegrityError):
                link.execute(f"INSERT INTO {name} VALUES ({marks})", row[:columns])
        link.execute("COMMIT")


@pytest.mark.slow
@given(
    table=tables(), rows=st.tuples(ROWS_OF, ROWS_OF, ROWS_OF), wal=st.booleans(), whole=st.booleans(),
    encoding=st.sampled_from(["UTF-8", "UTF-16le", "UTF-16be"]), edit=st.booleans(),
)  # fmt: skip
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_b_becomes_as_a_is_and_goes_back(table, rows, wal, whole, encoding, edit):
    root = Path(tempfile.mkdtemp(prefix="pbxsync-property-"))
    try:
        (create, columns), (theirs, ours, both) = table, rows
        spec = replace(ROWS, whole=whole)
        a, b = (
            Host(root / name, f"PRAGMA encoding = '{encoding}'; {create}", spec=spec, wal=wal) for name in ("a", "b")
        )
        fill(a, columns, [*both, *theirs])
        fill(b, columns, [*both, *ours])
        before = b.dump()
        assume(b.changes_from(a))
        step = b.prepare_from(a)
        if edit:
            fill(b, columns, [[1, "edit", b"x", 0.5, 7]])
        edited = b.dump()
        try:
            b.data.act(step)
        except TargetChanged:
            assert b.dump() == edited != before
            assert b.data.undo(step) is Undone.NOT_DONE
            return
        if edited == before:
            assert b.dump() == a.dump()
        assert b.data.undo(step) is Undone.RESTORED
        assert b.dump() == edited
        b.data.act(step)
        b.data.settle("r", [step], DictContents())
        if edited == before:
            assert b.changes_from(a) == ()
    finally:
        shutil.rmtree(root)
