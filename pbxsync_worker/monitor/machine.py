"""Facts of the machine itself: free space where it is least, load and memory, as Linux tells them."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from pbxsync_worker.core.model.fact import Value

_LISTEN = "0A"
"""TCP_LISTEN of Linux's net/tcp_states.h, as /proc/net/tcp shows it."""
DISK_FACTS = ("disk.free_bytes", "disk.free_percent", "disk.free_inodes_percent")
MACHINE_FACTS = ("load.per_cpu", "memory.free_percent")


def disks(folders: Iterable[Path]) -> Mapping[str, Value | None]:
    """Return how much is free for others than root on the fullest of the file systems of these folders."""
    bytes_free, free, inodes = [], [], []
    for folder in folders:
        nearest = next((one for one in (folder, *folder.parents) if one.exists()), None)
        if nearest is None:
            continue
        numbers = os.statvfs(nearest)
        bytes_free.append(numbers.f_bavail * numbers.f_frsize)
        if numbers.f_blocks:
            free.append(100 * numbers.f_bavail / numbers.f_blocks)
        if numbers.f_files:  # some file systems have as many as they need
            inodes.append(100 * numbers.f_favail / numbers.f_files)
    found = (min(bytes_free, default=None), _percent(free), _percent(inodes))
    return dict(zip(DISK_FACTS, found, strict=True))


def _percent(values: list[float]) -> float | None:
    return round(min(values), 1) if values else None


def machine(processes: Path = Path("/proc")) -> Mapping[str, Value | None]:
    """Return the load of the last minute for each processor, and the share of memory that can still be had."""
    return {"load.per_cpu": _load(processes / "loadavg"), "memory.free_percent": _memory(processes / "meminfo")}


def _load(path: Path) -> float | None:
    try:
        return round(float(path.read_text(encoding="ascii").split()[0]) / (os.cpu_count() or 1), 2)
    except (OSError, ValueError, IndexError):
        return None


def _memory(path: Path) -> float | None:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        known = {
            name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines) if rest.split()
        }
        return round(100 * known["MemAvailable"] / known["MemTotal"], 1)
    except (OSError, ValueError, KeyError, ZeroDivisionError):
        return None


def listens(bind: str, processes: Path = Path("/proc")) -> bool:
    """Tell whether something listens at `address:port`, on any address, or at `unix:/path`; nobody is called for it."""
    if bind.startswith("unix:"):
        path = bind.removeprefix("unix:")
        return any(line.endswith(f" {path}") for line in _lines(processes / "net/unix"))
    port = bind.rpartition(":")[2]
    if not port.isdigit():
        return False
    wanted = f":{int(port):04X}"
    tables = (processes / "net/tcp", processes / "net/tcp6")
    found = (line.split() for table in tables for line in _lines(table))
    return any(words[3:4] == [_LISTEN] and words[1].endswith(wanted) for words in found)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
