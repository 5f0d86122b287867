"""One controller with every process of `pbxsync up`, paired with many simulated hosts, each with a job of its own."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from benchmarks.fleet.hosts import names
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.dataset import Dataset, FileSet, Place
from pbxsync_worker.core.model.host import Catalogue, GroupKind, Host, Job, Peer, PeerState
from pbxsync_worker.core.model.job import Schedule
from pbxsync_worker.core.model.wish import Give, policy_for
from pbxsync_worker.core.settings import Settings, load
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.peer.identity import own_identity
from pbxsync_worker.wiring import Installation

GROUP = "fleet"


class Fleet:
    """A controller and its hosts, as a context manager; nothing is left when it ends."""

    def __init__(self, folder: Path, count: int, schedule: Schedule, polling: int = 0) -> None:
        """polling: so many of the hosts are behind a router, so that the controller cannot call them."""
        self._folder = folder
        self._count = count
        self._polling = polling
        self._schedule = schedule
        self.clock = SystemClock()
        self.home = folder / "home"
        self._processes: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
            process.terminate()
            process.wait(30)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def pid(self) -> int:
        """Return the process above all of the controller."""
        return self._processes[-1].pid

    @property
    def here(self) -> Installation:
        """Return the controller as its own processes see it."""
        return Installation(self._settings)

    @property
    def log(self) -> Path:
        return self._folder / "controller.log"

    def ask(self) -> dict[str, Any]:
        """Return what the hosts saw since the last question."""
        return dict(json.loads(self._tell("tell")))

    def _tell(self, line: str) -> str:
        hosts = self._processes[0]
        assert hosts.stdin is not None
        assert hosts.stdout is not None
        hosts.stdin.write(line + "\n")
        hosts.stdin.flush()
        return hosts.stdout.readline()

    def _start(self) -> None:
        peer = f"127.0.0.1:{_free_port()}"
        self.home.mkdir(parents=True)
        lines = {
            "name": "controller", "peer_bind": peer, "peer_address": peer, "web_bind": f"127.0.0.1:{_free_port()}",
            "asterisk_conf": str(self._folder / "asterisk.conf"), "freepbx_conf": str(self._folder / "none"),
        }  # fmt: skip
        (self._folder / "asterisk.conf").write_text(f"[directories]\nastetcdir => {self._folder}\n")
        text = "".join(f'{name} = "{value}"\n' for name, value in lines.items()) + "ami_port = 1\n"
        (self.home / "pbxsync.toml").write_text(text)
        self._settings: Settings = load({"PBXSYNC_HOME": str(self.home)})
        here = self.here
        here.settings.sockets.mkdir(mode=0o700, parents=True)
        me = Host(here.identity.id, "controller", peer)
        here.store.hosts.set_me(me)
        argv = [
            sys.executable,
            "-m",
            "benchmarks.fleet.hosts",
            str(self._folder / "hosts"),
            str(self._count),
            str(self._polling),
        ]
        self._processes.append(subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        ports = json.loads(self._tell(me.id))
        self._pair(here, me, ports)
        here.store.database.close()
        with self.log.open("ab") as log:
            environment = {**os.environ, "PBXSYNC_HOME": str(self.home)}
            argv = [sys.executable, "-m", "pbxsync_worker.cli", "up"]
            up = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, text=True)
        self._processes.append(up)
        self._wait(peer)
        hosts = self._processes[0]
        assert hosts.stdin is not None
        hosts.stdin.write(peer + "\n")
        hosts.stdin.flush()

    def _pair(self, here: Installation, me: Host, ports: dict[str, int]) -> None:
        members = [me]
        for number, name in enumerate(names(self._count)):
            identity = own_identity(self._folder / "hosts" / name, Disk())
            address = f"127.77.{number // 250}.{1 + number % 250}:{ports[name]}"
            host = Host(identity.id, name, "" if number < self._polling else address)
            here.store.hosts.save(Peer(host, identity.certificate, PeerState.PAIRED, policy_for(Give.BOTH)))
            members.append(host)
        dataset = Dataset("etc", "Configuration", (FileSet(Place.ETC),))
        jobs = tuple(
            Job(f"job-{host.name}", host.name, "etc", me.id, (host.id,), schedule=self._schedule)
            for host in members[1:]
        )
        made = Catalogue(GROUP, "Fleet", GroupKind.FARM, me.id, 1, tuple(members), (dataset,), jobs)
        document = document_of(made)
        here.store.catalogues.save(Signed(document, me.id, here.identity.sign(document)))

    def _wait(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        for _ in range(600):
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex((host, int(port))) == 0:
                    return
            self.clock.sleep(0.1)
        raise RuntimeError(self.log.read_text()[-2000:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
