"""What a process with many connections and threads asks of the system."""

import ctypes
import resource

OPEN_FILES = 8192

_M_ARENA_MAX = -8
"""Of mallopt(3)."""


def allow_many_connections() -> None:
    """Raise what this process may open as far as the system allows: 500 hosts are more than the usual 1024 files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def share_memory_among_threads() -> None:
    """Let few pools of memory serve all threads: each of many would keep for ever what it needed for a moment."""
    ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)
