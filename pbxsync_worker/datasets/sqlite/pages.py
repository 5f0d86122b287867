"""All pages of a database at once: an image that is the same wherever the content is, and its way into a live file.

The image is SQLite's own backup, with those fields of its first page blank that count what was done to a file and not
what is in it: format versions (1), counter of changes, cookie of the schema, version of SQLite; the number of pages is
the real one. It is a valid database.
"""

import os
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from pbxsync_worker.core.model.dataset import SqliteSet
from pbxsync_worker.core.model.errors import TargetChanged, Unsupported
from pbxsync_worker.core.model.inventory import new_digest
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.sqlite.copy import check
from pbxsync_worker.datasets.sqlite.link import PATIENCE, Database, Link, translated
from pbxsync_worker.datasets.sqlite.schema import Built, read_built
from pbxsync_worker.datasets.sqlite.staging import Staging

_PIECE = 2**20
_COUNTER = slice(24, 28)

Version = tuple[bytes, int]
"""Digest and size of an image."""


def blanked(first: bytes, size: int) -> bytes:
    """Return the beginning of a database file without what only counts; size: of the whole file."""
    page = int.from_bytes(first[16:18], "big")
    count = size // (65536 if page == 1 else page)
    head = bytearray(first)
    head[18:20] = b"\1\1"
    head[24:32] = struct.pack(">II", 0, count)
    head[40:44] = head[92:96] = head[96:100] = bytes(4)
    return bytes(head)


def image(path: Path) -> Iterator[bytes]:
    """Give a copy of a database as an image, in pieces."""
    size = path.stat().st_size
    with path.open("rb") as file:
        first = file.read(_PIECE)
        yield blanked(first, size) if len(first) >= 100 else first
        while piece := file.read(_PIECE):
            yield piece


def version_of(path: Path) -> Version:
    """Return digest and size of a copy's image."""
    running, size = new_digest(), 0
    for piece in image(path):
        running.update(piece)
        size += len(piece)
    return running.digest(), size


def check_image(path: Path, name: str, spec: SqliteSet) -> Built:
    """Return how an image that came from elsewhere is built; raise Unsupported where it is damaged or empty."""
    with closing(_opened(path, name)) as link:
        check(link, thorough=True)
        if int(link.one("PRAGMA page_count")) < 2:
            raise Unsupported(what=say("Using the database {name}", name=name), reason=say("it is empty"))
        return read_built(link, spec)


def close_journal(copy: Link) -> None:
    """Make a copy one file, without a journal of its own beside it."""
    if copy.is_wal:
        copy.all("PRAGMA journal_mode = DELETE")


def page_size(link: Link) -> int:
    """Return the size of a page in bytes."""
    return int(link.one("PRAGMA page_size"))


def _opened(path: Path, name: str) -> Link:
    """Open an image, which nobody changes, for reading; nothing in it is trusted."""
    try:
        raw = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    except sqlite3.Error as error:
        raise translated(error, name) from error
    link = Link(raw, name)
    for setting in ("trusted_schema = OFF", "cell_size_check = ON"):
        link.all(f"PRAGMA {setting}")
    return link


class Replacement:
    """Puts an image in the place of all that a live database holds: one transaction, and only if it holds this."""

    def __init__(self, database: Database, staging: Staging, scratch: Path) -> None:
        """Put the parts together; scratch: a staged file that may be made for a moment."""
        self._database = database
        self._staging = staging
        self._scratch = scratch

    def put(self, path: Path, expected: Version) -> None:
        """Put an image in place; raise TargetChanged where the database is not what was expected."""
        self._database.check_rights()
        # Opened before and closed after the write: closing a file gives back every lock that a process has on it.
        handle = os.open(self._database.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            with self._database.reading() as watching:
                self._replace(path, self._prove(watching, handle, expected))
        finally:
            os.close(handle)

    def _prove(self, link: Link, handle: int, expected: Version) -> Callable[[], bool]:
        """Prove what the database holds; return a question that tells whether somebody wrote into it since."""
        found, moved = self._database.patiently(lambda: self._look(link, handle))
        if found != expected:
            raise TargetChanged(name=f"The database {self._database.name}")
        return moved

    def _look(self, link: Link, handle: int) -> tuple[Version, Callable[[], bool]]:
        self._staging.remove_one(self._scratch)
        link.run("BEGIN")
        try:
            link.all("SELECT 1 FROM sqlite_master LIMIT 1")
            version, counter = link.one("PRAGMA data_version"), _counter(handle)
            with link.errors(), closing(sqlite3.connect(self._scratch)) as raw:
                link.raw.backup(raw)
        finally:
            link.run("COMMIT")
        found = version_of(self._scratch)
        self._staging.remove_one(self._scratch)
        if self._database.patiently(lambda: link.is_wal):
            return found, lambda: bool(link.one("PRAGMA data_version") != version)
        # Nobody can read through SQLite while we write, but the file tells how often it was committed to.
        return found, lambda: _counter(handle) != counter

    def _replace(self, path: Path, moved: Callable[[], bool]) -> None:
        with self._database.writing() as live, closing(_opened(path, self._database.name)) as new:
            pages = int(new.one("PRAGMA page_count"))
            step = _Looking(self._database, moved)
            # In two steps: after the first the database is locked and nothing is committed.
            act = partial(new.raw.backup, live.raw, pages=(pages + 1) // 2, progress=step, sleep=0)
            try:
                self._staging.disk.effect("sqlite", act)
            except sqlite3.Error as error:
                raise translated(error, self._database.name) from error


def _counter(handle: int) -> bytes:
    return os.pread(handle, 100, 0)[_COUNTER]


class _Looking:
    """Told by SQLite after each step of writing; raises before the commit where somebody was quicker."""

    def __init__(self, database: Database, moved: Callable[[], bool]) -> None:
        self._wait = database.waiting(PATIENCE)
        self._moved = moved
        self._name = database.name
        self._looked = False

    def __call__(self, status: int, left: int, pages: int) -> None:  # noqa: ARG002 - SQLite gives three
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            self._wait()
        elif status == sqlite3.SQLITE_OK and not self._looked:
            self._looked = True
            if self._moved():
                raise TargetChanged(name=f"The database {self._name}")
