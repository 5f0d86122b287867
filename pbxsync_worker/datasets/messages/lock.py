"""Asterisk's own lock of a voicemail folder: a second name `.lock` for a file of ours, which `link` gives or refuses.

Source of the rules: `ast_lock_path` of Asterisk with `lockmode = lockfile`, its default: it tries for five seconds.
What lies there is taken away only where it is the same file as ours.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import FolderLocked
from pbxsync_worker.core.model.ports import Clock

LOCK = b".lock"
OURS = b"lock"
"""How our file is called in the staging folder of a run."""
PATIENCE = 5.0
_PAUSE = 0.05


class FolderLock:
    """Takes and gives back the lock of open folders."""

    def __init__(self, disk: Disk, clock: Clock) -> None:
        self._disk = disk
        self._clock = clock

    @contextmanager
    def held(self, folder: int, stage: int, shown: str) -> Iterator[None]:
        """Hold a folder; stage: where our file is; raise FolderLocked where it was not free for five seconds."""
        self.release(folder, stage)
        until = self._clock.monotonic() + PATIENCE
        while not self._taken(folder, stage):
            if self._clock.monotonic() >= until:
                raise FolderLocked(name=shown, seconds=int(PATIENCE))
            self._clock.sleep(_PAUSE)
        try:
            yield
        finally:
            self._disk.remove(folder, LOCK)

    def release(self, folder: int, stage: int) -> None:
        """Take our own lock away where a cut left it; nobody else's."""
        ours, there = _inode(stage, OURS), _inode(folder, LOCK)
        if ours is not None and ours == there:
            self._disk.remove(folder, LOCK)

    def _taken(self, folder: int, stage: int) -> bool:
        try:
            self._disk.make_link(stage, OURS, folder, LOCK)
        except FileExistsError:
            return False
        return True


def _inode(folder: int, name: bytes) -> tuple[int, int] | None:
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino
