"""A real peer service in a process of its own: gunicorn, TLS 1.3, SQLite store; the data is read from one file."""

import socket
import subprocess
import sys
from pathlib import Path

from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.facts import HostFacts
from pbxsync_worker.core.model.host import Host
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.store import Store, open_store
from pbxsync_worker.core.wire import pack, unpack
from pbxsync_worker.peer.gunicorn_conf import PeerService, options, trusted_by
from pbxsync_worker.peer.identity import Identity, own_identity
from pbxsync_worker.peer.server import PeerParts, create_peer_app
from pbxsync_worker.wiring.reports import HostReports
from tests.fakes.inventories import InventoryMemory
from tests.fakes.link import DELTAS, STREAMS, MemoryData, nothing_protected

_HELD = list[tuple[Item, bytes]]


class RealHost:
    """A host with its own folder, and its peer service once it was started."""

    def __init__(self, home: Path, name: str) -> None:
        self.home = home
        self.name = name
        self.clock = SystemClock()
        self.identity: Identity = own_identity(home / "keys", Disk())
        self.store: Store = open_store(f"sqlite:///{home / 'store.sqlite'}", self.clock)
        self.port = _free_port()
        self.me = Host(self.identity.id, name, f"127.0.0.1:{self.port}")
        self.store.hosts.set_me(self.me)
        self.process: subprocess.Popen[bytes] | None = None

    def give(self, data: MemoryData) -> None:
        held = [(item, data.contents[name]) for name, item in data.items.items()]
        (self.home / "data").write_bytes(pack(held))

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.fakes.peer_service", str(self.home), str(self.port)]
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        for _ in range(400):
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.process.poll() is None, self.log
            self.clock.sleep(0.05)
        raise AssertionError(self.log)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def close(self) -> None:
        self.stop()
        self.store.database.close()

    @property
    def log(self) -> str:
        return (self.home / "log").read_text()


class FileData(MemoryData):
    """Data that is read anew at each look, so that a test can change it while the service runs."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def inventory(self, dataset):
        held = unpack(self._path.read_bytes(), _HELD)
        self.items = {item.name: item for item, _ in held}
        self.contents = {item.name: content for item, content in held}
        return super().inventory(dataset)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _serve(home: Path, port: str) -> None:
    identity = own_identity(home / "keys", Disk())
    clock = SystemClock()
    store = open_store(f"sqlite:///{home / 'store.sqlite'}", clock)
    store.database.close()  # gunicorn forks: no open connection may cross

    def make_app():
        parts = PeerParts(
            identity=identity,
            store=store,
            data=FileData(home / "data"),
            memory=InventoryMemory(),
            facts=lambda *_: HostFacts(""),
            protected=nothing_protected,
            enqueue=lambda run: (home / f"enqueued-{run}").touch(),
            streams=STREAMS,
            deltas=DELTAS,
            clock=clock,
            reporting=HostReports(store, clock),
        )
        return create_peer_app(parts)

    PeerService(make_app, options(identity, f"127.0.0.1:{port}", trusted_by(store))).run()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), sys.argv[2])
