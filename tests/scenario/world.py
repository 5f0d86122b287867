"""Two hosts in one process: real files, journal and SQLite; the PBX, the link, the clock and the power are ours."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

from sqlalchemy import Connection

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.handover import request_rollback
from pbxsync_worker.core.model.asterisk_action import AS_CHANGED, AsteriskAction
from pbxsync_worker.core.model.dataset import ASTDB, MESSAGES, Dataset, DeletePolicy, FamilySet, FileSet, Keep, Place
from pbxsync_worker.core.model.host import Catalogue, GroupKind, Job, Peer, PeerState, Policy, Right
from pbxsync_worker.core.model.host import Host as HostName
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.ports import AsteriskControl
from pbxsync_worker.core.model.protected import ALWAYS
from pbxsync_worker.core.model.run import Mode, Run, State
from pbxsync_worker.core.settings import Settings
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.store.runs import new_id
from pbxsync_worker.datasets.astdb import AstdbData, AstdbFile
from pbxsync_worker.datasets.files import FilesData
from pbxsync_worker.datasets.many import ManyData
from pbxsync_worker.datasets.messages import MessageData
from pbxsync_worker.jobs import execute_on
from pbxsync_worker.sync.control import NoControl
from pbxsync_worker.sync.parts import nothing_between
from pbxsync_worker.wiring import Installation
from tests.fakes.astdb import MemoryAstdb
from tests.fakes.clock import HandClock
from tests.fakes.disk import BreakingDisk
from tests.fakes.link import DirectLink
from tests.fakes.pbx import FakePbx
from tests.scenario.asterisk import Machine, MachineControl, MachinePbx

A, B = "a" * 64, "b" * 64
PLACES = {place: place.name.lower() for place in Place}
DATASET = Dataset(
    "files",
    "Files",
    (
        FileSet(Place.ETC, exclude=("**/*.bak",), delete=DeletePolicy.KNOWN, keep=Keep(xattrs=True)),
        FileSet(Place.SPOOL, "voicemail", delete=DeletePolicy.MIRROR),
        FileSet(Place.VARLIB, "moh", include=("*.wav", "sub/**"), delete=DeletePolicy.NEVER),
    ),
    families=(FamilySet("CF"), FamilySet("AMPUSER", "*/cidname")),
)
POLICY = Policy(frozenset({Right.WRITE}), max_delete_percent=50)
DOWN = MemoryAstdb(down=True)
"""An Asterisk that does not run, so that both hosts read and write the file of its database."""
Print = dict[str, tuple[object, ...]]


class CountedDatabase(Database):
    """A database whose writing transactions are counted, and cut, among the acts of the disk."""

    def __init__(self, url: str, disk: BreakingDisk) -> None:
        super().__init__(url)
        self._disk = disk

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self._disk.around("store"), super().write() as connection:
            yield connection


class CountedPbx(FakePbx):
    """A PBX whose reloads are counted among the acts of the disk."""

    disk: BreakingDisk

    def reload(self, reloads):
        with self.disk.around("reload"):
            return super().reload(reloads)


@dataclass
class World:
    """Hosts A (the source) and B (the target) below one folder; open it again to be a new process on B."""

    root: Path
    disk: BreakingDisk = field(default_factory=BreakingDisk)
    pbx: FakePbx = field(default_factory=CountedPbx)
    dataset: Dataset = DATASET
    policy: Policy = POLICY
    clock: HandClock = field(default_factory=HandClock)
    link: DirectLink | None = None
    control: AsteriskControl = field(default_factory=NoControl)
    action: AsteriskAction = AS_CHANGED

    def __post_init__(self) -> None:
        machine = Machine(self.root)
        if machine.here:
            self.pbx = MachinePbx(machine)
            self.control = MachineControl(self.pbx)
            self.action = machine.action
        self.pbx.disk = self.disk  # type: ignore[attr-defined]
        self.here = Target(self)

    @property
    def a(self) -> Path:
        """Return the folder of the source's places."""
        return self.root / "a"

    @property
    def b(self) -> Path:
        """Return the folder of the target's places."""
        return self.root / "b"

    @cached_property
    def source(self) -> FilesData:
        """The files of the source."""
        return files_data(self.a, self.root / "a-home", Disk(), self.clock)

    @property
    def everything(self) -> ManyData:
        """The files and the keys of the source."""
        file = AstdbFile(self.a / "db/astdb.sqlite3", Disk(), self.clock, down=lambda: True)
        keys = AstdbData(DOWN, file, matcher(ALWAYS), self.root / "a-home", Disk())
        messages = MessageData(self.a / "spool", matcher(ALWAYS), Disk(), self.clock)
        return ManyData({ASTDB: keys, MESSAGES: messages}, self.source)

    @property
    def store(self) -> Store:
        """What the target remembers."""
        return self.here.store

    def settle_in(self, template: Path | None = None) -> "World":
        """Make both hosts, paired, with one job; template: a migrated store, copied instead of made."""
        for side in (self.a, self.b):
            for name in PLACES.values():
                (side / name).mkdir(parents=True)
            set_keys(side)
        home = self.root / "b-home"
        home.mkdir()
        if template is None:
            self.store.database.migrate()
        else:
            shutil.copy(template, home / "store.sqlite")
        self.write_catalogue()
        self.set_policy(self.policy)
        return self

    def write_catalogue(self, version: int = 1) -> None:
        """Store the catalogue with the one job."""
        hosts = (HostName(A, "a", "a:1"), HostName(B, "b", "b:1"))
        jobs = (Job("job", "Job", self.dataset.name, A, (B,)),)
        whole = Catalogue("farm", "Farm", GroupKind.FARM, A, version, hosts, (self.dataset,), jobs)
        self.store.catalogues.save(Signed(document_of(whole), A, b""))

    def set_policy(self, policy: Policy) -> None:
        """Say what the source may do on the target."""
        self.store.hosts.save(Peer(HostName(A, "a", "a:1"), b"", PeerState.PAIRED, policy))

    def sync(self, mode: Mode = Mode.APPLY, **values: object) -> Run:
        """Ask for a run and execute it."""
        return self.execute(self.request(mode, **values))

    def request(self, mode: Mode = Mode.APPLY, **values: object) -> Run:
        """Ask for a run."""
        self._let_time_pass()
        number = new_id()
        run = Run(number, "farm", "job", A, B, mode, State.REQUESTED, requested_by="ana")
        self.store.runs.request([replace(run, **values)])  # type: ignore[arg-type]  # any field by name
        return self.store.runs.get(number)

    def execute(self, run: Run) -> Run:
        """Execute a run as the worker does, after recovering what was cut off."""
        ended = execute_on(self.here, run.id)
        assert ended is not None
        return ended

    def rollback(self, run: Run, side: str) -> Run:
        """Return to the state before or after a run."""
        self._let_time_pass()
        return self.execute(request_rollback(self.store, _Nobody(), self.store.runs.get(run.id), side, "ana"))

    def _let_time_pass(self) -> None:
        for newest in self.store.runs.find(limit=1):
            self.clock.move(max(1.0, newest.requested_at + 1 - self.clock.now()))

    def again(self, disk: BreakingDisk | None = None, root: Path | None = None) -> "World":
        """Return the same hosts seen by a new process, with a healthy PBX."""
        self.close()
        return World(root or self.root, disk or BreakingDisk(), dataset=self.dataset, policy=self.policy)

    def close(self) -> None:
        """End this process."""
        if "store" in vars(self.here):
            self.store.database.close()


