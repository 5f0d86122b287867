"""The most memory that each process below some processes ever had, by looking again and again while they run."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_PAUSE = 0.05


class Peaks:
    """A context manager that looks while its block runs; `largest` then tells the largest process, in bytes."""

    def __init__(self, roots: Callable[[], tuple[int, ...]]) -> None:
        """Choose whose descendants count; roots: asked anew at each look."""
        self._roots = roots
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self._peaks: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def each(self) -> dict[str, int]:
        """Return the peak of the largest process of each name, in bytes."""
        return dict(self._peaks)

    @property
    def largest(self) -> int:
        """Return the peak of the largest process, in bytes; 0 where none was seen."""
        return max(self._peaks.values(), default=0)

    def look(self) -> None:
        """Look once."""
        for root in self._roots():
            for pid in (root, *below(root)):
                self._note(pid)

    def _look_on(self) -> None:
        while not self._ended.wait(_PAUSE):
            self.look()

    def _note(self, pid: int) -> None:
        with suppress(OSError, ValueError, IndexError):
            status = Path(f"/proc/{pid}/status").read_text()
            fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
            name = _role(pid) or fields["Name"].strip()
            # VmHWM is the peak of the resident set since the program began, in kB (proc(5)).
            peak = int(fields.get("VmHWM", "0 kB").split()[0]) * 1024
            self._peaks[name] = max(self._peaks.get(name, 0), peak)


def _role(pid: int) -> str:
    """Return what a Python process runs, such as `-m pbxsync_worker.cli peer`; "" for another program."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    return " ".join(words[1:])[:60].strip() if "python" in words[0] else ""


def below(pid: int) -> Iterator[int]:
    """Yield every process that a process has started, and theirs."""
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from below(int(child))
