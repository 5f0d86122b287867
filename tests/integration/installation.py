"""Two whole installations for tests: real processes, TLS and Redis, whose parts can be found, killed and looked at."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from pbxsync_worker.core import handover
from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.run import Mode, Run
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.core.settings import load
from pbxsync_worker.wiring import Installation
from pbxsync_worker.wiring.coordinate import next_attempt
from pbxsync_worker.wiring.grant import grant
from scripts.lab.folders import ShortFolder
from scripts.lab.loopback import free_port
from scripts.lab.node import PbxNode
from scripts.lab.product import Product
from scripts.lab.story import Site, form_farm

SERVICES = {
    "redis": "redis-server",
    "web": "pbxsync_web.wsgi",
    "peer": "pbxsync_worker.cli peer",
    "monitor": "pbxsync_worker.cli monitor",
    "runs": "pbxsync_worker.cli worker runs",
    "tasks": "pbxsync_worker.cli worker tasks",
}
"""The services of `pbxsync up`, by what their command lines hold."""


class Installed(Product):
    """One installation; its web admin listens on the address of its own PBX, so that no two tests meet."""

    def __init__(self, folder: Path, node: PbxNode, sweep_seconds: int = 1) -> None:
        # Below the home lies Redis's socket, whose path the kernel limits.
        self._short = ShortFolder(folder / "h", 30)
        super().__init__(self._short.path, node)
        self.web = f"{node.host.address}:{free_port(node.host.address, 8090)}"
        self.log = folder / "pbxsync.log"
        self._sweep_seconds = sweep_seconds

    def init(self) -> None:
        super().init()
        with (self.home / "pbxsync.toml").open("a") as file:
            file.write(f"sweep_seconds = {self._sweep_seconds}\n")

    def close(self) -> None:
        super().close()
        self.home.with_name(self.home.name + ".ami-secret").unlink(missing_ok=True)
        self._short.remove()

    @cached_property
    def here(self) -> Installation:
        """Return the installation as its own processes see it, to be looked at and asked from this process."""
        return Installation(load({"PBXSYNC_HOME": str(self.home)}))

    def run(self, identity: str) -> Run | None:
        """Return a run as known here, None where it never arrived."""
        try:
            return self.here.store.runs.get(identity)
        except NotFound:
            return None

    def request(self, job: str) -> Run:
        """Ask for a job as the page does, without waiting."""
        catalogue = self.here.store.catalogues.find_job(job)
        order = handover.Order(Mode.APPLY, "test")
        me = self.here.store.hosts.me().id
        return handover.request_job(self.here.store, self.here.waker, me, catalogue, catalogue.job(job), order)[0]

    def cancel(self, run: str) -> None:
        """Ask a run to stop, as the page does."""
        handover.cancel(self.here.store, self.here.waker, self.here.store.runs.get(run), "test")

    def show(self, run: str) -> Any:
        """Return everything about a run, as `pbxsync show --json` tells it."""
        return self.ask("show", run)

    def quiet(self) -> bool:
        """Tell whether no run of this host is unfinished and nobody works on it."""
        if any(run.here for run in self.here.store.runs.unfinished()):
            return False
        with self.here.host_lock() as free:
            return free

    def pid(self, service: str) -> int | None:
        """Return the process of a service, None where it does not run at this moment."""
        found = (pid for pid in self._services() if SERVICES[service] in _command(pid))
        return next(found, None)

    def whole(self) -> bool:
        """Tell whether every service runs."""
        return all(self.pid(service) is not None for service in SERVICES)

    def kill(self, service: str) -> bool:
        """Kill one service as the kernel's out-of-memory killer would; False where it does not run."""
        return _kill(self.pid(service))

    def kill_everything(self) -> None:
        """Kill every process of this host at once, as a power cut would."""
        if self._up is not None:
            # Stopped first, so that nothing is born while the list is read.
            os.kill(self._up.pid, signal.SIGSTOP)
            for pid in reversed(_below(self._up.pid)):
                _kill(pid)
            self._up.kill()
            self._up = None

    @property
    def _log(self) -> Path:
        return self.log

    def _services(self) -> tuple[int, ...]:
        return children_of(self._up.pid) if self._up is not None else ()


