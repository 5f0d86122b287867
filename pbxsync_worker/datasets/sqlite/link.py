"""A database file of this host: where it is, and connections to it that wait for others, but never for long."""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.core.model.errors import DatabaseBusy, NoSpace, Unsupported
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import say

T = TypeVar("T")

PATIENCE = 10.0
"""Seconds for which others may hold a database before a run gives up."""

_PAUSE = 0.01
_WRITABLE = stat.S_IWGRP | stat.S_IRGRP


class Link:
    """One connection; text is never decoded. Errors of SQLite come out as ours."""

    def __init__(self, raw: sqlite3.Connection, name: str) -> None:
        self.raw = raw
        self.name = name
        raw.text_factory = bytes
        raw.isolation_level = None

    def all(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        """Return the rows of a statement."""
        with self.errors():
            return self.raw.execute(sql, values).fetchall()

    def rows(self, sql: str, values: Sequence[object] = ()) -> Iterator[Any]:
        """Give the rows of a statement one by one."""
        with self.errors():
            yield from self.raw.execute(sql, values)

    def run(self, sql: str, values: Sequence[object] = ()) -> int:
        """Execute a statement and return how many rows it wrote."""
        with self.errors():
            return self.raw.execute(sql, values).rowcount

    def one(self, sql: str) -> Any:
        """Return the first value of the first row."""
        return self.all(sql)[0][0]

    @property
    def is_wal(self) -> bool:
        """Tell whether readers and writers do not stand in each other's way."""
        return bool(self.one("PRAGMA journal_mode") == b"wal")

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Raise ours instead of SQLite's."""
        try:
            yield
        except sqlite3.Error as error:
            raise translated(error, self.name) from error

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""
        self.raw.close()


def statement(*words: str) -> str:
    """Return a statement of these words; identifiers in it are quoted by `schema.quoted`, values are always bound."""
    return " ".join(words)


def translated(error: sqlite3.Error, name: str) -> DatabaseBusy | NoSpace | Unsupported:
    """Return our error for one of SQLite's; the field `constraint` tells that a constraint refused a row."""
    code = getattr(error, "sqlite_errorname", "") or ""
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return DatabaseBusy(name=name)
    if code.startswith("SQLITE_FULL"):
        return NoSpace(path=name, free=0, needed="more")
    constraint = isinstance(error, sqlite3.IntegrityError)
    return Unsupported(what=say("Using the database {name}", name=name), reason=str(error), constraint=constraint)


class Database:
    """One database file of this host, by its real path."""

    def __init__(self, path: Path, name: str, clock: Clock) -> None:
        self.path = path
        self.name = name
        self._clock = clock

    @contextmanager
    def reading(self) -> Iterator[Link]:
        """Open it for reading. What a killed writer left half done is taken back by opening it for writing."""
        try:
            link = self._opened("ro")
        except Unsupported:
            self.check_rights()
            link = self._opened("rw")
        try:
            yield link
        finally:
            link.close()

    @contextmanager
    def writing(self) -> Iterator[Link]:
        """Open it for writing, without the actions of foreign keys, and with commits that are durable."""
        self.check_rights()
        link = self._opened("rw")
        try:
            for setting in ("foreign_keys = OFF", "synchronous = EXTRA", "cache_spill = OFF", "trusted_schema = OFF"):
                link.run(f"PRAGMA {setting}")
            yield link
        finally:
            link.close()

    def _opened(self, mode: str) -> Link:
        before = self._identity()
        try:
            raw = sqlite3.connect(f"{self.path.as_uri()}?mode={mode}", uri=True, timeout=0)
        except sqlite3.Error as error:
            raise translated(error, self.name) from error
        link = Link(raw, self.name)
        try:
            # The first read takes back what a killed writer left; while another does so it is busy.
            self.patiently(lambda: link.all("SELECT 1 FROM sqlite_master LIMIT 1"))
            self._expect(before)
        except BaseException:
            link.close()
            raise
        return link

    def _expect(self, identity: tuple[int, int]) -> None:
        if self._identity() != identity:
            raise DatabaseBusy(name=self.name)

    def _identity(self) -> tuple[int, int]:
        try:
            status = self.path.lstat()
        except OSError as error:
            raise Unsupported(what=say("Using the database {name}", name=self.name), reason=error.strerror) from error
        return status.st_dev, status.st_ino

    def patiently(self, act: Callable[[], T], seconds: float = PATIENCE) -> T:
        """Do something again for as long as others hold the database, but not for longer than this."""
        wait = self.waiting(seconds)
        while True:
            try:
                return act()
            except DatabaseBusy:
                wait()

    def waiting(self, seconds: float) -> Callable[[], None]:
        """Return what waits a moment, and raises DatabaseBusy when it was called for longer than this."""
        until = self._clock.monotonic() + seconds

        def wait() -> None:
            if self._clock.monotonic() >= until:
                raise DatabaseBusy(name=self.name)
            self._clock.sleep(_PAUSE)

        return wait

    def check_rights(self) -> None:
        """Raise Unsupported where files that SQLite makes beside it could not be used by those who work with it."""
        status, folder = self.path.stat(), self.path.parent.stat()
        mine = os.geteuid() in (0, status.st_uid)
        group = status.st_gid == (folder.st_gid if folder.st_mode & stat.S_ISGID else os.getegid())
        if not mine and not (group and status.st_mode & _WRITABLE == _WRITABLE):
            reason = "its owner could not use the journal that we would make; give file and folder a common group"
            raise Unsupported(what=say("Writing into the database {name}", name=self.name), reason=reason)


def find(places: Mapping[Place, Path], place: Place, path: str) -> Path | None:
    """Return the real path of a database below a place, None where there is none; no link below it is followed."""
    if place not in places:
        return None
    here = Path(os.path.realpath(places[place]))
    parts = path.split("/")
    for at, part in enumerate(parts):
        here = here / part
        try:
            mode = here.lstat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not (stat.S_ISREG(mode) if at == len(parts) - 1 else stat.S_ISDIR(mode)):
            return None
    return here if here.stat().st_size else None
