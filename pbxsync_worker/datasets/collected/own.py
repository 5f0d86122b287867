"""One SQLite file of our own, opened for each use: what is kept open would be inherited by a task that forks."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from pbxsync_worker.core.durable import Disk, open_folder
from pbxsync_worker.core.model.errors import DatabaseSilent, NoSpace, Unsupported
from pbxsync_worker.core.model.sentence import say

_PATIENCE = 30.0


class OwnFile:
    """A file with some tables; a transaction is in it wholly or not at all, also after a power cut."""

    def __init__(self, path: Path, disk: Disk, tables: Sequence[str]) -> None:
        """Choose where it lies; tables: the statements that make what it holds, each harmless when repeated."""
        self._path = path
        self._disk = disk
        self._tables = tables

    @property
    def exists(self) -> bool:
        """Tell whether anything was ever written or asked for."""
        return self._path.exists()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that sees what is committed."""
        with self._linked() as link:
            if link.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                self._make(link)
            yield link

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give a transaction, durable when it ends; nothing of it stays where the caller raises."""
        with self._linked() as link:
            self._make(link)
            link.execute("BEGIN IMMEDIATE")
            yield link
            self._disk.effect("collected", lambda: link.execute("COMMIT"))

    def _make(self, link: sqlite3.Connection) -> None:
        for statement in self._tables:
            link.execute(statement)

    @contextmanager
    def _linked(self) -> Iterator[sqlite3.Connection]:
        os.close(open_folder(self._path.parent))
        try:
            with closing(sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None)) as link:
                # With a write-ahead log the peer service reads while a run writes; FULL syncs the log at each commit.
                link.execute("PRAGMA journal_mode = WAL")
                link.execute("PRAGMA synchronous = FULL")
                link.execute("PRAGMA cache_size = -32768")
                yield link
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", "")
            if name == "SQLITE_FULL":
                raise NoSpace(path=str(self._path), free=0, needed="more") from error
            if name.startswith("SQLITE_BUSY"):
                raise DatabaseSilent(name=self._path.name, reason=say("another process holds it")) from error
            raise Unsupported(what=say("Using {path}", path=self._path), reason=str(error)) from error
