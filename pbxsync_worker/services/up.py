"""`pbxsync up`: a private Redis and every process of a host in one foreground command; who dies is started again."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import FrameType

from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.settings import Settings
from pbxsync_worker.services.deathbed import die_with_parent

log = logging.getLogger(__name__)

_MANY_THREADS = ["/usr/bin/env", "GLIBC_TUNABLES=glibc.malloc.tcache_count=0"]
"""Before a process with hundreds of threads: else each of them keeps free memory of its own, for as long as it lives.

Nothing but the environment can choose that. The units of the package say the same.
"""

_GRACE = 8.0
_LONGEST_PAUSE = 30.0


@dataclass
class Child:
    """One process to keep alive; pause: seconds before it is started again, doubled each time it dies young."""

    name: str
    argv: list[str]
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    pause: float = 0.5
    due: float = field(default=0.0)


def commands(settings: Settings) -> Mapping[str, list[str]]:
    """Return the command line of every process of a host."""
    ours = [sys.executable, "-m", "pbxsync_worker.cli"]
    gunicorn = [sys.executable, "-m", "gunicorn"]
    found = {} if settings.redis_url else {"redis": _redis(settings)}
    found |= {
        "web": [*gunicorn, "-c", "python:pbxsync_web.gunicorn_conf", "pbxsync_web.wsgi:app"],
        "peer": [*_MANY_THREADS, *ours, "peer"],
        "monitor": [*ours, "monitor"],
        "runs": [*ours, "worker", "runs"],
    }
    for number in range(max(1, settings.workers)):
        found[f"tasks{number + 1}"] = [*ours, "worker", "tasks"]
    return found


def _redis(settings: Settings) -> list[str]:
    # Wake-ups only: nothing in it is missed when it is lost, so it writes nothing to disk.
    socket = str(settings.sockets / "redis.sock")
    quiet = ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction", "--loglevel", "warning"]
    where = ["--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir", str(settings.sockets)]
    return ["redis-server", *where, *quiet]


class Supervisor:
    """Starts, watches, restarts and stops the processes of one host."""

    def __init__(self, children: Mapping[str, list[str]], clock: Clock) -> None:
        self._children = [Child(name, argv) for name, argv in children.items()]
        self._clock = clock
        self._stopping = False

    def run(self) -> None:
        """Keep everything running until SIGTERM or SIGINT, then stop everything."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            while not self._stopping:
                for child in self._children:
                    self._tend(child)
                self._clock.sleep(0.2)
        finally:
            self._stop()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _tend(self, child: Child) -> None:
        now = self._clock.monotonic()
        if child.process is not None:
            status = child.process.poll()
            if status is None:
                return
            young = now - child.started < 10.0
            child.pause = min(child.pause * 2, _LONGEST_PAUSE) if young else 0.5
            child.due = now + child.pause
            # What it left behind may hold the port that the next one needs.
            _signal_group(child.process, signal.SIGKILL)
            child.process = None
            log.warning("process ended", extra={"service": child.name, "status": status, "again_in": child.pause})
        if now >= child.due:
            child.started = now
            child.process = _start(child.argv)

    def _stop(self) -> None:
        running = [child.process for child in self._children if child.process is not None]
        for process in running:
            _signal_group(process, signal.SIGTERM)
        until = self._clock.monotonic() + _GRACE
        while any(process.poll() is None for process in running) and self._clock.monotonic() < until:
            self._clock.sleep(0.1)
        for process in running:
            # What is cut off now is recovered at the next start.
            _signal_group(process, signal.SIGKILL)
            process.wait()


def _start(argv: list[str]) -> "subprocess.Popen[bytes]":
    parent = os.getpid()
    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: die_with_parent(parent),  # noqa: PLW1509 - we have one thread, and only prctl is called
    )


def _signal_group(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
