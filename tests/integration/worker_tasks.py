"""What the tests of the worker give it to do."""

import os
import time
from pathlib import Path

KEPT: list[bytearray] = []


def note(path: str) -> None:
    """Write down which process this is."""
    new = Path(f"{path}.new")
    new.write_text(str(os.getpid()))
    new.rename(path)


def slow(path: str, seconds: float) -> None:
    """Say when it begins and when it has ended."""
    Path(path).write_text("begun")
    time.sleep(seconds)
    Path(path).write_text("ended")


def grow(size: int) -> None:
    """Keep memory for good."""
    KEPT.append(bytearray(b"x" * size))


def fail() -> None:
    """Fail as no task of ours should."""
    raise RuntimeError("on purpose")
