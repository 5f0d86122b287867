"""Our own SQLite files: all or nothing, and read while they are written."""

import sqlite3

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import Unsupported
from pbxsync_worker.datasets.collected.own import OwnFile

TABLES = ("CREATE TABLE IF NOT EXISTS t (a)",)


def count(file: OwnFile) -> int:
    with file.reading() as link:
        return int(link.execute("SELECT count(*) FROM t").fetchone()[0])


def test_it_is_read_while_it_is_written(tmp_path):
    file = OwnFile(tmp_path / "deep" / "f", Disk(), TABLES)
    with file.writing() as link:
        link.execute("INSERT INTO t VALUES (1)")
        assert count(file) == 0
    assert count(file) == 1


def test_nothing_stays_where_the_writer_raises(tmp_path):
    file = OwnFile(tmp_path / "f", Disk(), TABLES)

    def broken():
        with file.writing() as link:
            link.execute("INSERT INTO t VALUES (1)")
            raise ValueError

    with pytest.raises(ValueError):
        broken()
    assert count(file) == 0


def test_a_damaged_file_is_told(tmp_path):
    (tmp_path / "f").write_bytes(b"no database" * 100)
    with pytest.raises(Unsupported) as told:
        count(OwnFile(tmp_path / "f", Disk(), TABLES))
    assert isinstance(told.value.__cause__, sqlite3.Error)
