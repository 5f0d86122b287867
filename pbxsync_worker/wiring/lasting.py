"""The installation of a process that outlives its tasks: each task gets a new one that takes over what may live on."""

import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock

from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.errors import NotFound, PbxSyncError, Retry
from pbxsync_worker.core.model.host import PeerState
from pbxsync_worker.core.settings import Settings, load
from pbxsync_worker.peer.connection import Address, Connection
from pbxsync_worker.peer.control import PeerControl
from pbxsync_worker.peer.exchange import Exchange, Transport
from pbxsync_worker.peer.lines import Lines
from pbxsync_worker.wiring.installation import STREAMS, Installation

log = logging.getLogger(__name__)


class Lasting:
    """Gives one installation after the other to one thread; another one warms and tends what it keeps."""

    def __init__(self, read: Callable[[], Settings] = load) -> None:
        """Begin without anything; read: gives the settings as they are now."""
        self._read = read
        self._clock = SystemClock()
        self._lines = Lines(lambda to: Connection(to, self._clock), _ping, self.wants, self._clock)
        self._lock = Lock()
        self._last: Installation | None = None
        self._grounds: tuple[object, ...] = ()

    def fresh(self) -> Installation:
        """Return the installation as it is set now, warm where nothing it stands on has changed; raise Invalid."""
        settings = self._read()
        here, grounds = Installation(settings, self._lines), _grounds(settings)
        with self._lock:
            if self._last is not None and grounds == self._grounds:
                here.go_on_from(self._last)
            else:
                self._lines.close()
            self._last, self._grounds = here, grounds
        return here

    def warm(self) -> None:
        """Open the connections that the runs of this host's jobs will need."""
        try:
            here = self.fresh()
            for peer in here.store.hosts.peers(PeerState.PAIRED):
                if peer.host.address and peer.host.id in _met(here):
                    self._lines.open(here.way_to(peer))
        except PbxSyncError as error:
            log.warning("connections are opened when they are needed", extra={"why": error.sentence})

    def tend(self) -> None:
        """Keep the open connections alive, and close those that nobody wants any more."""
        try:
            self._lines.tend()
        except Retry as error:
            log.warning("connections are not tended for now", extra={"why": error.sentence})

    def wants(self, to: Address) -> bool:
        """Tell whether a host is still paired, and reached there."""
        with suppress(NotFound):
            if self._last is not None:
                peer = self._last.store.hosts.by_id(to.id)
                return peer.state is PeerState.PAIRED and peer.host.address == to.address
        return False


def _met(here: Installation) -> frozenset[str]:
    """Return the hosts that this one has to do with in any job: its sources, and the targets of what it leads."""
    me = here.store.hosts.me().id
    met: set[str] = set()
    for catalogue in here.store.catalogues.all():
        for job in catalogue.jobs:
            met |= {job.source} if me in job.targets else set()
            met |= {*job.targets} if me in (job.source, catalogue.primary) else set()
    return frozenset(met)


def _ping(to: Address, transport: Transport) -> None:
    PeerControl(Exchange(to.name, transport, STREAMS)).ping()


def _grounds(settings: Settings) -> tuple[object, ...]:
    """Return what an installation stands on; it may be edited at any time."""
    store = Path(settings.store.removeprefix("sqlite:///"))
    return (settings, *(_stamp(path) for path in (settings.freepbx_conf, settings.keys / "host.key")), _inode(store))


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return (status.st_ino, status.st_size, status.st_mtime_ns)


def _inode(path: Path) -> tuple[int, ...]:
    return _stamp(path)[:1]
