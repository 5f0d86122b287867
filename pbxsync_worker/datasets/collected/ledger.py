"""What this host has collected: which record came from whom, and which chunks of whom it has seen; our own file.

It is written before the records are, so it tells at any moment which rows of the table may not be this host's own.
Losing it loses the origins; it never doubles a record, because a record that is there already is not added.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pbxsync_worker.core import wire
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.datasets.collected.own import OwnFile

_AT_ONCE = 500

_TABLES = (
    "CREATE TABLE IF NOT EXISTS name (id INTEGER PRIMARY KEY, text BLOB NOT NULL UNIQUE)",
    "CREATE TABLE IF NOT EXISTS layout (id INTEGER PRIMARY KEY, base INTEGER, names BLOB, UNIQUE (base, names))",
    """CREATE TABLE IF NOT EXISTS entry (base INTEGER, origin INTEGER, block INTEGER, key BLOB, row BLOB,
    columns INTEGER, seen INTEGER, added INTEGER, PRIMARY KEY (base, origin, block, key, row, columns))
    WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS entry_row ON entry (base, row)",
    """CREATE TABLE IF NOT EXISTS taken (base INTEGER, origin INTEGER, chunk TEXT, block INTEGER, size INTEGER,
    content BLOB, rows BLOB, PRIMARY KEY (base, origin, chunk)) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS act (run TEXT, base INTEGER, state TEXT, PRIMARY KEY (run, base)) WITHOUT ROWID",
)
"""name: bases and origins; layout: the columns of entries; entry: seen: how many of it came, added: by us."""


class Act(StrEnum):
    """How far a step has come."""

    BEGUN = "begun"  # its records may be in the table
    DONE = "done"  # they all are
    LEAVING = "leaving"  # it is being undone, but for what somebody changed
    KEPT = "kept"  # it was undone, but for that


@dataclass(frozen=True, slots=True)
class Taken:
    """A chunk of an origin as it was when everything of it was taken; size 0 for slots that became one block."""

    origin: str
    chunk: str
    block: int
    size: int
    content: bytes
    rows: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One record that came: digests of its key and of the values that this host has columns for; added: by us."""

    origin: str
    block: int
    key: bytes
    row: bytes
    columns: tuple[str, ...]
    added: bool


