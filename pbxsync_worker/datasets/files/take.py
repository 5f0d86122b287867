"""Give a displaced file to the content store as it is, instead of a copy, where it is certain that nobody writes to it.

Somebody may hold a file open that was displaced, and write to it later: then what the store has would be damaged. The
kernel grants a read lease only where no process has the file open for writing, nor mapped so; while it is held nobody
can write to it, and by name nobody can open it, for it is ours alone, in a folder that is ours alone. Under the lease
it is read once: what its times say of it could have been set back.
"""

import fcntl
import os
import signal
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol, runtime_checkable

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.ports import Contents
from pbxsync_worker.datasets.files.reading import open_file

_OURS = 0o600


@runtime_checkable
class Takes(Protocol):
    """A store of contents that can make a file its own."""

    def reaches(self, folder: int) -> bool:
        """Tell whether files in this folder, open, can be taken at all."""
        ...

    def take(self, folder: int, name: bytes, digest: bytes) -> bool:
        """Hold a file of ours that has this content and that nobody else can write to, by renaming it.

        folder: open; False, having done nothing, where it lies on another file system or is held already. Durable
        after `sync_taken`.
        """
        ...

    def sync_taken(self, digests: Iterable[bytes]) -> None:
        """Make what was taken durable under its new names."""
        ...


class Proves(Protocol):
    """Tells what lies at a name; see `Versions`."""

    def has_content(self, folder: int, leaf: bytes, item: Item, *, anew: bool = False) -> bool:
        """Tell whether a name has the item's content; anew: as it is read now."""
        ...


def taken(disk: Disk, spot: tuple[int, bytes], item: Item, versions: Proves, contents: Contents) -> bool:
    """Move a displaced file into the store; False where it has to be copied, or is no more what it was.

    spot: open folder, and the name in it. Durable after `Takes.sync_taken`.
    """
    folder, name = spot
    if not isinstance(contents, Takes) or not contents.reaches(folder):
        return False
    handle = open_file(folder, name)
    if handle is None:
        return False
    try:
        # What is plainly another one keeps its owner and its mode.
        if not _is_alone(handle) or not versions.has_content(folder, name, item):
            return False
        if not _made_ours(disk, folder, name, handle):
            return False
        with _resting(handle) as rests:
            proven = rests and _is_alone(handle) and versions.has_content(folder, name, item, anew=True)
            return proven and contents.take(folder, name, item.content)
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


def _is_alone(handle: int) -> bool:
    return os.fstat(handle).st_nlink == 1


@contextmanager
def _resting(handle: int) -> Iterator[bool]:
    """Hold an open file so that no process can write to it; gives False where one could."""
    try:
        # Should somebody break the lease, the signal of it must be one that ends nothing.
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        with suppress(OSError):
            fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