class Target(Installation):
    """The installation of host B, with the parts that the world gives it."""

    def __init__(self, world: World) -> None:
        home = world.root / "b-home"
        places = {place: world.b / name for place, name in PLACES.items()}
        conf = write(world.root / "asterisk.conf", f"[directories]\nastdbdir => {world.b / 'db'}\n")
        nowhere = world.root / "none"
        super().__init__(Settings(home, places=places, freepbx_conf=nowhere, asterisk_conf=conf, keep_states=4))
        self.astdb = DOWN  # type: ignore[assignment]  # its file is ours to read and write then
        self._world = world
        self.clock = world.clock  # type: ignore[assignment]  # a Clock as well
        self.disk = world.disk

    @cached_property
    def store(self) -> Store:
        """Our own database, whose transactions are counted."""
        return Store(CountedDatabase(self.settings.store, self._world.disk), self._world.clock)

    @cached_property
    def pbx(self):
        """The PBX of the world."""
        return self._world.pbx

    @cached_property
    def asterisk(self):
        """The control of the world."""
        return self._world.control

    @contextmanager
    def parts(self, run: Run):
        """Give what a run needs, with what the world lets Asterisk do."""
        with super().parts(run) as parts:
            yield parts if run.goal else replace(parts, action=self._world.action)

    @contextmanager
    def link(self, peer: Peer):
        """Reach the source directly."""
        self._world.link = self._world.link or DirectLink(self._world.everything)
        yield self._world.link

    def gate(self, link, past=None):
        """Let everything through: both hosts are the same."""
        return nothing_between


