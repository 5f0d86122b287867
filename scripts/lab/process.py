"""A child process that never outlives its parent: the kernel kills it when the thread that started it ends."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path


class Child:
    """One child in a process group of its own; its output goes to a file."""

    def __init__(
        self, argv: Sequence[str], output: Path, environment: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> None:
        """Start it; `setpriv` asks the kernel for SIGKILL at the parent's death and then becomes the program."""
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("ab") as sink:
            self._process = subprocess.Popen(
                ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", *argv],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **(environment or {})},
                cwd=cwd,
            )

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    def ended(self) -> int | None:
        """Return the exit status, or None while it runs."""
        return self._process.poll()

    def stop(self, seconds: float = 20) -> int:
        """Ask it to end, then kill what is left of its group; return its exit status."""
        if self.ended() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        return self.kill()

    def kill(self) -> int:
        """Kill the whole group at once."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        return self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process alone."""
        self._process.send_signal(number)


class Server:
    """What runs as one child at a time, and can be started again."""

    _child: Child | None = None

    def stop(self) -> None:
        """End it in order; nothing happens where it does not run."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._child is not None:
            self._child.kill()
            self._child = None
