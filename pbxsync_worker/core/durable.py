"""Every durable act on this host's file systems; nothing else in the product opens a file for writing.

All acts take an open directory descriptor and one name in it, so no act can be led elsewhere by a symbolic link.
`Disk.effect` is the one door that each act passes: crash tests replace it to cut the power before, within and after
every single act.
"""

import ctypes
import errno
import os
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pbxsync_worker.core.model.errors import NoSpace, Unsupported

T = TypeVar("T")

UNFINISHED_PUT = ".pbxsync-put-"
"""How the names of files begin that a cut left while they were being put in place."""

_LIBC = ctypes.CDLL(None, use_errno=True)
_RENAME_NOREPLACE = 1
_RENAME_EXCHANGE = 2


class Disk:
    """Durable acts.

    Contents are durable after `sync_filesystem`, or `sync` of the file; names after `sync` of the folder or
    `sync_filesystem`.
    """

    def effect(self, label: str, act: Callable[[], T]) -> T:  # noqa: ARG002 - the crash tests count by label
        """Do one durable act."""
        return act()

    def create(self, folder: int, name: bytes, content: Iterable[bytes], mode: int = 0o600) -> tuple[int, int]:
        """Write a new file and return its (device, inode); raise FileExistsError, or NoSpace where the disk is full.

        Runs of zeros of a whole piece become holes, so a sparse file stays sparse.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = self.effect("create", lambda: os.open(name, flags, mode, dir_fd=folder))
        try:
            size = 0
            for piece in content:
                self._write_piece(handle, piece)
                size += len(piece)
            os.ftruncate(handle, size)
            status = os.fstat(handle)
        except OSError as error:
            raise _translated(error, name) from error
        finally:
            os.close(handle)
        return status.st_dev, status.st_ino

    def _write_piece(self, handle: int, piece: bytes) -> None:
        if not piece.strip(b"\0"):
            os.lseek(handle, len(piece), os.SEEK_CUR)
            return
        view = memoryview(piece)
        while view:
            written = self.effect("write", lambda rest=view: os.write(handle, rest))  # type: ignore[misc]
            view = view[written:]

    def put(self, folder: int, name: bytes, content: bytes, mode: int = 0o600) -> None:
        """Replace a whole file so that after a power cut it is wholly old or wholly new; durable on return."""
        temporary = UNFINISHED_PUT.encode() + secrets.token_hex(6).encode()
        try:
            self.create(folder, temporary, [content], mode)
            handle = os.open(temporary, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
            try:
                self.sync(handle)
            finally:
                os.close(handle)
            self.effect("replace", lambda: os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder))
        except (OSError, NoSpace) as error:
            with suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=folder)
            if isinstance(error, NoSpace):
                raise
            raise _translated(error, name) from error
        self.sync(folder)

    def append(self, handle: int, record: bytes) -> None:
        """Append to an open file and make it durable before returning."""
        view = memoryview(record)
        while view:
            written = self.effect("append", lambda rest=view: os.write(handle, rest))  # type: ignore[misc]
            view = view[written:]
        self.sync(handle)

    def move(self, source: int, name: bytes, target: int, new_name: bytes) -> None:
        """Rename without replacing; raise FileExistsError where the new name is taken."""
        self.effect("move", lambda: _renameat2(source, name, target, new_name, _RENAME_NOREPLACE))

    def exchange(self, one: int, name: bytes, other: int, other_name: bytes) -> None:
        """Swap two existing names in one atomic act, whatever their kinds."""
        self.effect("exchange", lambda: _renameat2(one, name, other, other_name, _RENAME_EXCHANGE))

    def make_directory(self, folder: int, name: bytes, mode: int = 0o700) -> None:
        """Make a folder; raise FileExistsError."""
        self.effect("mkdir", lambda: os.mkdir(name, mode, dir_fd=folder))

    def make_symlink(self, folder: int, name: bytes, target: bytes) -> None:
        """Make a symbolic link that says `target`; nothing follows it."""
        self.effect("symlink", lambda: os.symlink(target, name, dir_fd=folder))

    def make_link(self, source: int, name: bytes, folder: int, new_name: bytes) -> None:
        """Make a second name for a file, never following a link; raise FileExistsError."""
        self.effect(
            "link",
            lambda: os.link(name, new_name, src_dir_fd=source, dst_dir_fd=folder, follow_symlinks=False),
        )

    def remove(self, folder: int, name: bytes) -> None:
        """Remove a file or link; nothing happens where there is none."""
        with suppress(FileNotFoundError):
            self.effect("unlink", lambda: os.unlink(name, dir_fd=folder))

    def remove_directory(self, folder: int, name: bytes) -> None:
        """Remove an empty folder; nothing happens where there is none."""
        with suppress(FileNotFoundError):
            self.effect("rmdir", lambda: os.rmdir(name, dir_fd=folder))

    def set_mode(self, handle: int, mode: int) -> None:
        """Set the permission bits of an open file or folder."""
        self.effect("chmod", lambda: os.fchmod(handle, mode))

    def set_owner(self, folder: int, name: bytes, owner: int, group: int) -> None:
        """Set owner and group of a name, never following a link; -1 leaves one as it is."""
        self.effect("chown", lambda: os.chown(name, owner, group, dir_fd=folder, follow_symlinks=False))

    def set_time(self, folder: int, name: bytes, mtime_ns: int) -> None:
        """Set the modification time of a name in nanoseconds, never following a link."""
        self.effect("utime", lambda: os.utime(name, ns=(mtime_ns, mtime_ns), dir_fd=folder, follow_symlinks=False))

    def set_xattr(self, handle: int, name: bytes, value: bytes) -> None:
        """Set one extended attribute of an open file or folder."""
        self.effect("setxattr", lambda: os.setxattr(handle, name, value))

    def drop_xattr(self, handle: int, name: bytes) -> None:
        """Remove one extended attribute of an open file or folder."""
        self.effect("removexattr", lambda: os.removexattr(handle, name))

    def sync(self, handle: int) -> None:
        """Make one open file, or the names in one open folder, durable."""
        self.effect("fsync", lambda: os.fsync(handle))

    def sync_filesystem(self, handle: int) -> None:
        """Make everything on the file system of an open file durable: one call instead of one per file."""

        def act() -> None:
            if _LIBC.syncfs(handle) != 0:
                _raise_errno(b"syncfs")

        self.effect("syncfs", act)


def open_folder(path: Path) -> int:
    """Open a folder of our own for use with Disk, making it (0700) where it is missing."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def put_file(disk: Disk, path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace one of our own files by its path, durably."""
    folder = open_folder(path.parent)
    try:
        disk.put(folder, os.fsencode(path.name), content, mode)
    finally:
        os.close(folder)


def drop_unfinished(disk: Disk, home: Path, before: float) -> None:
    """Remove what cut puts left anywhere in a folder of our own; before: seconds since 1970, younger ones stay."""
    for _, _, names, folder in os.fwalk(home):
        for name in names:
            # Another process may put its file in place, or leave, while this one looks.
            with suppress(FileNotFoundError):
                if name.startswith(UNFINISHED_PUT) and os.lstat(name, dir_fd=folder).st_mtime < before:
                    disk.remove(folder, os.fsencode(name))


def _renameat2(source: int, name: bytes, target: int, new_name: bytes, flags: int) -> None:
    if _LIBC.renameat2(source, name, target, new_name, flags) == 0:
        return
    if ctypes.get_errno() == errno.EINVAL:
        reason = "its file system cannot exchange two names atomically (renameat2)"
        raise Unsupported(what=os.fsdecode(new_name), reason=reason)
    _raise_errno(new_name)


def _raise_errno(name: bytes) -> None:
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number), os.fsdecode(name))


def _translated(error: OSError, name: bytes) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(path=os.fsdecode(name), free=0, needed="more")
    return error
