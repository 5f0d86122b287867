"""A disk that loses power at a chosen act; `forgetful_disk.py` has the one that also forgets what was never synced."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TypeVar

from pbxsync_worker.core.durable import Disk

T = TypeVar("T")


class PowerCut(BaseException):
    """The process is gone; nothing in the product may catch this."""


class Cut(StrEnum):
    """Where within an act the power goes."""

    BEFORE = "before"
    HALF = "half"
    AFTER = "after"


class BreakingDisk(Disk):
    """Counts every durable act, and loses power at act number `at`, counted from 1; 0: never.

    HALF lets a write or an append reach the disk with half of its bytes; the other acts are atomic and have no half:
    there the power goes before them. After the cut every further act is refused, as from a dead process.
    """

    def __init__(self, at: int = 0, cut: Cut = Cut.BEFORE) -> None:
        self.labels: list[str] = []
        self.at = at
        self.cut = cut
        self.dead = False
        self._writing: tuple[int, bytes] | None = None

    @property
    def count(self) -> int:
        """Return how many acts were begun so far."""
        return len(self.labels)

    def effect(self, label: str, act: Callable[[], T]) -> T:
        """Do the act, or cut the power around it."""
        if self.dead:
            raise PowerCut(f"{label} from a dead process")
        self.labels.append(label)
        if len(self.labels) != self.at:
            return act()
        self.dead = True
        if self.cut is Cut.AFTER:
            act()
        elif self.cut is Cut.HALF and self._writing is not None:
            handle, piece = self._writing
            os.write(handle, piece[: len(piece) // 2])
        raise PowerCut(f"{self.cut} act {self.at}, {label}")

    @contextmanager
    def around(self, label: str) -> Iterator[None]:
        """Count something else that is atomic, a transaction or a reload, among the acts."""
        if self.dead:
            raise PowerCut(f"{label} from a dead process")
        self.labels.append(label)
        mine = len(self.labels) == self.at
        if mine and self.cut is not Cut.AFTER:
            self._die(label)
        yield
        if mine:
            self._die(label)

    def _die(self, label: str) -> None:
        self.dead = True
        raise PowerCut(f"{self.cut} act {self.at}, {label}")

    def _write_piece(self, handle: int, piece: bytes) -> None:
        self._writing = (handle, piece)
        try:
            super()._write_piece(handle, piece)
        finally:
            self._writing = None

    def append(self, handle: int, record: bytes) -> None:
        """Append; only the write itself has a half."""
        self._writing = (handle, record)
        super().append(handle, record)

    def sync(self, handle: int) -> None:
        """Sync; has no half."""
        self._writing = None
        super().sync(handle)


class FailingDisk(Disk):
    """Raises the given OSError at act number `at`, counted from 1, and at that one only."""

    def __init__(self, at: int, number: int) -> None:
        self.count = 0
        self._at = at
        self._number = number

    def effect(self, label: str, act: Callable[[], T]) -> T:
        """Do the act, or fail instead of it."""
        self.count += 1
        if self.count == self._at:
            raise OSError(self._number, os.strerror(self._number), label)
        return act()
