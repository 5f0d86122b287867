"""SQLite databases and their journals never travel as files, whether a program works with them or not."""

import sqlite3
from contextlib import closing

import pytest

from pbxsync_worker.core.model.dataset import Dataset, FileSet, Keep, Place
from tests.unit.datasets.support import files_data

DATA = Dataset("d", "D", (FileSet(Place.ETC, keep=Keep(owner=False, mtime=False)),))


def names(data):
    return set(data.inventory(DATA).items)


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_a_live_database_and_its_journal_are_left_out(tmp_path, mode, caplog):
    data = files_data(tmp_path)
    etc = tmp_path / "etc"
    (etc / "plain.conf").write_bytes(b"x")
    (etc / "note-journal").write_bytes(b"no database is beside this one")
    with closing(sqlite3.connect(etc / "live.db", isolation_level=None)) as link:
        link.execute(f"PRAGMA journal_mode = {mode}")
        link.execute("CREATE TABLE t (k)")
        link.execute("BEGIN IMMEDIATE")
        link.execute("INSERT INTO t VALUES (1)")
        assert len(list(etc.iterdir())) > 3
        assert names(data) == {b"ASTETCDIR/plain.conf", b"ASTETCDIR/note-journal"}
        link.execute("COMMIT")
        assert b"ASTETCDIR/live.db" not in names(data)
    assert "do not travel as files" in caplog.text


def test_a_database_that_was_seen_before_is_still_left_out(tmp_path):
    data = files_data(tmp_path)
    with closing(sqlite3.connect(tmp_path / "etc" / "quiet.db")) as link:
        link.execute("CREATE TABLE t (k)")
    assert names(data) == names(data) == set()


def test_a_folder_with_a_database_in_it_is_not_removed(tmp_path):
    data = files_data(tmp_path)
    (tmp_path / "etc" / "d").mkdir()
    with closing(sqlite3.connect(tmp_path / "etc" / "d" / "x.db")) as link:
        link.execute("CREATE TABLE t (k)")
    assert b"ASTETCDIR/d" in data.inventory(DATA).pinned
