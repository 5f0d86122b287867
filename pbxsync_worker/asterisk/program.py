"""Runs one program of this host: an argument list, no shell, no input, none of our environment, always a deadline."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

_LARGEST = 1 << 20
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True, slots=True)
class Answer:
    """How a program ended; out, err: what it said, at most 1 MiB of each."""

    status: int
    out: str
    err: str = ""


Runner = Callable[[Sequence[str], float], Answer]
"""Runs an argument list for at most some seconds; raises TimeoutError, or OSError where it cannot be started."""


def run_program(argv: Sequence[str], seconds: float) -> Answer:
    """Run a program and whatever it starts within its process group; see Runner."""
    # Files, not pipes: a daemon that it leaves behind would hold a pipe open for ever.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen(
            list(argv), stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=_ENVIRONMENT, cwd="/",
            start_new_session=True,
        )  # fmt: skip
        try:
            status = child.wait(seconds)
        except subprocess.TimeoutExpired as error:
            _end(child)
            raise TimeoutError(f"no end after {seconds:.0f} seconds") from error
        return Answer(status, _text(out), _text(err))


def last_line(text: str) -> str:
    """Return what a program said last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def _end(child: "subprocess.Popen[bytes]") -> None:
    # What runs as another user, such as through sudo, is not ours to end.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        child.wait(1)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(_LARGEST).decode("utf-8", "replace")