class Ledger:
    """The file, in a folder of ours that is never emptied."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._file = OwnFile(path, disk, _TABLES)

    def taken(self, base: bytes) -> tuple[Taken, ...]:
        """Return every chunk that was taken."""
        with self._file.reading() as link:
            found = link.execute(
                "SELECT name.text, chunk, block, size, content, rows FROM taken JOIN name ON name.id = origin"
                " WHERE base = ?",
                (_id(link, base),),
            )
            return tuple(Taken(row[0].decode(), *row[1:]) for row in found)

    def last(self, base: bytes, origin: str, chunk: str) -> Taken | None:
        """Return a chunk as it was taken last."""
        with self._file.reading() as link:
            row = link.execute(
                "SELECT chunk, block, size, content, rows FROM taken WHERE base = ? AND origin = ? AND chunk = ?",
                (_id(link, base), _id(link, origin.encode()), chunk),
            ).fetchone()
        return None if row is None else Taken(origin, *row)

    def known(self, base: bytes, origin: str, block: int) -> dict[bytes, Counter[tuple[bytes, tuple[str, ...]]]]:
        """Return the records that came in one block: by key, digest and columns with how many there are."""
        found: dict[bytes, Counter[tuple[bytes, tuple[str, ...]]]] = {}
        with self._file.reading() as link:
            names = dict(_layouts(link, base))
            query = "SELECT key, row, columns, seen FROM entry WHERE base = ? AND origin = ? AND block = ?"
            for key, row, columns, seen in link.execute(query, (_id(link, base), _id(link, origin.encode()), block)):
                found.setdefault(key, Counter())[row, names[columns]] += seen
        return found

    def layouts(self, base: bytes) -> tuple[tuple[str, ...], ...]:
        """Return the columns in which records came; () where none came."""
        with self._file.reading() as link:
            return tuple(names for _, names in _layouts(link, base))

    def added(self, base: bytes, columns: tuple[str, ...], rows: Sequence[bytes]) -> Counter[bytes]:
        """Return how many of some records were added by us, whoever they came from."""
        return self._counted("added", "", base, columns, rows)

    def seen(self, base: bytes, origin: str, columns: tuple[str, ...], rows: Sequence[bytes]) -> Counter[bytes]:
        """Return how many of some records came from an origin before."""
        return self._counted("seen", origin, base, columns, rows)

    def _counted(
        self, what: str, origin: str, base: bytes, columns: tuple[str, ...], rows: Sequence[bytes]
    ) -> Counter[bytes]:
        found: Counter[bytes] = Counter()
        wanted = list(dict.fromkeys(rows))
        with self._file.reading() as link:
            where: list[object] = [_id(link, base), _layout(link, _id(link, base), columns)]
            query = f"SELECT row, sum({what}) FROM entry INDEXED BY entry_row WHERE base = ? AND columns = ?"  # noqa: S608 - one of two words
            if origin:
                query += " AND origin = ?"
                where.append(_id(link, origin.encode()))
            for start in range(0, len(wanted), _AT_ONCE):
                some = wanted[start : start + _AT_ONCE]
                marks = ",".join("?" * len(some))
                found.update(
                    dict(link.execute(f"{query} AND row IN ({marks}) GROUP BY row", (*where, *some)).fetchall())
                )
        return found

    def state(self, run: str, base: bytes) -> Act | None:
        """Return how far a step has come, None where it never began or was undone."""
        with self._file.reading() as link:
            query = "SELECT state FROM act WHERE run = ? AND base = ?"
            row = link.execute(query, (run, _id(link, base))).fetchone()
        return None if row is None else Act(row[0])

    def begin(self, run: str, base: bytes, taken: Iterable[Taken], entries: Iterable[Entry]) -> None:
        """Write down what a step is about to add, in one transaction."""
        with self._file.writing() as link:
            own = _id(link, base, make=True)
            link.execute("INSERT OR REPLACE INTO act VALUES (?, ?, ?)", (run, own, Act.BEGUN))
            link.executemany(
                "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, 1, ?) ON CONFLICT DO UPDATE SET"
                " seen = seen + 1, added = added + excluded.added",
                _rows(link, own, entries),
            )
            _take(link, own, taken)

    def mark(self, run: str, base: bytes, state: Act) -> None:
        """Write down how far a step has come."""
        with self._file.writing() as link:
            link.execute("UPDATE act SET state = ? WHERE run = ? AND base = ?", (state, run, _id(link, base)))

    def take_back(
        self,
        run: str,
        base: bytes,
        before: Iterable[tuple[str, str, Taken | None]],
        entries: Iterable[Entry],
        *,
        kept: bool,
    ) -> None:
        """Forget what a step added, in one transaction; before: origin and chunk, and what was taken of it before."""
        with self._file.writing() as link:
            own = _id(link, base)
            where = "base = ? AND origin = ? AND block = ? AND key = ? AND row = ? AND columns = ?"
            for row in _rows(link, own, entries):
                link.execute(f"UPDATE entry SET seen = seen - 1, added = added - ? WHERE {where}", (row[-1], *row[:-1]))  # noqa: S608 - a constant
                link.execute(f"DELETE FROM entry WHERE seen <= 0 AND {where}", row[:-1])  # noqa: S608 - a constant
            for origin, chunk, last in before:
                about = (own, _id(link, origin.encode()), chunk)
                link.execute("DELETE FROM taken WHERE base = ? AND origin = ? AND chunk = ?", about)
                _take(link, own, () if last is None else (last,))
            link.execute("DELETE FROM act WHERE run = ? AND base = ?", (run, own))
            if kept:
                link.execute("INSERT INTO act VALUES (?, ?, ?)", (run, own, Act.KEPT))

    def forget(self, run: str) -> None:
        """Forget how far the steps of a run had come. Repeatable."""
        if not self._file.exists:
            return  # a host that collects nothing gets no ledger
        with self._file.reading() as link:
            known = link.execute("SELECT 1 FROM act WHERE run = ?", (run,)).fetchone()
        if known:
            with self._file.writing() as link:
                link.execute("DELETE FROM act WHERE run = ?", (run,))

    def fold(self, base: bytes, blocks: Sequence[Taken], gone: Sequence[Taken]) -> None:
        """Put whole blocks in the place of their slots."""
        with self._file.writing() as link:
            own = _id(link, base)
            _take(link, own, blocks)
            link.executemany(
                "DELETE FROM taken WHERE base = ? AND origin = ? AND chunk = ?",
                [(own, _id(link, one.origin.encode()), one.chunk) for one in gone],
            )


def _take(link: sqlite3.Connection, base: int, taken: Iterable[Taken]) -> None:
    link.executemany(
        "INSERT OR REPLACE INTO taken VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (base, _id(link, one.origin.encode(), make=True), one.chunk, one.block, one.size, one.content, one.rows)
            for one in taken
        ],
    )


def _rows(link: sqlite3.Connection, base: int, entries: Iterable[Entry]) -> Iterator[tuple[object, ...]]:
    ids: dict[object, int] = {}
    for one in entries:
        if one.origin not in ids:
            ids[one.origin] = _id(link, one.origin.encode(), make=True)
        if one.columns not in ids:
            ids[one.columns] = _layout(link, base, one.columns, make=True)
        yield base, ids[one.origin], one.block, one.key, one.row, ids[one.columns], int(one.added)


def _id(link: sqlite3.Connection, text: bytes, *, make: bool = False) -> int:
    row = link.execute("SELECT id FROM name WHERE text = ?", (text,)).fetchone()
    if row is not None:
        return int(row[0])
    return int(link.execute("INSERT INTO name (text) VALUES (?)", (text,)).lastrowid or 0) if make else -1


def _layout(link: sqlite3.Connection, base: int, columns: tuple[str, ...], *, make: bool = False) -> int:
    about = (base, wire.pack(columns))
    row = link.execute("SELECT id FROM layout WHERE base = ? AND names = ?", about).fetchone()
    if row is not None:
        return int(row[0])
    return int(link.execute("INSERT INTO layout (base, names) VALUES (?, ?)", about).lastrowid or 0) if make else -1


def _layouts(link: sqlite3.Connection, base: bytes) -> Iterator[tuple[int, tuple[str, ...]]]:
    for row in link.execute("SELECT id, names FROM layout WHERE base = ?", (_id(link, base),)):
        yield row[0], wire.unpack(row[1], tuple[str, ...])
