"""Memory of processes that live on: what is free goes back to the system while nobody waits for it."""

import ctypes
import gc
from collections.abc import Callable
from threading import Lock

_LIBC = ctypes.CDLL(None)
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Numbers of mallopt(3) of glibc."""
_LARGE = 2**21
"""Bytes from which a piece of memory is the system's again as soon as it is free."""
_REST = 1.0
_PUT_OFF = 20
"""Tasks after which it is tidied although the next one may wait already."""


def stay_lean() -> None:
    """Let all threads of this process share one heap, and give back what is free at its end; once, at its start."""
    for name, value in ((_ARENA_MAX, 1), (_MMAP_THRESHOLD, _LARGE), (_TRIM_THRESHOLD, _LARGE)):
        _LIBC.mallopt(name, value)


def give_back() -> None:
    """Look for objects that only refer to each other, and give free memory back; 50 to 250 ms in a large process."""
    gc.collect()
    _LIBC.malloc_trim(0)


class Rest:
    """Gives memory back when a process rests: a task that follows at once need not wait for it."""

    def __init__(self, monotonic: Callable[[], float], give: Callable[[], None] = give_back) -> None:
        """monotonic: seconds of a clock that never goes back."""
        self._monotonic = monotonic
        self._give = give
        self._lock = Lock()
        self._tasks = 0
        self._ended = 0.0
        self._busy = False

    def begin(self) -> None:
        """Say that a task begins."""
        with self._lock:
            self._busy = True

    def end(self) -> None:
        """Say that a task has ended; memory is given back at once where that was put off for long."""
        with self._lock:
            self._busy, self._ended = False, self._monotonic()
            self._tasks += 1
            if self._tasks >= _PUT_OFF:
                self._now()

    def look(self) -> None:
        """Give memory back where the process has rested for a moment since its last task."""
        with self._lock:
            if self._tasks and not self._busy and self._monotonic() - self._ended >= _REST:
                self._now()

    def at_once(self) -> None:
        """Give memory back whatever the moment."""
        with self._lock:
            self._now()

    def _now(self) -> None:
        self._tasks = 0
        self._give()
