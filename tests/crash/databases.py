"""Databases of both hosts on one real server, seen by SQL of our own, and connections that a test can cut."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mysql.connector

from pbxsync_worker.core.model.errors import DatabaseSilent
from pbxsync_worker.datasets.mysql import Link, Login
from tests.crash.rows_content import SHARED, TABLES
from tests.fakes.disk import BreakingDisk, Cut, PowerCut

MARKER = "pbxsync_marker"
Held = dict[str, tuple[tuple[object, ...], ...]]
"""The rows of every table, by `database.table`, sorted."""


class LossyDisk(BreakingDisk):
    """Loses the connection to the server at act number `at`: before the statement arrives, or with its answer."""

    def effect(self, label, act):
        """Do the act; the process lives on."""
        self.labels.append(label)
        if len(self.labels) != self.at:
            return act()
        if self.cut is Cut.AFTER:
            act()
        raise DatabaseSilent(name="pbx", reason="the connection broke")

    @contextmanager
    def around(self, label: str) -> Iterator[None]:
        self.labels.append(label)
        yield


class CountedLink(Link):
    """A connection whose statements are counted, and cut, among the acts of the disk; it ends with its process."""

    def __init__(self, login: Login, disk: BreakingDisk) -> None:
        self._disk = disk
        self._open = False
        self._effect("sql connect", lambda: Link.__init__(self, login))

    def rows(self, sql, values=()):
        yield from self._effect("sql read", lambda: list(Link.rows(self, sql, values)))

    def run(self, sql, values=()):
        return self._effect(self._label(sql), lambda: Link.run(self, sql, values))

    def _label(self, sql: bytes) -> str:
        """Tell what lasts: the end of a transaction, and what is written outside of one."""
        first = sql.split()[0]
        if first in (b"START", b"COMMIT", b"ROLLBACK") and not sql.startswith(b"ROLLBACK TO"):
            self._open = first == b"START"
            return "sql commit" if first == b"COMMIT" else "sql say"
        if first in (b"SET", b"SAVEPOINT", b"ROLLBACK", b"LOCK", b"UNLOCK"):
            return "sql say"
        return "sql write" if self._open else "sql at once"

    def _effect(self, label, act):
        try:
            return self._disk.effect(label, act)
        except (PowerCut, DatabaseSilent):
            if "_connection" in vars(self):
                self.close()
            raise


LASTING = frozenset({"sql commit", "sql at once"})
SAID = frozenset({"sql connect", "sql read", "sql say", "sql write", *LASTING})


@dataclass(frozen=True)
class Databases:
    """The databases of both hosts on one server; each process of the test has a target of its own."""

    socket: Path
    tables: Mapping[str, str] = field(default_factory=lambda: TABLES)

    def login(self, side: str, shared: str) -> Login:
        """Return how a host reaches what it shares under this name."""
        name = self.name(side, shared)
        return Login("root", str, name, socket=str(self.socket), seconds=20)

    def logins(self, side: str) -> dict[str, Login]:
        return {shared: self.login(side, shared) for shared in SHARED}

    def name(self, side: str, shared: str) -> str:
        return f"{shared}_a" if side == "a" else f"{shared}_b_{os.getpid()}"

    def make(self, side: str) -> None:
        """Make the tables of a host, empty."""
        for shared in SHARED:
            name = self.name(side, shared)
            self._each(f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}; USE {name}; {self.tables[shared]}")

    def write(self, side: str, text: Mapping[str, str]) -> None:
        """Change rows as people do."""
        for shared, sql in text.items():
            self._each(f"USE {self.name(side, shared)}; {sql}")

    def ask(self, side: str, sql: str) -> list[tuple[Any, ...]]:
        """Return what one statement finds in FreePBX's database of a host."""
        self._ask(f"USE {self.name(side, 'asterisk')}")
        return self._ask(sql)

    def held(self, side: str) -> Held:
        """Return all rows of a host, by SQL of our own."""
        names = {self.name(side, shared): shared for shared in SHARED}
        listed = ", ".join(f"'{name}'" for name in names)
        tables = self._ask(
            f"SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ({listed})"
        )
        answers = self._asked("; ".join(f"SELECT * FROM {name}.`{table}`" for name, table in tables))
        return {
            f"{names[name]}.{table}": tuple(sorted(rows, key=repr))
            for (name, table), rows in zip(tables, answers, strict=True)
        }

    def restore(self, held: Held) -> None:
        """Make the target as it was, whatever it is."""
        mine = {shared: self.name("b", shared) for shared in SHARED}
        if not self._ask(f"SHOW DATABASES LIKE '{mine['asterisk']}'"):
            self.make("b")
        there = self.held("b")
        for name in there.keys() | held.keys():
            shared, _, table = name.partition(".")
            place = f"{mine[shared]}.`{table}`"
            if name not in held:
                self._ask(f"DROP TABLE {place}")
            elif there.get(name) != held[name]:
                self._fill(place, table, held[name])

    def _fill(self, place: str, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        if table == MARKER:
            self._ask(f"CREATE TABLE IF NOT EXISTS {place} (run VARBINARY(120) PRIMARY KEY, at DATETIME(6))")
        self._ask(f"DELETE FROM {place}")
        if rows:
            one = f"({', '.join(['%s'] * len(rows[0]))})"
            values = [value for row in rows for value in row]
            self._ask(f"INSERT INTO {place} VALUES {', '.join([one] * len(rows))}", values)

    def _each(self, sql: str) -> None:
        for one in sql.split(";"):
            if one.strip():
                self._ask(one)

    def _ask(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._asked(sql, values)[0]

    def _asked(self, sql: str, values: Sequence[Any] = ()) -> list[list[tuple[Any, ...]]]:
        """Return what each of several statements finds, by one question."""
        cursor = _cursor(str(self.socket), os.getpid())
        cursor.execute(sql, values)
        found = []
        while True:
            found.append([tuple(row) for row in cursor.fetchall()] if cursor.with_rows else [])
            if not cursor.nextset():
                return found


_OPEN: dict[tuple[str, int], tuple[Any, Any]] = {}


def _cursor(socket: str, process: int) -> Any:
    """Return the checker's own way to the server, one for each process of the test.

    One cursor for all statements: the driver asks the server whether it is there for each that it makes.
    """
    if (socket, process) not in _OPEN:
        connection = mysql.connector.connect(
            unix_socket=socket, user="root", use_pure=True, autocommit=True, charset="utf8mb4", ssl_disabled=True
        )
        _OPEN[socket, process] = connection, connection.cursor()
    return _OPEN[socket, process][1]


def disconnect() -> None:
    """Close the checker's connection."""
    while _OPEN:
        _OPEN.popitem()[1][0].close()
