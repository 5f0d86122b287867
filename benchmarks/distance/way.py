"""The way between two hosts as the benchmarks use it: direct, or through the process that makes it long."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.distance.line import Link

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Counts:
    """Bytes from the source to the target and back, and connections."""

    up: int = 0
    down: int = 0
    connections: int = 0

    def since(self, before: "Counts") -> "Counts":
        """Return what passed after an earlier look."""
        return Counts(self.up - before.up, self.down - before.down, self.connections - before.connections)

    @property
    def both(self) -> int:
        """Return the bytes of both directions."""
        return self.up + self.down


class Way:
    """A context manager; without a link nothing stands between, and nothing is counted."""

    def __init__(self, link: Link | None) -> None:
        self._link = link
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        if self._link is not None:
            argv = [sys.executable, "-m", "benchmarks.distance.proxy", str(self._link.delay), str(self._link.rate)]
            self._process = subprocess.Popen(
                argv, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
            )
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            # The end of its input is the end of it.
            self._process.communicate()
            self._process = None

    def to(self, address: str, *, up: bool = True) -> str:
        """Return the address to use instead of a server's own; up: its clients are at the source."""
        if self._process is None:
            return address
        way = "up" if up else "down"
        return f"127.0.0.1:{self._ask(f'open {way} {address}')}"

    def counts(self) -> Counts:
        """Return what passed so far."""
        return Counts(**self._ask("counts")) if self._process is not None else Counts()

    def _ask(self, line: str) -> Any:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise RuntimeError("nothing stands between the hosts")
        process.stdin.write(line + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())
