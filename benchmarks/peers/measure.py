"""Runs one peer once: server up, client started, clock stopped when the client ends."""

import os
import subprocess
import time
from dataclasses import dataclass

from benchmarks.distance.line import Link
from benchmarks.distance.way import Counts, Way
from benchmarks.memory import Peaks
from benchmarks.peers.files import FilePeer, Scene

_PATIENCE = 900.0


@dataclass(frozen=True, slots=True)
class Ran:
    """How it went; said: the end of what it complained about, "" where it ended well."""

    seconds: float
    counts: Counts
    peak: int
    said: str


def measure(peer: FilePeer, scene: Scene, link: Link | None) -> Ran:
    """Run a peer from its source to its target, which is as `scene.base` by now; what comes before is not counted."""
    with peer.server(scene.folder) as server, Way(link) as way:
        peer.before(scene, server.address)
        address = way.to(server.address)
        argv = list(peer.command(scene, address))
        environment = {**os.environ, **peer.environment(scene)}
        client: list[int] = []
        with Peaks(lambda: (server.pid, *client)) as peaks:
            seconds, said = clocked(argv, environment, client)
        return Ran(seconds, way.counts(), peaks.largest, said)


def clocked(argv: list[str], environment: dict[str, str], pids: list[int]) -> tuple[float, str]:
    """Run a command; return its seconds, and what it said where it failed. pids: its process is added to them."""
    began = time.perf_counter()
    process = subprocess.Popen(argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    pids.append(process.pid)
    try:
        _, said = process.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return _PATIENCE, f"not done after {_PATIENCE:.0f} s"
    seconds = time.perf_counter() - began
    return seconds, "" if process.returncode == 0 else f"status {process.returncode}: {said.strip()[-300:]}"