@dataclass(frozen=True)
class Pair:
    """A farm of two: `source` is its primary, `target` its replica; job: what brings the one's files to the other."""

    source: Installed
    target: Installed
    job: str

    def sync(self) -> Run:
        """Bring the target in step, and return the run at its end."""
        return self.end_of(self.source.request(self.job))

    def end_of(self, run: Run, seconds: float = 120) -> Run:
        """Wait until both hosts know the end of a run, and return it as its target, or else its source, knows it.

        Where it met somebody at work, the last of those that were tried in its place.
        """
        until(lambda: self._over(run.id), seconds, f"the end of run {run.id}")
        known = self.target.run(run.id) or self.source.run(run.id)
        followed = self.source.run(run.id)
        assert known is not None
        assert followed is not None
        again = next_attempt(self.source.here, followed)
        return known if again is None else self.end_of(again, seconds)

    def _over(self, run: str) -> bool:
        here, there = self.source.run(run), self.target.run(run)
        return here is not None and here.ended and (there is None or there.ended) and self.target.quiet()


@contextmanager
def pair_of(folder: Path, source: PbxNode, target: PbxNode, probe_seconds: int = 30, more: str = "") -> Iterator[Pair]:
    """Install PBXSync on two PBXs, start it, pair them and form a farm; the source's Asterisk need not run.

    more: further lines of the target's pbxsync.toml.
    """
    with ExitStack() as running:
        hosts = [Installed(folder / name, node) for name, node in (("A", source), ("B", target))]
        for host in hosts:
            host.init()
            if host.node is target and more:
                with (host.home / "pbxsync.toml").open("a") as file:
                    file.write(more)
            running.callback(host.close)
            host.start()
        for host in hosts:
            host.wait()
        one, other = hosts
        job = form_farm(Site(source, one), Site(target, other), print)
        catalogue = one.here.store.catalogues.find_job(job)
        hasty = replace(catalogue.job(job), probe_seconds=probe_seconds)
        grant(one.here, SaveCatalogue(catalogue.with_job(hasty)), "test")
        yield Pair(one, other, job)


def until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for something to become true; fail the test where it does not."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"still waiting for {what} after {seconds} s"
        time.sleep(0.02)


Tree = Mapping[str, tuple[object, ...]]
"""What lies where: by path below the PBX's folder."""

_LIVE = ("astdb.sqlite3", "astdb.sqlite3-journal")


def tree_of(node: PbxNode, *, moments: bool = False) -> Tree:
    """Read every file, folder and link that a run could touch: kind, mode, content and, of files, modification time.

    moments: with inode and change time, which tell whether anything was written at all.
    """
    found: dict[str, tuple[object, ...]] = {}
    for place in ("etc/asterisk", "var/lib/asterisk", "var/spool/asterisk"):
        for folder, folders, files in os.walk(node.folder / place):
            for name in (*folders, *files):
                path = Path(folder, name)
                if name not in _LIVE:
                    found[str(path.relative_to(node.folder))] = _thing(path, moments=moments)
    return found


def _thing(path: Path, *, moments: bool) -> tuple[object, ...]:
    seen = path.lstat()
    times = (seen.st_ino, seen.st_mtime_ns, seen.st_ctime_ns) if moments else ()
    if path.is_symlink():
        return ("link", str(path.readlink()), *times)
    if path.is_dir():
        return ("folder", seen.st_mode, *times)
    return ("file", seen.st_mode, seen.st_mtime_ns, sha256(path.read_bytes()).hexdigest(), *times)


def remains(host: Installed) -> list[str]:
    """Return what a run must not leave behind: staging folders, journals, contents it could not put back."""
    folders = [host.home / name for name in ("journal", "kept")]
    left = [str(path) for folder in folders if folder.exists() for path in folder.iterdir()]
    for place in ("etc", "var"):
        left += [str(path) for path in (host.node.folder / place).rglob(".pbxsync-*")]
    return left


def children_of(pid: int) -> tuple[int, ...]:
    """Return the processes that a process started and that still run."""
    return tuple(_children().get(pid, ()))


def _children() -> Mapping[int, list[int]]:
    found: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            # pid (name) state ppid ...: the name may hold spaces and brackets.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if fields[0] != "Z":
                found.setdefault(int(fields[1]), []).append(int(entry.name))
    return found


def _below(pid: int) -> list[int]:
    children = _children()
    found = list(children.get(pid, ()))
    for one in found:
        found += children.get(one, ())
    return found


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _kill(pid: int | None) -> bool:
    if pid is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False
