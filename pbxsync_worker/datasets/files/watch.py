"""In which folders something happened since the last question, as the kernel tells it (inotify(7)); only ever a hint.

What it cannot see: writes through a memory map, a file that is changed by a second name elsewhere, and what another
host does on a shared file system. So nobody may rely on it for longer than `levels.FULL_EVERY`.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Callable
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_MODIFY, _ATTRIB, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x2, 0x4, 0x40, 0x80, 0x100, 0x200
_DELETE_SELF, _MOVE_SELF = 0x400, 0x800
_UNMOUNT, _OVERFLOW, _IGNORED, _IS_FOLDER = 0x2000, 0x4000, 0x8000, 0x40000000
_ONLY_FOLDERS = 0x01000000
_WANTED = _MODIFY | _ATTRIB | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _DELETE_SELF | _MOVE_SELF | _ONLY_FOLDERS
_ELSEWHERE = _DELETE_SELF | _MOVE_SELF | _UNMOUNT | _IGNORED
_NAMES = _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE
_EVENT = struct.Struct("iIII")
_READ = 2**16

Touched = Callable[[bytes, bytes], None]
"""Takes the folder in which something happened, and the name of a folder in it that came, went or was moved, or b"";
a folder that itself went elsewhere is told with its own path twice."""


class Watch:
    """Watched folders of this process; what a fork inherits is left alone."""

    def __init__(self) -> None:
        self._handle = -1
        self._owner = 0
        self._mounts = b""
        self._folders: dict[int, dict[tuple[Touched, bytes], None]] = {}
        self._numbers: dict[tuple[Touched, bytes], int] = {}

    def __del__(self) -> None:
        """Give the handle back: a user has only 128 of them."""
        if self._handle >= 0:
            os.close(self._handle)

    def add(self, folder: int, path: bytes, touched: Touched) -> bool:
        """Watch an open folder, from now on and before it is read; False where the kernel does not want to."""
        if not self._open():
            return False
        number = int(_LIBC.inotify_add_watch(self._handle, f"/proc/self/fd/{folder}".encode(), _WANTED))
        if number < 0:
            return False
        key = (touched, path)
        if self._numbers.get(key, number) != number:
            self.drop(path, touched)
        self._numbers[key] = number
        self._folders.setdefault(number, {})[key] = None
        return True

    def drop(self, path: bytes, touched: Touched) -> None:
        """Watch a folder no longer."""
        number = self._numbers.pop((touched, path), None)
        who = self._folders.get(number, {}) if number is not None else {}
        who.pop((touched, path), None)
        if number is not None and not who and self._folders.pop(number, None) is not None:
            _LIBC.inotify_rm_watch(self._handle, number)

    def tell(self) -> bool:
        """Tell everybody what happened; False where something may have been missed, so that nothing is known."""
        mounts = Path("/proc/self/mountinfo").read_bytes()
        if not self._open() or mounts != self._mounts:
            self._mounts = mounts  # what is mounted over a folder is told to nobody
            self._read()
            return False
        return self._read()

    def _open(self) -> bool:
        if self._owner != os.getpid():
            # A child would take events away from its parent.
            if self._handle >= 0:
                os.close(self._handle)
            self._handle = int(_LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
            self._owner = os.getpid()
            self._folders, self._numbers, self._mounts = {}, {}, b""
        return self._handle >= 0

    def _read(self) -> bool:
        whole = self._handle >= 0
        while whole:
            try:
                data = os.read(self._handle, _READ)
            except OSError as error:
                if error.errno == errno.EAGAIN:
                    break
                raise
            at = 0
            while at < len(data):
                number, mask, _, length = _EVENT.unpack_from(data, at)
                name = data[at + _EVENT.size : at + _EVENT.size + length].rstrip(b"\0")
                at += _EVENT.size + length
                whole = whole and not mask & _OVERFLOW
                self._pass_on(number, mask, name)
        return whole

    def _pass_on(self, number: int, mask: int, name: bytes) -> None:
        for touched, path in tuple(self._folders.get(number, ())):
            if mask & _ELSEWHERE:
                touched(path, path)
            else:
                touched(path, name if mask & _IS_FOLDER and mask & _NAMES else b"")
        if mask & _IGNORED:
            for key in self._folders.pop(number, ()):
                self._numbers.pop(key, None)
