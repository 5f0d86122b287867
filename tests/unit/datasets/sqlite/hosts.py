"""A host with one SQLite database, changed behind our back by plain sqlite3."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset, DeletePolicy, Place, SqliteSet
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.step import Step
from pbxsync_worker.datasets.sqlite import SqliteData
from pbxsync_worker.delta.compare import compare
from pbxsync_worker.delta.plan import order
from tests.fakes.clock import HandClock

ROWS = SqliteSet(Place.VARLIB, "app/data.db")
WHOLE = SqliteSet(Place.VARLIB, "app/data.db", whole=True)
BASE = b"SQLITE/ASTVARLIBDIR/app%2Fdata.db/"


def dataset(*databases: SqliteSet) -> Dataset:
    return Dataset("d", "D", databases=databases)


class Host:
    def __init__(
        self,
        root: Path,
        schema: str = "",
        *,
        spec: SqliteSet = ROWS,
        wal: bool | None = None,
        protected: Sequence[str] = (),
        disk: Disk | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.root = root
        self.path = root / "lib" / "app" / "data.db"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.spec = spec
        self.home = root / "home"
        self.data = SqliteData(
            {Place.VARLIB: root / "lib"}, matcher(protected), self.home, disk or Disk(), clock or HandClock(),
            never=(root / "lib" / "astdb.sqlite3",),
        )  # fmt: skip
        with self.open() as link:
            if wal is not None:
                link.execute(f"PRAGMA journal_mode = {'WAL' if wal else 'DELETE'}")
            link.executescript(schema)

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as link:
            yield link

    def sql(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        with self.open() as link:
            return link.execute(statement, values).fetchall()

    def items(self) -> dict[bytes, Item]:
        return dict(self.data.inventory(dataset(self.spec)).items)

    def content(self, item: Item) -> bytes:
        return b"".join(self.data.open(item))

    def dump(self) -> list[str]:
        """Return everything in the database, by SQLite alone, but for our marker."""
        with self.open() as link:
            link.text_factory = bytes
            found = link.execute("SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'")
            names = sorted(name.decode() for (name,) in found.fetchall() if name != b"pbxsync_marker")
            return [f"{name} {row!r}" for name in names for row in _rows(link, name)]

    def staged(self) -> list[str]:
        """Return what lies in our own folder for staging."""
        return [path.name for path in (self.home / "staging").glob("*")]

    def changes_from(self, other: "Host", delete: DeletePolicy = DeletePolicy.MIRROR) -> tuple[Change, ...]:
        """Return what would make this host as another one."""
        ours, theirs = (host.data.inventory(dataset(self.spec)) for host in (self, other))
        selected = dataset(self.spec).with_deletes(delete)
        refused = [item for item in theirs.items.values() if self.data.why_not(dataset(self.spec), item)]
        assert refused == []
        return order(compare(selected, None, ours, theirs).changes)

    def prepare_from(self, other: "Host", run: str = "r", delete: DeletePolicy = DeletePolicy.MIRROR) -> Step:
        """Stage what makes this host as another one."""
        changes = self.changes_from(other, delete)
        rows = [change.after for change in changes if change.after is not None and change.after.kind is ItemKind.ROW]
        held = dict(zip((row.name for row in rows), other.data.open_many(rows), strict=True))

        def content(change: Change) -> Iterable[bytes]:
            if change.after is None:
                return []
            data = held.get(change.name)
            return other.data.open(change.after) if data is None else [data]

        (step,) = self.data.prepare(run, changes, content)
        return step

    def take_from(self, other: "Host", run: str = "r", delete: DeletePolicy = DeletePolicy.MIRROR) -> Step:
        """Become as another host is."""
        step = self.prepare_from(other, run, delete)
        self.data.act(step)
        return step


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _rows(link: sqlite3.Connection, name: str) -> list[object]:
    columns = [row[1].decode() for row in link.execute(f"PRAGMA table_xinfo({quoted(name)})")]
    fields = ", ".join(f"typeof({quoted(one)}), CAST({quoted(one)} AS BLOB)" for one in columns)
    return sorted(link.execute(f"SELECT {fields} FROM {quoted(name)}").fetchall(), key=repr)


def two(root: Path, schema: str, **more: object) -> tuple[Host, Host]:
    """Return two hosts whose databases are built alike."""
    return Host(root / "a", schema, **more), Host(root / "b", schema, **more)  # type: ignore[arg-type]
