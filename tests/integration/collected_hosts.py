"""Hosts with call records on one private server, and runs between them as the story in sync/run.py does them."""

from dataclasses import dataclass
from itertools import count
from pathlib import Path

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset, RowPolicy, TableSet
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.ports import Content
from pbxsync_worker.core.model.step import Step
from pbxsync_worker.datasets.collected import CollectedData
from pbxsync_worker.datasets.mysql.link import Link, Login
from pbxsync_worker.delta.compare import compare
from scripts.lab.mariadb import MariaDb
from tests.fakes.clock import HandClock
from tests.integration.mysql_hosts import DictContents

_NUMBERS = count(1)
NOON = 1_795_348_800.0
"""2026-11-22 12:00:00 UTC."""

CDR = TableSet(
    "asteriskcdrdb",
    "cdr",
    ("uniqueid", "sequence", "linkedid", "calldate", "channel"),
    policy=RowPolicy.COLLECT,
    by="calldate",
)
CEL = TableSet("asteriskcdrdb", "cel", (), drop=("id",), policy=RowPolicy.COLLECT, by="id")
CALLS = Dataset("calls", "Calls", tables=(CDR,))

CDR_COLUMNS = """calldate DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00', clid VARCHAR(80) NOT NULL DEFAULT '',
 src VARCHAR(80) NOT NULL DEFAULT '', dst VARCHAR(80) NOT NULL DEFAULT '', dcontext VARCHAR(80) NOT NULL DEFAULT '',
 channel VARCHAR(80) NOT NULL DEFAULT '', dstchannel VARCHAR(80) NOT NULL DEFAULT '',
 lastapp VARCHAR(80) NOT NULL DEFAULT '', lastdata VARCHAR(80) NOT NULL DEFAULT '', duration INT NOT NULL DEFAULT 0,
 billsec INT NOT NULL DEFAULT 0, disposition VARCHAR(45) NOT NULL DEFAULT '', amaflags INT NOT NULL DEFAULT 0,
 accountcode VARCHAR(20) NOT NULL DEFAULT '', uniqueid VARCHAR(32) NOT NULL DEFAULT '',
 userfield VARCHAR(255) NOT NULL DEFAULT '', did VARCHAR(50) NOT NULL DEFAULT '',
 recordingfile VARCHAR(255) NOT NULL DEFAULT '', linkedid VARCHAR(32) NOT NULL DEFAULT '',
 peeraccount VARCHAR(80) NOT NULL DEFAULT '', sequence INT NOT NULL DEFAULT 0"""
CDR_TABLE = f"CREATE TABLE cdr ({CDR_COLUMNS}, KEY calldate (calldate), KEY uniqueid (uniqueid))"
CEL_TABLE = """CREATE TABLE cel (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, eventtype VARCHAR(30) NOT NULL,
 eventtime DATETIME NOT NULL, uniqueid VARCHAR(150) NOT NULL, linkedid VARCHAR(150) NOT NULL, extra VARCHAR(512),
 KEY uniqueid_index (uniqueid))"""


@dataclass
class Counted:
    """What went over the connections of a host."""

    rows: int = 0
    statements: int = 0


class RecordsHost:
    """One host: a database of its own on the server, known to datasets as `asteriskcdrdb`."""

    def __init__(self, server: MariaDb, folder: Path, name: str, tables: str = CDR_TABLE) -> None:
        self.server = server
        self.id = name * 64
        self.database = f"records{next(_NUMBERS)}"
        self.home = folder / self.database
        self.clock = HandClock(NOON)
        self.counted = Counted()
        server.client(f"CREATE DATABASE `{self.database}` CHARACTER SET utf8mb4")
        if tables:
            self.sql(tables)
        self.data = self.again()

    def again(self, connect=None, disk: Disk | None = None) -> CollectedData:
        """Return the data of this host as a process started now sees it."""
        login = Login("root", str, self.database, socket=str(self.server.socket), seconds=120)
        how = connect or self._link
        return CollectedData({"asteriskcdrdb": login}, lambda: self.id, self.home, disk or Disk(), self.clock, how)

    def _link(self, login: Login) -> Link:
        counted = self.counted

        class Counting(Link):
            def rows(self, sql, values=()):
                counted.statements += 1
                for row in super().rows(sql, values):
                    counted.rows += 1
                    yield row

        return Counting(login)

    def sql(self, text: str | bytes) -> str:
        return self.server.client(text, self.database)

    def call(self, uniqueid: str, at: str = "2026-11-22 11:30:00", **more: str) -> None:
        """Add a record as Asterisk does."""
        values = {"uniqueid": uniqueid, "linkedid": uniqueid, "calldate": at, "channel": f"PJSIP/{uniqueid}", **more}
        quoted = ", ".join(f"'{value}'" for value in values.values())
        self.sql(f"INSERT INTO cdr ({', '.join(values)}) VALUES ({quoted})")

    def calls(self) -> list[str]:
        """Return the unique ids of all records."""
        return self.sql("SELECT uniqueid FROM cdr ORDER BY 1").split()

    def close(self) -> None:
        self.data.close()


Hosts = tuple[RecordsHost, RecordsHost]
"""Source and target."""


def plan(hosts: Hosts, what: Dataset = CALLS) -> tuple[Change, ...]:
    """Return what a run would change, as the story decides it."""
    source, target = hosts
    ours, offered = target.data.inventory(what), source.data.offered(what)
    theirs = {
        name: target.data.settable(item, ours.items.get(name))
        for name, item in offered.items.items()
        if not target.data.why_not(what, item)
    }
    return compare(what, None, ours, Inventory(theirs)).changes


def prepare(hosts: Hosts, run: str = "r", what: Dataset = CALLS) -> tuple[Step, ...]:
    """Compare and stage."""
    return hosts[1].data.prepare(run, plan(hosts, what), lambda change: opened(hosts[0], change))


def opened(source: RecordsHost, change: Change) -> Content:
    """Return the content of a change."""
    assert change.after is not None
    return source.data.open(change.after)


def sync(hosts: Hosts, run: str = "r", what: Dataset = CALLS) -> tuple[Step, ...]:
    """Bring what is missing, and keep it."""
    steps, target = prepare(hosts, run, what), hosts[1]
    for step in steps:
        target.data.act(step)
    target.data.settle(run, steps, None)
    target.data.settle(run, steps, DictContents())
    return steps
