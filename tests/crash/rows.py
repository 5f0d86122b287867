"""Two hosts with real databases, and a story between them that is cut at any act of host B's disk or connections."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from sqlalchemy import Engine, event, make_url

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import ASTDB, SQL, VOICEMAIL, Dataset
from pbxsync_worker.core.model.errors import DatabaseSilent
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.pbx import Finding
from pbxsync_worker.core.model.protected import ALWAYS
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.datasets.astdb import AstdbData, AstdbFile
from pbxsync_worker.datasets.many import ManyData
from pbxsync_worker.datasets.mysql import Link, Login, SqlData
from pbxsync_worker.datasets.voicemail import BoxData
from tests.crash.databases import MARKER, CountedLink, Databases, Held, disconnect
from tests.crash.points import EVERY, OLD_STATES, Story, difference, leftovers
from tests.crash.rows_content import ROWS
from tests.crash.snapshot import Snapshot
from tests.fakes.astdb import MemoryAstdb
from tests.fakes.disk import BreakingDisk, PowerCut
from tests.fakes.link import DirectLink
from tests.scenario.world import DOWN, CountedDatabase, Print, Target, World, fingerprint


class ReusedDatabase(CountedDatabase):
    """Our own database whose engine a later one takes over: what SQLAlchemy compiled once is kept.

    Every connection ends with its process all the same; only one of them is in use at a time.
    """

    _engines: ClassVar[dict[int, tuple[Engine, list[str]]]] = {}

    def __init__(self, url: str, disk: BreakingDisk) -> None:
        super().__init__(url, disk)
        if os.getpid() not in self._engines:
            self._engines[os.getpid()] = _engine_of_changing_file(url)
        self.engine, file = self._engines[os.getpid()]
        file[0] = str(make_url(url).database)


def _engine_of_changing_file(url: str) -> tuple[Engine, list[str]]:
    engine, file = Database(url).engine, [""]

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, arguments: list[object], _options: object) -> None:
        arguments[0] = file[0]

    return engine, file


class RowTarget(Target):
    """Host B with databases."""

    def __init__(self, world: "RowWorld") -> None:
        super().__init__(world)
        self._databases, self._counting = world.databases, world.disk
        if world.asterisk is not None:
            self.astdb = world.asterisk  # type: ignore[assignment]  # keeps the same promises
            world.asterisk.around = world.disk.around

    @cached_property
    def store(self) -> Store:
        """Our own database, whose transactions are counted."""
        return Store(ReusedDatabase(self.settings.store, self._counting), self.clock)

    @cached_property
    def rows(self) -> SqlData:
        """The rows, through connections that are counted."""

        def connect(login: Login) -> Link:
            return CountedLink(login, self._counting)

        logins = self._databases.logins("b")
        return SqlData(logins, self.protected, self.settings.home, self.disk, self.clock, connect)

    def _light(self, changes: Sequence[Change]) -> tuple[Finding, ...]:
        """Set no lamps, but count it."""
        del changes
        with self._counting.around("lamps"):
            return ()


class OneLook:
    """The source's data, as it was looked at once: nobody changes it."""

    def __init__(self, data: ManyData, seen: Inventory) -> None:
        self._seen = seen
        self.open = data.open

    def inventory(self, _: Dataset) -> Inventory:
        return self._seen


@dataclass
class RowWorld(World):
    """Both hosts, with rows and mailboxes beside files and keys.

    asterisk: the keys of B's running Asterisk, which outlives our processes; None where it is down.
    """

    databases: Databases = None  # type: ignore[assignment]  # always given
    asterisk: MemoryAstdb | None = None
    dataset: Dataset = ROWS

    def __post_init__(self) -> None:
        super().__post_init__()
        self.here = RowTarget(self)

    @cached_property
    def rows(self) -> SqlData:
        """The rows of the source."""
        return SqlData(self.databases.logins("a"), matcher(ALWAYS), self.root / "a-home", Disk(), self.clock)

    @property
    def everything(self) -> ManyData:
        """All of the source."""
        home, protected = self.root / "a-home", matcher(ALWAYS)
        file = AstdbFile(self.a / "db/astdb.sqlite3", Disk(), self.clock, down=lambda: True)
        keys = AstdbData(DOWN, file, protected, home, Disk())
        boxes = BoxData(self.source, protected, home, Disk(), self.clock)
        return ManyData({ASTDB: keys, SQL: self.rows, VOICEMAIL: boxes}, self.source)

    def close(self) -> None:
        """End this process: its connections end with it."""
        super().close()
        for data in (vars(self).get("rows"), vars(self.here).get("rows")):
            if data is not None:
                data.close()


