"""Give a displaced file to the content store as it is, instead of a copy, where it is certain that nobody writes to it.

Somebody may hold a file open that was displaced, and write to it later: then what the store has would be damaged. The
kernel grants a read lease only where no process has the file open for writing, nor mapped so; from then on nobody can
open it by name, for it is ours alone, in a folder that is ours alone.
"""

import fcntl
import os
import signal
import stat
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.ports import Contents
from pbxsync_worker.datasets.files.reading import open_file

_OURS = 0o600


@runtime_checkable
class Takes(Protocol):
    """A store of contents that can make a file its own."""

    def take(self, folder: int, name: bytes, digest: bytes) -> bool:
        """Hold, durably, a file of ours that has this content and that nobody else can write to, by renaming it.

        folder: open; False, having done nothing, where it lies on another file system or is held already.
        """
        ...


def taken(disk: Disk, spot: tuple[int, bytes], item: Item, proof: Callable[[], bool], contents: Contents) -> bool:
    """Move a displaced file into the store; False where it has to be copied, or is no more what it was.

    spot: open folder, and the name in it; proof: whether it has the item's content.
    """
    folder, name = spot
    if not isinstance(contents, Takes):
        return False
    handle = open_file(folder, name)
    if handle is None:
        return False
    try:
        before = os.fstat(handle)
        if before.st_nlink != 1 or not proof() or not _made_ours(disk, folder, name, handle) or not _rests(handle):
            return False
        # Whoever wrote after the proof began, and is gone by now, has left his time.
        after = os.fstat(handle)
        same = (after.st_size, after.st_mtime_ns, after.st_nlink) == (before.st_size, before.st_mtime_ns, 1)
        return same and after.st_size == item.size and contents.take(folder, name, item.content)
    finally:
        os.close(handle)


def _made_ours(disk: Disk, folder: int, name: bytes, handle: int) -> bool:
    """Take a file from whoever owned it: only its owner may ask for a lease, and nobody else shall open it again."""
    status = os.fstat(handle)
    if status.st_uid != os.geteuid():
        try:
            disk.set_owner(folder, name, os.geteuid(), -1)
        except PermissionError:
            return False
    if stat.S_IMODE(status.st_mode) != _OURS:
        disk.set_mode(handle, _OURS)
    return True


def _rests(handle: int) -> bool:
    """Tell whether no process can write to an open file at this moment."""
    try:
        # Should somebody break the lease, the signal of it must be one that ends nothing.
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError:
        return False
    return True