class _Nobody:
    """A waker that wakes nobody: the tests execute by hand."""

    def execute(self, run: str) -> None:
        pass

    def rollout(self, rollout: str) -> None:
        pass

    def grant(self, wish: str, *, alone: bool = False) -> None:
        pass


def files_data(side: Path, home: Path, disk: Disk, clock: HandClock) -> FilesData:
    """Return the files below one side."""
    places = {place: side / name for place, name in PLACES.items()}
    return FilesData(places, matcher(ALWAYS), home / "index", home, disk, clock)


def write(path: Path, content: bytes | str = b"", mode: int = 0o640, mtime: int = 1_600_000_000) -> Path:
    """Write a file with all it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    os.utime(path, ns=(mtime * 10**9 + 123, mtime * 10**9 + 123))
    return path


def set_keys(side: Path, **keys: str | None) -> None:
    """Change AstDB keys of one side as people do; `__` in a name stands for the slash, None removes."""
    file = side / "db/astdb.sqlite3"
    file.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(file)) as link, link:
        link.execute("CREATE TABLE IF NOT EXISTS astdb(key VARCHAR(256), value VARCHAR(256), PRIMARY KEY(key))")
        for name, value in keys.items():
            key = "/" + name.replace("__", "/")
            link.execute("DELETE FROM astdb WHERE key = ?", (key,))
            if value is not None:
                link.execute("INSERT INTO astdb VALUES (?, ?)", (key, value))


def keys_of(file: Path) -> list[tuple[str, str]]:
    """Return what an AstDB holds."""
    with closing(sqlite3.connect(file)) as link:
        return link.execute("SELECT key, value FROM astdb ORDER BY key").fetchall()


def fingerprint(*trees: Path) -> Print:
    """Return everything that must not be torn: names, kinds, modes, owners, bytes; of files also times and xattrs."""
    found: Print = {}
    for tree in trees:
        for path in [tree, *tree.rglob("*")]:
            found[os.fsencode(path.relative_to(tree.parent)).hex()] = _print(path)
    return found


def _print(path: Path) -> tuple[object, ...]:
    status = path.lstat()
    common = (stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)
    if stat.S_ISLNK(status.st_mode):
        return (*common, str(path.readlink()))
    if stat.S_ISDIR(status.st_mode):
        return common
    xattrs: list[tuple[str, bytes]] = []
    with suppress(OSError):
        xattrs = [(name, os.getxattr(path, name)) for name in sorted(os.listxattr(path))]
    if path.name == "astdb.sqlite3":
        return (*common, *keys_of(path))  # what it holds; SQLite counts its writes in the file
    return (*common, status.st_mtime_ns, blake2b(path.read_bytes()).hexdigest(), *xattrs)
