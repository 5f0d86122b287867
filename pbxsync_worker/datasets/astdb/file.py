"""The file astdb.sqlite3 while Asterisk is down; while it runs nobody but Asterisk may open it.

Table `astdb(key TEXT PRIMARY KEY, value TEXT)`, key `/family/rest`. A reader disturbs a running Asterisk: its commit
fails at once and takes everybody's last writes with it. So even the question whether Asterisk has written its file
looks only at names and bytes, never through SQLite.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import AsteriskSilent, NoSpace, Unsupported
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.astdb.seen import Seen

_PATIENCE = 5.0
_PAUSE = 0.05
_UNSEEN = 2.0
"""Seconds after which Asterisk has written its file, where that cannot be seen."""
_TRUSTED = 1.0
"""Seconds for which nobody having the file open is believed; SQLite's own locks are asked each time."""
_TREE = (
    "SELECT substr(CAST(key AS BLOB), 2), coalesce(CAST(value AS BLOB), x'') FROM astdb"
    " WHERE CAST(key AS BLOB) >= ? AND CAST(key AS BLOB) < ?"
)
"""Bytes are compared: what follows `/family/` is all that stands before `/family0`."""
_COUNTER = slice(24, 28)
"""Bytes of an SQLite file that change with every commit."""


class AstdbFile:
    """The keys in the file; every method but `settled` raises AsteriskSilent where Asterisk may have it open.

    down: tells whether Asterisk is proven down, asked again within each transaction before it is committed.
    """

    def __init__(
        self, path: Path, disk: Disk, clock: Clock, down: Callable[[], bool], seen: Seen | None = None
    ) -> None:
        self.seen = seen or Seen()
        self._path = path
        self._disk = disk
        self._clock = clock
        self._down = down
        self._looked = float("-inf")

    def tree(self, family: bytes) -> dict[bytes, bytes]:
        """Return every key of a family with its value; raise Unsupported where there is no such file."""
        return self.trees((family,))[family]

    def trees(self, families: Iterable[bytes]) -> dict[bytes, dict[bytes, bytes]]:
        """Return the keys of some families by one look; the very same objects where no page of the file is another."""
        with self._copy() as copy:
            image = digest_of(copy.serialize())
            known = self.seen.trees if image == self.seen.image else {}
            found = {family: known[family] if family in known else _tree(copy, family) for family in families}
        self.seen.image, self.seen.trees = image, {**known, **found}
        return found

    def families(self) -> frozenset[bytes]:
        """Return the families that have keys."""
        with self._copy() as copy:
            rows = copy.execute("SELECT CAST(key AS BLOB) FROM astdb").fetchall()
        return frozenset(key[1:].partition(b"/")[0] for (key,) in rows)

    def get(self, key: bytes) -> bytes | None:
        """Return one value, None where there is no such key."""
        with self._open("ro") as link:
            row = link.execute("SELECT CAST(value AS BLOB) FROM astdb WHERE key = CAST(? AS TEXT)", (b"/" + key,))
            found = row.fetchone()
        return None if found is None else found[0] or b""

    def put(self, key: bytes, value: bytes) -> None:
        """Set one value."""
        statement = "INSERT OR REPLACE INTO astdb (key, value) VALUES (CAST(? AS TEXT), CAST(? AS TEXT))"
        self._write(statement, (b"/" + key, value))

    def remove(self, key: bytes) -> None:
        """Remove one key; nothing happens where there is none."""
        self._write("DELETE FROM astdb WHERE key = CAST(? AS TEXT)", (b"/" + key,))

    def settled(self) -> None:
        """Wait until a running Asterisk has written what it was told before; raise AsteriskSilent where it does not.

        Its journal is there from the first write of a transaction until the commit.
        """
        until = self._clock.monotonic() + _PATIENCE
        try:
            before = self._commits()
            while self._has_journal():
                if self._commits() != before:
                    break
                if self._clock.monotonic() > until:
                    raise AsteriskSilent(reason=say("it does not write its database to disk"))
                self._clock.sleep(_PAUSE)
        except OSError:
            # We may not look into its folder.
            self._clock.sleep(_UNSEEN)
            return
        self._clock.sleep(_PAUSE)

    def _commits(self) -> bytes:
        with suppress(FileNotFoundError), self._path.open("rb") as file:
            return file.read(100)[_COUNTER]
        return b""

    def _has_journal(self) -> bool:
        try:
            self._path.with_name(f"{self._path.name}-journal").stat()
        except FileNotFoundError:
            return False
        return True

    def _write(self, statement: str, values: tuple[bytes, ...]) -> None:
        with self._open("rw") as link:
            link.execute("PRAGMA synchronous = FULL")
            link.execute("BEGIN IMMEDIATE")
            link.execute(statement, values)
            # Somebody may have started Asterisk since.
            self._check_down()
            self._disk.effect("astdb", lambda: link.execute("COMMIT"))

    @contextmanager
    def _copy(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(":memory:")) as copy:
            with self._open("ro") as link:
                link.backup(copy)
            yield copy

    @contextmanager
    def _open(self, mode: str) -> Iterator[sqlite3.Connection]:
        """Open the file for one short use; it is never made where there is none."""
        self._check_down()
        self._check_alone()
        # What a killed Asterisk left half done is taken back by the first who opens the file for writing.
        mode = "rw" if self._has_journal() else mode
        try:
            with closing(sqlite3.connect(f"{self._path.as_uri()}?mode={mode}", uri=True, isolation_level=None)) as link:
                link.execute("PRAGMA busy_timeout = 0")
                yield link
        except sqlite3.Error as error:
            raise _translated(error, self._path) from error

    def _check_down(self) -> None:
        if not self._down():
            raise AsteriskSilent(reason=say("it has started; its database is its own again"))

    def _check_alone(self) -> None:
        now = self._clock.monotonic()
        if now - self._looked < _TRUSTED:
            return
        if holder := _holder(self._path):
            raise AsteriskSilent(reason=say("process {holder} has its database open", holder=holder))
        self._looked = now


def _tree(copy: sqlite3.Connection, family: bytes) -> dict[bytes, bytes]:
    begins = b"/" + family
    return dict(copy.execute(_TREE, (begins + b"/", begins + b"0")))


def _holder(path: Path) -> int:
    """Return the number of another process that has the file open, 0 where none is seen."""
    try:
        wanted = path.stat()
    except OSError:
        return 0
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        # A process may end while we look, and those of other users do not show their files.
        with suppress(OSError):
            for handle in (process / "fd").iterdir():
                if _is(handle, wanted):
                    return int(process.name)
    return 0


def _is(handle: Path, wanted: os.stat_result) -> bool:
    with suppress(OSError):
        found = handle.stat()
        return (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino)
    return False


def _translated(error: sqlite3.Error, path: Path) -> Exception:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith("SQLITE_FULL"):
        return NoSpace(path=str(path), free=0, needed="more")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return AsteriskSilent(reason=say("somebody else holds its database"))
    return Unsupported(what="Using the AstDB while Asterisk is down", reason=f"{path}: {error}")
