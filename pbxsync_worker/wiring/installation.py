"""Builds the concrete parts from settings and hands them to the stories of `sync`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import cached_property, partial
from math import inf
from pathlib import Path
from typing import BinaryIO

from pbxsync_worker.apply.journal import FileJournal
from pbxsync_worker.apply.past import PastLink
from pbxsync_worker.asterisk.controller import AsteriskController
from pbxsync_worker.asterisk.database import AstdbOverAmi
from pbxsync_worker.asterisk.facts import running
from pbxsync_worker.asterisk.freepbx import FreePbx, FreePbxPaths
from pbxsync_worker.asterisk.session import AmiAddress
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.contents import ContentStore
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.handover import RedisWaker
from pbxsync_worker.core.locks import held
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import ASTDB, COLLECT, FILE_PLACES, SQL, SQLITE, VOICEMAIL, Dataset, Place
from pbxsync_worker.core.model.errors import NotAllowed, NotFound, PbxSyncError, SourceOutOfReach
from pbxsync_worker.core.model.facts import GateFinding
from pbxsync_worker.core.model.host import Peer, PeerState, Policy, Right
from pbxsync_worker.core.model.inventory import Inventory, digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.pattern import Matcher, matcher
from pbxsync_worker.core.model.pbx import Finding
from pbxsync_worker.core.model.ports import AsteriskControl, HostData, Overlay, Pbx, PeerLink
from pbxsync_worker.core.model.presets.overlay import EVERYWHERE, REPLICA
from pbxsync_worker.core.model.protected import ALWAYS, FREEPBX
from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.settings import Settings
from pbxsync_worker.core.store import Store, open_store
from pbxsync_worker.core.store.memory import RunMemory
from pbxsync_worker.core.wire import pack
from pbxsync_worker.datasets.astdb import AstdbData, AstdbFile, Seen, lamps_for
from pbxsync_worker.datasets.collected import CollectedData
from pbxsync_worker.datasets.files import FilesData
from pbxsync_worker.datasets.many import ManyData
from pbxsync_worker.datasets.messages import MESSAGES, MessageData
from pbxsync_worker.datasets.mysql import Login, RowOverlay, RowsSeen, SqlData
from pbxsync_worker.datasets.sqlite import SqliteData
from pbxsync_worker.datasets.voicemail import BoxData
from pbxsync_worker.peer.client import HttpsPeerLink, Trust
from pbxsync_worker.peer.connection import Address, Connection
from pbxsync_worker.peer.control import PeerControl
from pbxsync_worker.peer.errands import ErrandTransport
from pbxsync_worker.peer.exchange import Exchange
from pbxsync_worker.peer.identity import Identity, own_identity
from pbxsync_worker.peer.lines import Lines
from pbxsync_worker.sync.parts import Gate, Host, NoOverlay, Parts, nothing_between
from pbxsync_worker.sync.recover import recover
from pbxsync_worker.wiring import streams
from pbxsync_worker.wiring.asterisk import control_of
from pbxsync_worker.wiring.devices import keys_that_stay
from pbxsync_worker.wiring.facts import Beside, OwnFacts, gate_to
from pbxsync_worker.wiring.freepbx import FreePbxAsterisk, FreePbxFlags, all_reloads, logins
from pbxsync_worker.wiring.reach import answers, only_calls_us, out_of_reach
from pbxsync_worker.wiring.restored import Restored
from pbxsync_worker.wiring.rules import rules_for

STREAMS, DELTAS = streams.STREAMS, streams.DELTAS

_EVERYTHING = Policy(rights=frozenset(Right), actions=("*",))
_LIVE_ON = frozenset({"store", "waker", "identity", "contents", "fitted", "protected", "files", "keys_seen", "looks"})
"""Parts that know nothing of a single run; databases and Asterisk are met anew each time."""


class Installation:
    """PBXSync as it is installed on this host; parts are built when they are first needed."""

    def __init__(self, settings: Settings, lines: Lines | None = None) -> None:
        """Begin; lines: connections that are kept open, None where each use opens and closes its own."""
        self.settings = settings
        self.clock = SystemClock()
        self.disk = Disk()
        self._lines = lines

    def go_on_from(self, last: "Installation") -> None:
        """Take over what may live on where the settings and the files below them are the same."""
        vars(self).update({name: part for name, part in vars(last).items() if name in _LIVE_ON})

    @cached_property
    def store(self) -> Store:
        """Our own database."""
        return open_store(self.settings.store, self.clock)

    @cached_property
    def waker(self) -> RedisWaker:
        """The way to wake this host's workers."""
        return RedisWaker(self.settings.redis)

    @cached_property
    def identity(self) -> Identity:
        """This host's key and certificate, made on first use."""
        return own_identity(self.settings.keys, self.disk)

    @cached_property
    def contents(self) -> ContentStore:
        """What runs replaced, and small items."""
        return ContentStore(self.settings.home / "contents", self.disk)

    @cached_property
    def fitted(self) -> dict[tuple[str, str], Dataset]:
        """What of the dataset of a job, by group and name, fitted both hosts the last time."""
        return {}

    @cached_property
    def protected(self) -> Matcher:
        """What never leaves and is never touched on this host."""
        freepbx = FREEPBX if self.settings.freepbx_conf.exists() else ()
        return matcher((*ALWAYS, *freepbx, *self.settings.protected))

    @cached_property
    def data(self) -> ManyData:
        """Everything of this PBX that a dataset may name."""
        settings, stays = self.settings, keys_that_stay(self.databases, self.clock)
        file = AstdbFile(settings.astdb, self.disk, self.clock, lambda: not self.astdb.running(), self.keys_seen)
        keys = AstdbData(self.astdb, file, self.protected, settings.home, self.disk, stays)
        boxes = BoxData(self.files, self.protected, settings.home, self.disk, self.clock)
        messages = MessageData(settings.places.get(Place.SPOOL), self.protected, self.disk, self.clock)
        parts: dict[bytes, HostData] = {ASTDB: keys, VOICEMAIL: boxes, MESSAGES: messages}
        return ManyData({**parts, SQL: self.rows, SQLITE: self.sqlite, COLLECT: self.records}, self.files)

    @cached_property
    def keys_seen(self) -> Seen:
        """What the last look at the AstDB found."""
        return Seen()

    @cached_property
    def looks(self) -> RowsSeen:
        """What the last looks at the tables found."""
        return RowsSeen()

    @cached_property
    def rows(self) -> SqlData:
        """The rows of FreePBX's databases."""
        return SqlData(self.databases, self.protected, self.settings.home, self.disk, self.clock, seen=self.looks)

    @cached_property
    def records(self) -> CollectedData:
        """The call records of FreePBX, which are collected."""
        return CollectedData(self.databases, lambda: self.identity.id, self.settings.home, self.disk, self.clock)

    @cached_property
    def sqlite(self) -> SqliteData:
        """The SQLite databases of this PBX, but for the AstDB and our own."""
        settings = self.settings
        never = (settings.astdb, *(settings.home / name for name in ("store.sqlite", "contents/small.sqlite")))
        return SqliteData(settings.places, self.protected, settings.home, self.disk, self.clock, never)

    def base(self, item: Item) -> BinaryIO | None:
        """Open what this host has of an item, to make a delta against."""
        return self.sqlite.base(item) if item.kind is ItemKind.DATABASE else self.files.base(item)

    @cached_property
    def freepbx(self) -> FreePbx | None:
        """FreePBX of this host, None where there is none."""
        settings = self.settings
        if not settings.freepbx_conf.exists():
            return None
        become = ("sudo", "-n", "-u", user, "--") if (user := settings.fwconsole_user) else ()
        lock, program = settings.sockets / "freepbx.lock", settings.fwconsole
        paths = FreePbxPaths(lock, settings.freepbx_conf, program, become, settings.control_socket.parent)
        return FreePbx(paths, self.clock)

    @cached_property
    def databases(self) -> Mapping[str, Login]:
        """The databases of FreePBX; none without it."""
        return {} if self.freepbx is None else logins(self.freepbx.conf().login())

    @cached_property
    def astdb(self) -> AstdbOverAmi:
        """AstDB as the running Asterisk gives it."""
        return AstdbOverAmi(self.ami, self.clock, control=self.settings.control_socket)

    @cached_property
    def files(self) -> FilesData:
        """The files of this PBX."""
        settings = self.settings
        places: dict[Place, Path] = {place: path for place, path in settings.places.items() if place in FILE_PLACES}
        return FilesData(places, self.protected, settings.home / "index", settings.home, self.disk, self.clock)

    @cached_property
    def pbx(self) -> Pbx:
        """The Asterisk of this host, with FreePBX around it where it is."""
        settings = self.settings
        asterisk = AsteriskController(
            self.ami, settings.log_file, settings.sip_address, self.clock, control=settings.control_socket
        )
        if self.freepbx is None:
            return asterisk
        flags = FreePbxFlags(lambda: self.databases["asterisk"])
        return FreePbxAsterisk(asterisk, self.freepbx, self.files.config_view, flags)

    @property
    def ami(self) -> AmiAddress:
        """Where and as whom we log in to Asterisk."""
        settings = self.settings
        return AmiAddress(settings.ami_host, settings.ami_port, settings.ami_user, lambda: settings.ami_secret)

    @cached_property
    def facts(self) -> OwnFacts:
        """What this host says of itself to those it syncs with."""
        settings = self.settings
        return OwnFacts(
            lambda: self.store.hosts.me().name,
            lambda modules: running(self.ami, self.clock, modules),
            self.freepbx,
            lambda: self.databases,
            self.files.config_view,
            settings.places.get(Place.DATA, settings.home) / "sounds",
            self.clock,
        )

    @cached_property
    def journal(self) -> FileJournal:
        """The journals of unfinished runs."""
        return FileJournal(self.settings.journal, self.disk)

    @cached_property
    def host(self) -> Host:
        """The parts that belong to this host whatever the run."""
        return Host(
            data=self.data,
            config=lambda: self.files.config_view(()),
            pbx=self.pbx,
            reloads=all_reloads,
            memory=RunMemory(self.store),
            journal=self.journal,
            contents=self.contents,
            clock=self.clock,
            lamps=self._light,
            control=self.asterisk,
        )

    @cached_property
    def asterisk(self) -> AsteriskControl:
        """What is done to the Asterisk of this host beside reloads."""
        return control_of(self.settings, self.ami, self.pbx.look, self.clock)

    def _light(self, changes: Sequence[Change]) -> tuple[Finding, ...]:
        lamps = lamps_for(changes)
        if not lamps or not self.astdb.running():
            return ()
        with self.astdb as asterisk:
            return asterisk.light(lamps)

    @contextmanager
    def parts(self, run: Run) -> Iterator[Parts]:
        """Give what one run needs; raise NotFound, NotAllowed where the run names what is not or may not be here."""
        catalogue = self.store.catalogues.current(run.group)
        job = catalogue.job(run.job) if run.goal else catalogue.leading(run.job, run.source, run.target)
        dataset = catalogue.dataset(job.dataset)
        with ExitStack() as stack:
            stack.callback(self.rows.close)
            link, policy, gate = self._source(run, stack)
            if job.bandwidth and isinstance(link, HttpsPeerLink):
                link.limit(job.bandwidth)
            overlay = self._overlay(run, dataset, policy)
            rules = rules_for(self.store, run, catalogue, job)
            deadline = self.clock.monotonic() + job.time_limit if job.time_limit and not run.goal else inf
            seconds = job.probe_seconds
            yield Parts(self.host, link, dataset, policy, seconds, gate, overlay, rules=rules, deadline=deadline)

    def _overlay(self, run: Run, dataset: Dataset, policy: Policy) -> Overlay:
        """Return what this host keeps of what arrives; what it was itself is nobody else's."""
        if run.goal:
            return NoOverlay()
        own = (one.rule for one in self.store.own_rules.all().values())
        rules = (*own, *EVERYWHERE, *(REPLICA if policy.replica else ()))
        return RowOverlay(dataset.tables, rules, self._of_job(run, "overlay"), self.disk)

    def _source(self, run: Run, stack: ExitStack) -> tuple[PeerLink, Policy, Gate]:
        if run.goal:
            return PastLink(self._past(run.goal), self.contents), _EVERYTHING, nothing_between
        peer = self.paired(run.source)
        if out_of_reach(self.store.lines.of(run.source), peer.host.address):
            raise SourceOutOfReach(host=peer.host.name)
        link = stack.enter_context(self.link(peer))
        past = Restored(self._of_job(run, "seen"), self.disk)
        stack.callback(self._keep, past, run)
        return link, peer.policy, self._expecting(run, link, self.gate(link, past))

    def _expecting(self, run: Run, link: HttpsPeerLink, gate: Gate) -> Gate:
        """Let the link ask for the facts and, as it was the last time, for what passes the gate in one request."""
        fitted, job = self.fitted, (run.group, run.job)
        known = self.store.inventories.baseline(*job) if job in fitted else None
        if known is not None:
            link.expect(fitted[job], known[1])

        def between(dataset: Dataset) -> tuple[tuple[GateFinding, ...], Dataset]:
            findings, fits = gate(dataset)
            fitted[job] = fits
            return findings, fits

        return between

    def _keep(self, past: Restored, run: Run) -> None:
        """Remember what the hosts were where the run ended well: then they are what they should be."""
        try:
            state = self.store.runs.get(run.id).state
        except NotFound:
            return  # somebody looked at the parts of a run that was never asked for
        if state in (State.COMMITTED, State.UNCHANGED):
            past.keep()

    def _of_job(self, run: Run, what: str) -> Path:
        job = digest_of(pack((run.group, run.job))).hex()[:32]
        return self.settings.home / "index" / f"{what}-{job}"

    def _past(self, goal: str) -> Callable[[], Inventory]:
        run, _, side = goal.partition(":")
        return lambda: self.store.inventories.get(self.store.inventories.state(run, side).root)

    @contextmanager
    def link(self, peer: Peer) -> Iterator[HttpsPeerLink]:
        """Open the way to a source; what it may write here bounds what is taken from it.

        It breaks the protocol only with what no host sends; what this host alone protects is kept, not held against it.
        """
        trust = Trust(peer.policy.places, matcher(ALWAYS), peer.host.id)
        with self._exchange(peer) as exchange:
            line = lambda: self.store.lines.of(peer.host.id).speed  # noqa: E731 - asked once it is needed
            yield HttpsPeerLink(exchange, trust, DELTAS, self.base, self.clock, line, self.files.begun)

    def gate(self, link: HttpsPeerLink, past: Restored | None = None) -> Gate:
        """Return what stands between a source and this host."""
        return gate_to(link, self.facts, Beside(self.rows.raise_to, past))

    @contextmanager
    def control(self, peer: Peer) -> Iterator[PeerControl]:
        """Open the way to a host that executes runs for us."""
        if only_calls_us(self.store.lines.of(peer.host.id), peer.host.address):
            to, lines = peer.host, self.store.lines
            waiting = ErrandTransport(to.id, to.name, lines, self.clock, partial(self._call, peer))
            with closing(waiting):
                yield PeerControl(Exchange(peer.host.name, waiting, STREAMS))
            return
        with self._exchange(peer) as exchange:
            yield PeerControl(exchange)

    def _call(self, peer: Peer) -> Connection | None:
        return Connection(self.way_to(peer), self.clock) if answers(peer.host.address) else None

    @contextmanager
    def _exchange(self, peer: Peer) -> Iterator[Exchange]:
        to = self.way_to(peer)
        if self._lines is not None:
            with self._lines.lend(to) as transport:
                yield Exchange(peer.host.name, transport, STREAMS)
            return
        connection = Connection(to, self.clock)
        try:
            yield Exchange(peer.host.name, connection, STREAMS)
        finally:
            connection.close()

    def way_to(self, peer: Peer) -> Address:
        """Return where a host is reached, and who must answer there."""
        return Address(peer.host.name, peer.host.address, peer.host.id, self.identity)

    def paired(self, identity: str) -> Peer:
        """Return a peer that is trusted; raise NotFound, NotAllowed."""
        peer = self.store.hosts.by_id(identity)
        if peer.state is not PeerState.PAIRED:
            raise NotAllowed(reason=say("host {name} is not paired", name=peer.host.name))
        return peer

    @contextmanager
    def host_lock(self) -> Iterator[bool]:
        """Hold this host: only the holder changes it. Gives False where another process does."""
        with held(self.settings.sockets / "host.lock") as mine:
            yield mine

    def rollout_lock(self, rollout: str) -> Path:
        """Return the lock file of one rollout: it is coordinated by one process at a time."""
        return self.settings.sockets / f"rollout-{rollout}.lock"

    def recover(self, why: PbxSyncError | None = None) -> tuple[Run, ...]:
        """End whatever was cut off on this host; the caller holds the host's lock."""
        idle = (State.REQUESTED, State.WAITING)
        cut = [run for run in self.store.runs.unfinished() if run.here and run.state not in idle]
        return recover(self.host, [self.store.runs.take(run.id) for run in cut], why)

    def tidy(self, *, thorough: bool = True) -> None:
        """Forget old states, keep within the quota; thorough: read all kept ones for contents that nothing needs."""
        keep, states = self.settings.keep_states, self.store.inventories
        states.trim(keep)
        while thorough or (keep > 1 and self.contents.size() > self.settings.contents_quota):
            keep = keep if thorough else keep // 2
            thorough = False
            self.contents.sweep(states.prune(keep))
