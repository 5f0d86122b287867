"""Folders below a place, opened from the place's root; no symbolic link below the root is ever followed.

`openat2` does it in one call where the kernel has it (5.6); elsewhere each component is opened with O_NOFOLLOW.
"""

import ctypes
import errno
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.core.model.errors import Unsupported
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.files.names import Parts

Opener = Callable[[int, Parts], int]
"""Opens the folder at these components below an open folder; raises OSError (ENOENT, ENOTDIR, ELOOP ...)."""

_LIBC = ctypes.CDLL(None, use_errno=True)
_SYS_OPENAT2 = 437  # the same on every architecture
_BENEATH = 0x08 | 0x04 | 0x02  # RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS, linux/openat2.h
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_TRIES = 64

MISSING = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EXDEV, errno.ENAMETOOLONG})
"""What opening says where the path, as plain folders, is not there."""


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


class Tree:
    """The places of this host. A place's own root may be reached through links: that is the administrator's choice."""

    def __init__(self, places: Mapping[Place, Path], opener: Opener | None = None) -> None:
        self.places = places
        self._open = opener or best_opener()

    @contextmanager
    def folder(self, place: Place, parts: Parts = ()) -> Iterator[int]:
        """Open a folder below a place; raise OSError where it is not there as plain folders."""
        handle = self.open(place, parts)
        try:
            yield handle
        finally:
            os.close(handle)

    @contextmanager
    def present(self, place: Place, parts: Parts = ()) -> Iterator[int | None]:
        """Open a folder below a place; None where it is not there as plain folders."""
        try:
            handle = self.open(place, parts)
        except OSError as error:
            if not is_missing(error):
                raise
            yield None
            return
        try:
            yield handle
        finally:
            os.close(handle)

    def open(self, place: Place, parts: Parts = ()) -> int:
        """Open a folder below a place for the caller to close."""
        if place not in self.places:
            raise Unsupported(what=str(place), reason=say("this host has no such place"))
        root = os.open(self.places[place], os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        if not parts:
            return root
        try:
            return self._open(root, parts)
        finally:
            os.close(root)

    def below(self, root: int, parts: Parts) -> int:
        """Open a folder below an open one for the caller to close; no parts: the same folder once more."""
        return self._open(root, parts) if parts else os.dup(root)


def best_opener() -> Opener:
    """Return the quick opener where the kernel has openat2, else the one that walks."""
    root = os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.close(open_by_kernel(root, (b".",)))
    except OSError:
        return open_by_walking
    finally:
        os.close(root)
    return open_by_kernel


def open_by_kernel(root: int, parts: Parts) -> int:
    """Open with openat2."""
    how = _OpenHow(_FOLDER, 0, _BENEATH)
    path = b"/".join(parts)
    for _ in range(_TRIES):
        handle = int(_LIBC.syscall(_SYS_OPENAT2, root, path, ctypes.byref(how), ctypes.sizeof(how)))
        if handle >= 0:
            return handle
        # EAGAIN: something was renamed while the kernel looked; it asks to be called again.
        if ctypes.get_errno() not in (errno.EAGAIN, errno.EINTR):
            break
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number), os.fsdecode(path))


def open_by_walking(root: int, parts: Parts) -> int:
    """Open component by component."""
    handle = os.dup(root)
    for part in parts:
        try:
            deeper = os.open(part, _FOLDER, dir_fd=handle)
        finally:
            os.close(handle)
        handle = deeper
    return handle


def is_missing(error: OSError) -> bool:
    """Tell whether an error means that the path is not there, rather than that it could not be read."""
    return error.errno in MISSING
