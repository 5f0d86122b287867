"""A copy of a database as it is at one moment, by SQLite's backup: never of the file, which may be half written.

Where readers stand in a writer's way (no WAL) the copy is made in short steps; a writer that never rests is stopped
once, for as long as it takes to copy everything at once.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pbxsync_worker.core.model.errors import Unsupported
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.sqlite.link import PATIENCE, Database, Link, translated

_STEP = 256
_RESTARTS = 3
_OK = [(b"ok",)]


class _Restless(Exception):
    """The source was changed again and again between two steps."""


@contextmanager
def copied(database: Database, into: Path | str = "") -> Iterator[Link]:
    """Give a checked copy; into: its file, "" for one of SQLite's own that vanishes.

    Raise DatabaseBusy where others hold it all the time, Unsupported where it is damaged.
    """
    with database.reading() as link, closing(sqlite3.connect(into)) as raw:
        copy_all(database, link, raw)
        copy = Link(raw, database.name)
        check(copy)
        yield copy


def copy_all(database: Database, link: Link, into: sqlite3.Connection) -> None:
    """Copy what a connection sees."""
    if not database.patiently(lambda: link.is_wal):
        try:
            _backup(database, link, into, _STEP)
        except _Restless:
            pass
        else:
            return
    _backup(database, link, into, -1)


def _backup(database: Database, link: Link, into: sqlite3.Connection, pages: int) -> None:
    steps = _Steps(database)
    try:
        link.raw.backup(into, pages=pages, progress=steps, sleep=0)
    except sqlite3.Error as error:
        raise translated(error, database.name) from error


class _Steps:
    """Told by SQLite after each step."""

    def __init__(self, database: Database) -> None:
        self._wait = database.waiting(PATIENCE)
        self._left = -1
        self._restarts = 0

    def __call__(self, status: int, left: int, pages: int) -> None:  # noqa: ARG002 - SQLite gives three
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            self._wait()
        elif 0 <= self._left <= left:  # less is left after each step, unless it began anew
            self._restarts += 1
            if self._restarts > _RESTARTS:
                raise _Restless
        self._left = left


def check(link: Link, *, thorough: bool = False) -> None:
    """Raise Unsupported where a database is damaged."""
    # The quick check of SQLite 3.40 finds NULL where there is none in keys of tables without row numbers.
    if not thorough and link.all("PRAGMA quick_check(1)") == _OK:
        return
    found = link.all("PRAGMA integrity_check(1)")
    if found != _OK:
        reason = found[0][0].decode(errors="backslashreplace") if found else "it says nothing"
        raise Unsupported(
            what=say("Using the database {name}", name=link.name), reason=say("it is damaged: {reason}", reason=reason)
        )