@dataclass
class RowStage:
    """A pair of hosts before a story, as `Stage`, with the rows and the keys that B holds."""

    pristine: Path
    cases: Path
    databases: Databases
    rows: Held
    keys: dict[bytes, bytes]
    story: Story
    old: Print = field(init=False)
    new: Print = field(init=False)
    source: Print = field(init=False)
    labels: list[str] = field(init=False)
    last_run: str = field(init=False)
    asterisk: MemoryAstdb = field(init=False)
    offered: Inventory | None = None
    number: int = 0

    def __post_init__(self) -> None:
        with self.case() as root:
            self.old, self.source = self.target(root), self.origin(root)
            world = self.world(root)
            self.offered = world.everything.inventory(ROWS)
            self.last_run = world.store.runs.find(limit=1)[0].id
            self.story(world)
            world.close()
            self.new, self.labels = self.target(root), list(world.disk.labels)
        disconnect()  # what was opened before a fork must not be used behind it
        assert self.old != self.new

    @property
    def name(self) -> str:
        return f"{self.pristine.name}: {self.story.__name__}"

    def world(self, root: Path, disk: BreakingDisk | None = None) -> RowWorld:
        """Return both hosts as a new process on B sees them."""
        world = RowWorld(root, disk or BreakingDisk(), databases=self.databases, asterisk=self.asterisk)
        if self.offered is not None:
            world.link = DirectLink(OneLook(world.everything, self.offered))
        return world

    @contextmanager
    def case(self) -> Iterator[Path]:
        """Give a fresh copy of both hosts, gone afterwards."""
        self.number += 1
        root = self.cases / f"{os.getpid()}-{self.number}"
        subprocess.run(["cp", "-a", "--", self.pristine, root], check=True)
        self.databases.restore(self.rows)
        self.asterisk = MemoryAstdb(dict(self.keys))
        yield root
        shutil.rmtree(root)

    @contextmanager
    def cut(self, at: int) -> Iterator["Moment"]:
        """Give what lies there when the power went before one act, to be recovered any number of times."""
        with self.case() as root:
            self.play(root, BreakingDisk(at))
            moment = Moment(self, root)
            yield moment
            moment.files.discard()

    def play(self, root: Path, disk: BreakingDisk) -> None:
        """Play the story until the power goes."""
        world = self.world(root, disk)
        with suppress(PowerCut):
            self.story(world)
        world.close()

    def recover(self, root: Path, disk: BreakingDisk | None = None) -> list[str]:
        """Recover as the next process on B does; return its acts."""
        world = self.world(root, disk)
        try:
            with world.here.host_lock() as mine:
                assert mine
                world.here.recover()
        except (PowerCut, DatabaseSilent):
            pass
        finally:
            world.close()
        return world.disk.labels

    def points(self, labels=EVERY) -> list[int]:
        """Return the acts with one of these labels; counted from 1."""
        return [at for at, label in enumerate(self.labels, 1) if label in labels]

    def target(self, root: Path) -> Print:
        """Return everything of host B that a person would miss: files, keys, mailboxes, rows; not our own marker."""
        found = _undated(fingerprint(root / "b", root / "outside"))
        found |= {(b"ASTDB/" + key).hex(): (value,) for key, value in self.asterisk.held.items()}
        rows = self.databases.held("b")
        found |= {name.encode().hex(): held for name, held in rows.items() if not name.endswith(MARKER)}
        return found

    def origin(self, root: Path) -> Print:
        """Return everything of host A."""
        held = self.databases.held("a")
        return fingerprint(root / "a") | {name.encode().hex(): rows for name, rows in held.items()}

    def judge(self, root: Path) -> State:
        """Assert that B is wholly old or wholly new, that its store says which, and that nothing of ours is left."""
        world = self.world(root)
        run = world.store.runs.find(limit=1)[0]
        state = State.REQUESTED if run.id == self.last_run else run.state
        world.close()
        assert state in OLD_STATES or state is State.COMMITTED, state
        expected, found = self.new if state is State.COMMITTED else self.old, self.target(root)
        assert found == expected, f"{state}: {difference(expected, found)}"
        assert self.origin(root) == self.source
        left = self.remains(root)
        assert not left, left
        return state

    def remains(self, root: Path) -> list[str]:
        """Return what a recovery should have taken away: temporary files, staged values, markers, originals."""
        home = root / "b-home"
        found = [*leftovers(root), *(str(path) for path in (home / "staging").glob("*"))]
        found += [str(path) for path in (home / "kept").glob("*")]
        marked = (rows for name, rows in self.databases.held("b").items() if name.endswith(MARKER))
        return [*found, *(repr(row) for rows in marked for row in rows)]

    def converge(self, root: Path) -> None:
        """Assert that a retry brings the new state, and that the run after it writes nothing at all."""
        world = self.world(root)
        self.story(world)
        assert self.target(root) == self.new
        before = world.disk.count
        last = self.story(world)
        acts = set(world.disk.labels[before:])
        world.close()
        assert (last.state, acts - {"sql connect", "sql read", "sql say"}) == (State.UNCHANGED, {"store"})
        assert self.remains(root) == []


class Moment:
    """Host B at one moment between two processes: files, rows and keys."""

    def __init__(self, stage: RowStage, root: Path) -> None:
        self.root = root
        self._stage = stage
        self.files = Snapshot(root, root.with_name(f"{root.name}-attic"))
        self._rows = stage.databases.held("b")
        self._keys = dict(stage.asterisk.held)

    def again(self) -> Path:
        """Put everything back as it was at that moment."""
        self.files.restore()
        self._stage.databases.restore(self._rows)
        self._stage.asterisk = MemoryAstdb(dict(self._keys))
        return self.root


def _undated(found: Print) -> Print:
    """Leave out when voicemail.conf was written: it is merged, so it is always a new file."""
    name = b"b/etc/voicemail.conf".hex()
    return {**found, name: (*found[name][:4], *found[name][5:])}
