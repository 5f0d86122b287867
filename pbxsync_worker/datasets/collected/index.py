"""What was read of the collected tables of this host, so that only what changed is read again; it may be lost."""

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pbxsync_worker.core import wire
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.dataset import DeletePolicy, TableSet
from pbxsync_worker.datasets.collected.own import OwnFile

_TABLES = (
    "CREATE TABLE IF NOT EXISTS look (id INTEGER PRIMARY KEY, base BLOB, spec BLOB UNIQUE, at REAL)",
    "CREATE TABLE IF NOT EXISTS chunk (look INTEGER, name TEXT, seen BLOB, PRIMARY KEY (look, name)) WITHOUT ROWID",
)

STALE = b"stale"
"""Evidence of a block that is to be read again."""


@dataclass(frozen=True, slots=True)
class Version:
    """A content that was offered: of the first `held` records of those of its chunk."""

    held: int
    size: int
    content: bytes
    rows: bytes


@dataclass(frozen=True, slots=True)
class Seen:
    """A chunk as it was read.

    evidence: of a slot; in_table: number of rows in the table, for a block; held: digests of this host's own records
    in the order in which they were found, for a slot; versions: what was offered, the newest last, () for no record.
    """

    evidence: bytes
    in_table: int
    columns: tuple[str, ...]
    held: bytes
    versions: tuple[Version, ...]


class Index:
    """The file."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._file = OwnFile(path, disk, _TABLES)

    def load(self, spec: TableSet) -> tuple[float, dict[str, Seen]]:
        """Return when all blocks of a table were counted last, and its chunks as they were read."""
        with self._file.reading() as link:
            row = link.execute("SELECT id, at FROM look WHERE spec = ?", (_packed(spec),)).fetchone()
            if row is None:
                return 0.0, {}
            found = link.execute("SELECT name, seen FROM chunk WHERE look = ?", (row[0],)).fetchall()
        return row[1], {name: wire.unpack(seen, Seen) for name, seen in found}

    def save(self, spec: TableSet, read: Mapping[str, Seen], gone: Collection[str], at: float | None = None) -> None:
        """Remember chunks and forget others; at: all blocks were counted then."""
        with self._file.writing() as link:
            link.execute("INSERT OR IGNORE INTO look (base, spec, at) VALUES (?, ?, 0)", (spec.base, _packed(spec)))
            look = link.execute("SELECT id FROM look WHERE spec = ?", (_packed(spec),)).fetchone()[0]
            _put(link, look, read)
            link.executemany("DELETE FROM chunk WHERE look = ? AND name = ?", [(look, name) for name in gone])
            if at is not None:
                link.execute("UPDATE look SET at = ? WHERE id = ?", (at, look))

    def ways(self, base: bytes, name: str) -> Iterator[tuple[TableSet, Seen]]:
        """Give a chunk as every selection of its table saw it."""
        with self._file.reading() as link:
            query = "SELECT spec, seen FROM chunk JOIN look ON look.id = look WHERE base = ? AND name = ?"
            found = link.execute(query, (base, name)).fetchall()
        for spec, seen in found:
            yield wire.unpack(spec, TableSet), wire.unpack(seen, Seen)


def _put(link: sqlite3.Connection, look: int, read: Mapping[str, Seen]) -> None:
    pairs = [(look, name, wire.pack(seen)) for name, seen in read.items()]
    link.executemany("INSERT OR REPLACE INTO chunk VALUES (?, ?, ?)", pairs)


def _packed(spec: TableSet) -> bytes:
    """Return a selection as it is known by; what becomes of what a source lacks does not matter."""
    return wire.pack(replace(spec, delete=DeletePolicy.MIRROR))
