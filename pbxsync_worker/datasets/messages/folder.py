"""One folder of a mailbox: which files of which number lie there, and what message they are."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from pbxsync_worker.core.model.errors import SourceChanged
from pbxsync_worker.core.model.inventory import new_digest
from pbxsync_worker.core.wire import pack
from pbxsync_worker.datasets.messages.bundle import PIECE, TEXT, head, in_order, is_whole
from pbxsync_worker.datasets.messages.names import identity_of

_FILE = re.compile(r"msg([0-9]{4})\.([A-Za-z0-9]{1,16})")
MOST = 9999
"""The highest number that a file name has room for."""
_SURE = 2.0
"""Seconds after which a file's time tells whether it was written again."""
_MANY = 100_000


@dataclass(frozen=True, slots=True)
class FileState:
    """What tells one state of a file from another; mtime: nanoseconds since 1970."""

    inode: int
    size: int
    mtime: int


Files = Mapping[str, FileState]
"""The files of one number by their kind, such as `wav` and `txt`."""

Listing = Mapping[int, Files]


@dataclass(frozen=True, slots=True)
class Known:
    """What a message is; size, digest: of its bundle."""

    identity: bytes
    size: int
    digest: bytes


def file_name(number: int, kind: str) -> bytes:
    """Return the name of one file of a message."""
    return f"msg{number:04d}.{kind}".encode()


def names_in(folder: int) -> list[str]:
    """Return the names in an open folder, sorted."""
    return sorted(os.listdir(folder))


def listed(folder: int) -> dict[int, dict[str, FileState]]:
    """Return the files of messages in an open folder by number; links and the like are none."""
    found: dict[int, dict[str, FileState]] = {}
    for name in names_in(folder):
        match = _FILE.fullmatch(name)
        if match is None:
            continue
        with suppress(FileNotFoundError):
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISREG(status.st_mode):
                state = FileState(status.st_ino, status.st_size, status.st_mtime_ns)
                found.setdefault(int(match[1]), {})[match[2]] = state
    return found


def whole(listing: Listing) -> list[int]:
    """Return the numbers under which there are messages that can travel, in their order."""
    return sorted(
        number for number, files in listing.items() if is_whole({kind: one.size for kind, one in files.items()})
    )


def number_of(listing: Listing, text: int) -> int | None:
    """Return the number of the message whose text is this inode."""
    return next((at for at, files in listing.items() if TEXT in files and files[TEXT].inode == text), None)


class Reader:
    """Reads messages; what was read once is known by the states of its files while this process lives."""

    def __init__(self) -> None:
        self._known: dict[bytes, Known] = {}

    def known(self, folder: int, number: int, files: Files, now: float) -> Known:
        """Return what a message is; now: seconds since 1970; raise SourceChanged where its files are others by now."""
        key = pack([(kind, one.inode, one.size, one.mtime) for kind, one in sorted(files.items())])
        found = self._known.get(key)
        if found is None:
            found = self._read(folder, number, files)
            if len(self._known) > _MANY:
                self._known.clear()
            if all(one.mtime < (now - _SURE) * 10**9 for one in files.values()):
                self._known[key] = found
        return found

    def content(self, folder: int, number: int, files: Files) -> Iterator[bytes]:
        """Give the bundle of a message."""
        yield head({kind: one.size for kind, one in files.items()})
        for kind in in_order(files):
            yield from read(folder, file_name(number, kind), files[kind])

    def _read(self, folder: int, number: int, files: Files) -> Known:
        whole, sound = new_digest(), new_digest()
        text, size = b"", 0
        for kind in in_order(files):
            if kind != TEXT:
                sound.update(f"{kind}:{files[kind].size}:".encode())
                for piece in read(folder, file_name(number, kind), files[kind]):
                    sound.update(piece)
            else:
                text = b"".join(read(folder, file_name(number, kind), files[kind]))
        for piece in self.content(folder, number, files):
            whole.update(piece)
            size += len(piece)
        return Known(identity_of(text, sound.digest()), size, whole.digest())


def read(folder: int, name: bytes, state: FileState) -> Iterator[bytes]:
    """Give a file in this state; raise SourceChanged where it is in another."""
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    except OSError as error:
        raise SourceChanged(name=os.fsdecode(name)) from error
    try:
        size = 0
        while piece := os.read(handle, PIECE):
            size += len(piece)
            yield piece
        status = os.fstat(handle)
        if (status.st_ino, size, status.st_mtime_ns) != (state.inode, state.size, state.mtime):
            raise SourceChanged(name=os.fsdecode(name))
    finally:
        os.close(handle)
