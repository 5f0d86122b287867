"""Read one file so that what comes out is one real version of it, never a mixture of two."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from pbxsync_worker.core.model.errors import SourceChanged
from pbxsync_worker.core.model.inventory import digest_of, new_digest
from pbxsync_worker.core.model.item import ItemKind, show_name
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.datasets.files.attributes import Xattrs, kind_of, read_xattrs
from pbxsync_worker.datasets.files.tree import is_missing

PIECE = 2**20
_TRIES = 6
_PAUSE = 0.03
_TICK = 0.02  # two writes within one tick of the kernel's clock (at most 10 ms) may leave the same times
DATABASE = b"database"
"""In place of a digest: an SQLite database, or a journal beside one. Its file alone is no version of anything."""

_SQLITE = b"SQLite format 3\0"
_BESIDE = (b"-wal", b"-shm", b"-journal")
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

Stamp = tuple[int, int, int, int, int]
"""(size, mtime_ns, ctime_ns, inode, device): as long as it is the same, so is the content."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a file as it was read."""

    status: os.stat_result
    content: bytes
    xattrs: Xattrs


def stamp(status: os.stat_result) -> Stamp:
    """Return what tells two versions of a file apart without reading it."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev


def look(folder: int, leaf: bytes) -> os.stat_result | None:
    """Return what a name in a folder is, links not followed; None where there is none."""
    with suppress(FileNotFoundError):
        return os.stat(leaf, dir_fd=folder, follow_symlinks=False)
    return None


def open_file(folder: int, leaf: bytes) -> int | None:
    """Open a regular file for reading; None where the name is none. A FIFO in its place does not block."""
    status = look(folder, leaf)
    if status is None or not stat.S_ISREG(status.st_mode):
        return None
    try:
        handle = os.open(leaf, _READ, dir_fd=folder)
    except OSError as error:
        if is_missing(error):
            return None
        raise
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    return None


def pieces(handle: int) -> Iterator[bytes]:
    """Give the rest of an open file in pieces of up to 1 MiB."""
    while piece := os.read(handle, PIECE):
        yield piece


def names_in(folder: int) -> list[bytes]:
    """Return the names in an open folder."""
    with os.scandir(folder) as entries:
        return [os.fsencode(entry.name) for entry in entries]


def read_link(folder: int, leaf: bytes) -> bytes | None:
    """Return what a symbolic link says; None where the name is none."""
    try:
        return os.readlink(leaf, dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError as error:
        if kind_of(os.stat(leaf, dir_fd=folder, follow_symlinks=False)) is ItemKind.SYMLINK:
            raise OSError(error.errno, error.strerror, os.fsdecode(leaf)) from error
        return None


def content_at(folder: int, leaf: bytes, kind: ItemKind) -> bytes | None:
    """Return the content digest of a name of this kind as it reads now; None where it is no such thing.

    Only good for comparing with a digest that is known: equal means that it is that version. What it gives for a file
    that is being written may be no version at all.
    """
    if kind is ItemKind.SYMLINK:
        target = read_link(folder, leaf)
        return None if target is None else digest_of(target)
    if kind is ItemKind.DIRECTORY:
        return b""
    handle = open_file(folder, leaf)
    if handle is None:
        return None
    try:
        running = new_digest()
        for piece in pieces(handle):
            running.update(piece)
        return running.digest()
    finally:
        os.close(handle)


class Reader:
    """Reads versions, waiting where a file does not stand still."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def version(self, folder: int, leaf: bytes) -> Version | None:
        """Read one file; None where the name is no regular file, SourceChanged where it never stood still."""
        for attempt in range(_TRIES):
            handle = open_file(folder, leaf)
            if handle is None:
                return None
            try:
                beside = _lies_beside_database(folder, leaf)
                found = Version(os.fstat(handle), DATABASE, ()) if beside else self._one_try(handle)
            finally:
                os.close(handle)
            if found is not None:
                return found
            self._clock.sleep(_PAUSE * (attempt + 1))
        raise SourceChanged(name=show_name(leaf))

    def _one_try(self, handle: int) -> Version | None:
        before = os.fstat(handle)
        if _is_database(handle):
            return Version(before, DATABASE, ())
        if abs(self._clock.now() - before.st_ctime_ns / 1e9) < _TICK:
            # A write sets the times when it begins; this one may still be going on, or the next not show in them.
            return None
        running, size = new_digest(), 0
        for piece in pieces(handle):
            running.update(piece)
            size += len(piece)
            if size > before.st_size:
                return None
        xattrs = read_xattrs(handle)
        if size != before.st_size or stamp(os.fstat(handle)) != stamp(before):
            return None
        return Version(before, running.digest(), xattrs)


def _is_database(handle: int) -> bool:
    return os.pread(handle, len(_SQLITE), 0) == _SQLITE


def _lies_beside_database(folder: int, leaf: bytes) -> bool:
    of = next((leaf.removesuffix(end) for end in _BESIDE if leaf.endswith(end)), b"")
    handle = open_file(folder, of) if of else None
    if handle is None:
        return False
    try:
        return _is_database(handle)
    finally:
        os.close(handle)
