"""Two whole hosts in one process that are each other's peers: real stores, files and journals, one clock by hand."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from pbxsync_worker.core.model.dataset import Dataset, Place
from pbxsync_worker.core.model.errors import HostUnreachable
from pbxsync_worker.core.model.host import Catalogue, GroupKind, Host, Job, Peer, PeerState, Policy, Right
from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.core.settings import Settings
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.jobs import execute_on
from pbxsync_worker.peer.control import RunStatus
from pbxsync_worker.sync.parts import nothing_between
from pbxsync_worker.wiring import Installation
from pbxsync_worker.wiring.changes import SourceWatch
from pbxsync_worker.wiring.coordinate import coordinate
from pbxsync_worker.wiring.schedule import Scheduler
from tests.fakes.clock import HandClock
from tests.fakes.link import DirectLink
from tests.fakes.pbx import FakePbx
from tests.scenario.world import write

NAMES = ("a", "b", "c", "d")


class Member(Installation):
    """One host; whatever it asks of another happens at once."""

    def __init__(self, group: "Group", name: str) -> None:
        home = group.root / name
        places = {Place.ETC: home / "etc", Place.VARLIB: home / "lib"}
        for folder in (*places.values(), home / "home"):
            folder.mkdir(parents=True)
        conf = write(home / "asterisk.conf", "[directories]\n")
        super().__init__(Settings(home / "home", places=places, freepbx_conf=home / "none", asterisk_conf=conf))
        self.name = name
        self.id = name * 64
        self.clock = group.clock  # type: ignore[assignment]  # a Clock as well
        self.waker = group  # type: ignore[assignment]  # wakes whoever the group turns
        self.fake = FakePbx()
        self.pbx = self.fake
        self._group = group

    @property
    def as_host(self) -> Host:
        """Return the host as its peers know it."""
        return Host(self.id, self.name, f"{self.name}:1")

    @cached_property
    def store(self) -> Store:
        """Its own database, a copy of an empty one."""
        file = self.settings.home / "store.sqlite"
        file.write_bytes(self._group.template.read_bytes())
        return Store(Database(f"sqlite:///{file}"), self.clock)

    @contextmanager
    def link(self, peer: Peer) -> Iterator[DirectLink]:  # type: ignore[override]  # a PeerLink as well
        """Reach another host's data directly."""
        yield Near(self._group.member(peer.host.id).files)

    def gate(self, link, past=None):
        """Let everything through: all hosts are the same."""
        return nothing_between

    @cached_property
    def identity(self):
        """A key of its own, with the name that the tests give it."""
        return Signing(self.id)

    @contextmanager
    def control(self, peer: Peer):
        """Ask another host for something; raise HostUnreachable where either of the two is down."""
        if {self.name, peer.host.name} & self._group.down:
            raise HostUnreachable(host=peer.host.name, reason="it is down")
        yield Asked(self._group.member(peer.host.id))


@dataclass(frozen=True)
class Signing:
    """An identity whose signatures nobody checks here."""

    id: str

    def sign(self, document: bytes) -> bytes:
        """Return no signature."""
        return document[:0]


class Near(DirectLink):
    """A link that needs nothing announced."""

    def expect(self, *_: object) -> None:
        """Do nothing with what the caller has from the last time."""


class Asked:
    """What another host does when it is asked: the port of the peer service in one process."""

    def __init__(self, there: Member) -> None:
        self._there = there
        self.requests = 0

    def ask_run(self, run: Run, signed: Signed, *_: object) -> RunStatus:
        """Take a run and execute it at once."""
        self._there.store.catalogues.save(signed)
        asked = replace(run, here=True, rollout="", position=0, not_before=0.0)
        self._there.store.runs.request((asked,))
        execute_on(self._there, run.id)
        return RunStatus(self._there.store.runs.moves(run.id, 1))

    def follow(self, run: str, after: int, *_: object, **__: object) -> RunStatus:
        """Tell how a run went."""
        return RunStatus(self._there.store.runs.moves(run, after))

    def give_catalogue(self, signed: Signed) -> None:
        """Take a catalogue."""
        self._there.store.catalogues.save(signed)

    def changed(self, group: str, job: str) -> None:
        """Take word of a change."""
        self._there.store.occurrences.tell_change([(group, job)])


class Group:
    """Hosts that trust each other, and jobs between them; the first one coordinates."""

    def __init__(self, root: Path, template: Path, names: tuple[str, ...] = ("a", "b")) -> None:
        self.root, self.template, self.clock = root, template, HandClock()
        self.asked: list[str] = []
        self.down: set[str] = set()
        self.turn = ""  # name of the host whose scheduler and worker live now, "" for the first
        self.members = {name: Member(self, name) for name in names}
        self._watches = {name: SourceWatch(one) for name, one in self.members.items()}
        everything = Policy(frozenset(Right), max_delete_percent=100)
        for one in self.members.values():
            one.store.hosts.set_me(one.as_host)
            for other in self.members.values():
                if other is not one:
                    one.store.hosts.save(Peer(other.as_host, b"", PeerState.PAIRED, everything))

    def member(self, identity: str) -> Member:
        """Return a host by its identity."""
        return self.members[identity[0]]

    def agree(
        self, datasets: tuple[Dataset, ...], *jobs: Job, version: int = 1, kind: GroupKind = GroupKind.FEDERATION
    ) -> None:
        """Give every host the same jobs."""
        hosts = tuple(one.as_host for one in self.members.values())
        first = hosts[0].id
        whole = Catalogue("peers", "Peers", kind, first, version, hosts, datasets, jobs)
        for one in self.members.values():
            one.store.catalogues.save(Signed(document_of(whole), first, b""))

    def live(self, seconds: float, step: float = 2.0) -> list[Run]:
        """Let every monitor look again and again; return the runs that were coordinated meanwhile."""
        known = {run.id for run in self.coordinator.store.runs.find(limit=10_000)}
        for _ in range(int(seconds / step)):
            self.clock.move(step)
            for watch in self._watches.values():
                watch.step()
            Scheduler(self.coordinator.store, self, self.clock).step()
            self._work()
        return [run for run in reversed(self.coordinator.store.runs.find(limit=10_000)) if run.id not in known]

    @property
    def coordinator(self) -> Member:
        """Return the host that starts the jobs."""
        return self.members[self.turn] if self.turn else next(iter(self.members.values()))

    def _work(self) -> None:
        asked, self.asked = self.asked, []
        for rollout in asked:
            coordinate(self.coordinator, rollout)

    def rollout(self, identity: str) -> None:
        """Remember whom a waker was asked to wake."""
        self.asked.append(identity)

    def rollouts(self, identities: Sequence[str]) -> None:
        """Remember all of them."""
        self.asked += identities

    def execute(self, run: str) -> None:
        """Execute a run of the coordinator itself."""
        if self.coordinator.store.runs.get(run).state is State.REQUESTED:
            execute_on(self.coordinator, run)

    def grant(self, wish: str, *, alone: bool = False) -> None:
        """Grant nothing: these tests wish for nothing."""

    def close(self) -> None:
        """End every host."""
        for one in self.members.values():
            one.store.database.close()
