"""Folders of mailboxes that a run needs and that this host does not have yet: made as their parent is, and unmade."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import Unsupported
from pbxsync_worker.core.model.item import show_name
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.messages.folder import names_in
from pbxsync_worker.datasets.messages.names import Where
from pbxsync_worker.datasets.messages.spool import ROOT

Parts = tuple[bytes, ...]
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def parts_of(which: Where, folder: bytes) -> Parts:
    """Return the folders that lead to a message, from the spool down."""
    return (ROOT, which.context, which.box, folder)


class Folders:
    """Below the spool's folder, None where this host has none; no link is followed."""

    def __init__(self, place: Path | None, disk: Disk) -> None:
        self._place = place
        self._disk = disk

    def missing(self, parts: Parts, device: int) -> tuple[int, os.stat_result]:
        """Return how many of the last of these folders are missing, and what the deepest that is there is like.

        Raise Unsupported where one is a link, or lies on another file system than this one.
        """
        for lacking in range(len(parts) + 1):
            with self._opened(parts[: len(parts) - lacking]) as handle:
                if handle is not None:
                    status = os.fstat(handle)
                    if status.st_dev != device:
                        raise _unsupported(parts, "it lies on another file system than the spool")
                    return lacking, status
        raise _unsupported(parts, "this host has no spool")

    @contextmanager
    def made(self, parts: Parts) -> Iterator[int]:
        """Open a folder, making what is missing."""
        handle = self._root(parts)
        try:
            for name in parts:
                deeper = self._deeper(handle, name)
                os.close(handle)
                handle = deeper
            yield handle
        finally:
            os.close(handle)

    def unmake(self, parts: Parts, count: int) -> None:
        """Remove the last folders where nothing lies in them."""
        for gone in range(count):
            with self._opened(parts[: len(parts) - gone - 1]) as above, self._opened(parts[: len(parts) - gone]) as it:
                if above is None or it is None:
                    continue
                if names_in(it):
                    return
                with suppress(OSError):  # somebody put something there this moment: it stays
                    self._disk.remove_directory(above, parts[len(parts) - gone - 1])

    @contextmanager
    def _opened(self, parts: Parts) -> Iterator[int | None]:
        handle: int | None = self._root(parts)
        try:
            for name in parts:
                assert handle is not None  # noqa: S101 - it ends the loop
                deeper = _open(handle, name, parts)
                os.close(handle)
                handle = deeper
                if handle is None:
                    break
            yield handle
        finally:
            if handle is not None:
                os.close(handle)

    def _root(self, parts: Parts) -> int:
        if self._place is None:
            raise _unsupported(parts, "this host has no spool")
        return os.open(self._place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def _deeper(self, folder: int, name: bytes) -> int:
        found = _open(folder, name, (name,))
        if found is not None:
            return found
        with suppress(FileExistsError):
            self._disk.make_directory(folder, name)
        handle = os.open(name, _FOLDER, dir_fd=folder)
        like = os.fstat(folder)
        self._disk.set_mode(handle, stat.S_IMODE(like.st_mode))
        dress(self._disk, folder, name, like)
        self._disk.sync(folder)
        return handle


def dress(disk: Disk, folder: int, name: bytes, like: os.stat_result) -> None:
    """Give a file or folder the owner and group of a folder, where we may."""
    now = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if (now.st_uid, now.st_gid) != (like.st_uid, like.st_gid):
        with suppress(PermissionError):
            disk.set_owner(folder, name, like.st_uid, like.st_gid)


def _open(folder: int, name: bytes, parts: Parts) -> int | None:
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unsupported(parts, f"{show_name(name)} is not a plain folder") from error


def _unsupported(parts: Parts, reason: str) -> Unsupported:
    return Unsupported(what=say("Changing messages in {name}", name=show_name(b"/".join(parts))), reason=reason)
