"""The other hosts as this one follows them: what is told them, what they tell, and what waits for us at them."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from secrets import SystemRandom
from threading import Event, Lock

from flask import Flask

from pbxsync_worker.core.model.errors import Retry, Stop
from pbxsync_worker.core.model.host import Peer, PeerState, Right
from pbxsync_worker.core.model.report import Told
from pbxsync_worker.monitor.calls import Address as Called
from pbxsync_worker.monitor.calls import Caller
from pbxsync_worker.monitor.remote import Exchanged, own_offset
from pbxsync_worker.peer.connection import Address, Connection, Deadlines
from pbxsync_worker.peer.errands import certificate_of, perform
from pbxsync_worker.peer.exchange import Exchange
from pbxsync_worker.peer.messages import Waiting
from pbxsync_worker.peer.reporter import PADDING, PeerReports
from pbxsync_worker.peer.server import create_peer_app
from pbxsync_worker.wiring.installation import STREAMS, Installation
from pbxsync_worker.wiring.port import peer_parts
from pbxsync_worker.wiring.reports import HostReports

log = logging.getLogger(__name__)

DEADLINES = Deadlines(connect=5.0, stall=35.0, window=60.0)
HOLD = 25.0
"""Seconds for which another host may hold our question for what waits there."""
AT_ONCE = 4
"""Requests of another host that are worked on at the same time."""
_TOLD = 2.0
"""Seconds of a run that one answer tells of: it is taken as a whole, and people wait for it."""
_PAUSE = 5.0
_SOON = 1.0
"""Seconds within which an answer that brings nothing means that our question was not held."""


@dataclass(frozen=True, slots=True)
class Way:
    """Where a host is called; another certificate or address is another way."""

    name: str
    id: str
    address: str
    certificate: bytes

    @property
    def reachable(self) -> bool:
        """Tell whether it has an address at all."""
        return bool(self.address)

    @classmethod
    def to(cls, peer: Peer) -> "Way":
        """Return the way to a host."""
        return cls(peer.host.name, peer.host.id, peer.host.address, peer.certificate)


class KeptLine:
    """The kept connection to one host, by which the hosts tell each other how they are: the port Line."""

    def __init__(self, peer: PeerReports, reports: HostReports, host: str) -> None:
        """host: identity of the other one."""
        self._peer = peer
        self._reports = reports
        self._host = host

    def exchange(self, *, measure: bool) -> Exchanged:
        """Tell the host how this one is and learn how it is, after it has told its throughput where that is wanted."""
        heard = self._peer.tell(self._reports.own(self._host))
        bytes_per_s = None
        if measure:
            # On a warm connection, and without the round trip that any question costs.
            loaded = self._peer.tell(self._reports.own(self._host), PADDING)
            bytes_per_s = round(PADDING / max(loaded.seconds - heard.seconds, 0.001))
        return Exchanged(heard.report, heard.seconds, heard.at, bytes_per_s)

    def close(self) -> None:
        """Close the connection."""
        self._peer.close()


class RemoteMonitor:
    """Calls the paired hosts; one step each second."""

    def __init__(self, here: Installation) -> None:
        self._here = here
        self._reports = HostReports(here.store, here.clock)
        me = here.store.hosts.me().id
        self._me = me
        self._caller = Caller(me, self._reports, self._open, here.clock, SystemRandom().random)
        self._wanted_at = -1e9
        self._errands = Errands(here)

    def step(self) -> None:
        """Call every host whose time has come, and take what waits for this one where nobody can call it."""
        now = self._here.clock.monotonic()
        if now - self._wanted_at >= _PAUSE:
            paired = self._here.store.hosts.peers(PeerState.PAIRED)
            self._caller.want([Way.to(one) for one in paired])
            lines = self._here.store.lines.all()
            self._errands.want([one for one in paired if one.host.id in lines and lines[one.host.id].called is False])
            self._forget(set(lines) - {one.host.id for one in paired})
            offset = own_offset(iter(lines.values()))
            told = Told("clock.offset_s", offset, 0.0, "link" if offset is not None else "no other host is reached")
            self._here.store.facts.record(self._me, [told])
            self._wanted_at = now
        self._caller.step()

    def close(self) -> None:
        """End every call."""
        self._caller.close()
        self._errands.want([])

    def _open(self, way: Called) -> KeptLine:
        if not isinstance(way, Way):
            raise TypeError(way)
        return KeptLine(_reports_to(self._here, way), self._reports, way.id)

    def _forget(self, gone: set[str]) -> None:
        """Forget hosts that are not paired any more."""
        for host in gone:
            self._here.store.lines.forget(host)
            self._here.store.facts.forget(host)
            self._here.store.versions.forget(host)


class Errands:
    """Takes what waits for this host at those that cannot call it, one thread each."""

    def __init__(self, here: Installation) -> None:
        self._here = here
        self._taking: dict[str, Event] = {}
        self._lock = Lock()

    def want(self, coordinators: list[Peer]) -> None:
        """Take what waits at these hosts and no others; only one that may coordinate here can have something."""
        wanted = {one.host.id: one for one in coordinators if Right.COORDINATE in one.policy.rights}
        with self._lock:
            for identity in set(self._taking) - set(wanted):
                self._taking.pop(identity).set()
            for identity in set(wanted) - set(self._taking):
                ended = self._taking[identity] = Event()
                worker = ThreadPoolExecutor(1 + AT_ONCE, "errands")
                worker.submit(self._take, wanted[identity], ended, worker)

    def _take(self, peer: Peer, ended: Event, worker: ThreadPoolExecutor) -> None:
        app = create_peer_app(replace(peer_parts(self._here, certificate_of), patience=_TOLD))
        reports = _reports_to(self._here, Way.to(peer))
        try:
            while not ended.is_set():
                began = self._here.clock.monotonic()
                try:
                    found = reports.collect(HOLD)
                    for one in found:
                        worker.submit(self._do, app, peer, one)
                    if not found and self._here.clock.monotonic() - began < _SOON:
                        ended.wait(_PAUSE * (1 + SystemRandom().random()))
                except (Retry, Stop) as error:
                    log.info("nothing could be taken", extra={"peer": peer.host.id, "why": error.sentence})
                    ended.wait(_PAUSE * (1 + SystemRandom().random()))
        finally:
            reports.close()
            worker.shutdown(wait=False)
            with self._lock:
                if self._taking.get(peer.host.id) is ended:
                    del self._taking[peer.host.id]

    def _do(self, app: Flask, peer: Peer, one: Waiting) -> None:
        reports = _reports_to(self._here, Way.to(peer))
        try:
            reports.answer(one.number, perform(app, peer.certificate, one.path, one.body))
        except (Retry, Stop) as error:
            log.warning("an answer could not be given", extra={"peer": peer.host.id, "why": error.sentence})
        except Exception:  # a thread of the pool would keep it to itself
            log.exception("a request of another host failed", extra={"peer": peer.host.id, "path": one.path})
        finally:
            reports.close()


def _reports_to(here: Installation, way: Way) -> PeerReports:
    to = Address(way.name, way.address, way.id, here.identity)
    return PeerReports(Exchange(way.name, Connection(to, here.clock, DEADLINES), STREAMS), here.clock)


def note_versions(here: Installation) -> None:
    """Keep what this host has of each job that it is a target of, so that it can be told to others and shown."""
    me = here.store.hosts.me().id
    jobs = [(one.group, job.name) for one in here.store.catalogues.all() for job in one.jobs if me in job.targets]
    known = [here.store.versions.current(me, group, job) for group, job in jobs]
    here.store.versions.keep(me, [one for one in known if one is not None])
