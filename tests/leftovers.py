"""Processes that a test left behind: found by the folder of the run, told with the test, and ended."""

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from scripts.lab.processes import naming

MARK = "TESTS_BELOW"
"""In the environment of whatever the tests start: the folder of the run."""

_GRACE = 30.0
_INIT = 1


@dataclass(frozen=True, slots=True)
class Leftover:
    """One process; born: when the kernel started it, which tells it from a later one with its number."""

    pid: int
    born: str
    command: str


def leftovers(folder: Path) -> frozenset[Leftover]:
    """Return what runs below us, or belongs to nobody any more, and has the folder in command line or environment."""
    found = (_look(pid) for pid in naming(folder) if _ours(pid))
    return frozenset(one for one in found if one is not None)


def ended(folder: Path, seconds: float = _GRACE) -> frozenset[Leftover]:
    """Wait until nothing is left, kill what still is then, and return it."""
    until = time.monotonic() + seconds
    while (left := leftovers(folder)) and time.monotonic() < until:
        time.sleep(0.05)
    for one in left:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(one.pid, signal.SIGKILL)
    return left


def _look(pid: int) -> Leftover | None:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        return Leftover(pid, _stat(pid)[19], command)
    except OSError:
        return None


def _ours(pid: int) -> bool:
    """Tell whether a process is below us, or an orphan: somebody who looks at a file of ours is neither."""
    with suppress(OSError):
        parent = int(_stat(pid)[1])
        while parent not in (_INIT, 0, os.getpid()):
            parent = int(_stat(parent)[1])
            if parent == _INIT:
                return False
        return True
    return False


def _stat(pid: int) -> list[str]:
    """Return the fields of proc(5)'s stat from the third on."""
    return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
