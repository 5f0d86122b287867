"""Two hosts with databases on one private server, and runs between them as the story in sync/run.py does them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path

from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset, TableSet
from pbxsync_worker.core.model.errors import PeerLied
from pbxsync_worker.core.model.inventory import Inventory, digest_of
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.ports import Content
from pbxsync_worker.core.model.step import Step
from pbxsync_worker.datasets.mysql import Login, SqlData
from pbxsync_worker.datasets.mysql.link import Link, Row, Value
from pbxsync_worker.datasets.mysql.look import Seen
from pbxsync_worker.delta.compare import compare
from scripts.lab.mariadb import MariaDb

_NUMBERS = count(1)


class DictContents:
    """A Contents of a dictionary."""

    def __init__(self) -> None:
        self.held: dict[bytes, bytes] = {}

    def has(self, digest: bytes) -> bool:
        return digest in self.held

    def open(self, digest: bytes) -> Iterator[bytes]:
        yield self.held[digest]

    def put(self, content: Content, digest: bytes) -> None:
        data = b"".join(content)
        if digest_of(data) != digest:
            raise PeerLied(host="", reason="digest")
        self.held[digest] = data

    def put_many(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        for digest, data in pairs:
            self.put([data], digest)


class Counting(Link):
    """Counts the rows that come from the server."""

    rows_read = 0

    def rows(self, sql: bytes, values: Sequence[Value] = ()) -> Iterator[Row]:
        for row in super().rows(sql, values):
            Counting.rows_read += 1
            yield row


class SqlHost:
    """One host: a database of its own on the server, known to datasets as `asterisk`."""

    def __init__(self, server: MariaDb, folder: Path, connect: Callable[[Login], Link] = Link) -> None:
        self.server = server
        self.database = f"pbx{next(_NUMBERS)}"
        self.home = folder / self.database
        server.client(f"CREATE DATABASE `{self.database}` CHARACTER SET utf8mb4")
        self.data = self.again(connect)

    @property
    def login(self) -> Login:
        return Login("root", str, self.database, socket=str(self.server.socket), seconds=20)

    def again(self, connect: Callable[[Login], Link] = Link, *protected: str, seen: Seen | None = None) -> SqlData:
        """Return the data of this host as a process started now sees it; seen: what it goes on from."""
        login, home = {"asterisk": self.login}, self.home
        return SqlData(login, matcher(protected), home, Disk(), SystemClock(), connect, seen)

    def anew(self, home: Path) -> SqlData:
        """Return the data of this host as one that remembers nothing sees it."""
        return SqlData({"asterisk": self.login}, matcher(()), home, Disk(), SystemClock())

    def sql(self, text: str | bytes) -> str:
        return self.server.client(text, self.database)

    def rows(self, table: str, order: str = "1") -> str:
        return self.sql(f"SELECT * FROM `{table}` ORDER BY {order}")

    def close(self) -> None:
        self.data.close()


def dataset(*tables: TableSet) -> Dataset:
    return Dataset("d", "D", tables=tables)


def table(name: str, *key: str, **more) -> TableSet:
    return TableSet("asterisk", name, key, **more)


Hosts = tuple[SqlHost, SqlHost]
"""Source and target."""


def plan(hosts: Hosts, what: Dataset) -> tuple[Change, ...]:
    """Return what a run would change, as the story decides it."""
    source, target = hosts
    ours, offered = target.data.inventory(what), source.data.inventory(what)
    theirs = {
        name: target.data.settable(item, ours.items.get(name))
        for name, item in offered.items.items()
        if not target.data.why_not(what, item)
    }
    return compare(what, None, ours, Inventory(theirs)).changes


def prepare(hosts: Hosts, what: Dataset, run: str = "r") -> tuple[Step, ...]:
    """Compare and stage."""
    source, target = hosts

    def content(change: Change) -> Content:
        assert change.after is not None
        return source.data.open(change.after)

    return target.data.prepare(run, plan(hosts, what), content)


def sync(hosts: Hosts, what: Dataset, run: str = "r") -> DictContents:
    """Bring the target in step, and keep it."""
    target = hosts[1]
    steps, contents = prepare(hosts, what, run), DictContents()
    for step in steps:
        target.data.act(step)
    target.data.settle(run, steps, None)
    target.data.settle(run, steps, contents)
    return contents


def two_hosts(server: MariaDb, folder: Path) -> Iterator[Hosts]:
    """Give source and target, and close them."""
    both = SqlHost(server, folder), SqlHost(server, folder)
    yield both
    for host in both:
        host.close()


USERS = dataset(table("users", "extension"))


def users(hosts, ours, theirs, more="", engine="InnoDB"):
    """Make the table on both hosts: rows of the source, rows of the target."""
    for host, rows in zip(hosts, (ours, theirs), strict=True):
        host.sql(f"CREATE TABLE users (extension VARCHAR(20), name VARCHAR(50) {more}) ENGINE={engine}")
        if rows:
            host.sql(f"INSERT INTO users (extension, name) VALUES {rows}")
