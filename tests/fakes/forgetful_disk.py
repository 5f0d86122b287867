"""A disk that models the loss of power: what was never synced may be gone, in every combination the rules allow.

The rules are the strict ones: a file's bytes are safe after `sync` of that file or `sync_filesystem`; a name is safe
after `sync` of its folder or `sync_filesystem`. An act on names is atomic, and one that builds upon a lost one is lost
as well. Everything else is free: each unsynced act may be lost or kept, unsynced bytes may be missing, cut or zeros.
"""

import errno
import os
import random
import secrets
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from pbxsync_worker.core.durable import _RENAME_EXCHANGE, _renameat2
from tests.fakes.disk import BreakingDisk, Cut

T = TypeVar("T")
Slot = tuple[int, bytes]  # inode of the folder, name in it; name b"" stands for the object itself


class Loss(StrEnum):
    """How much of what was not synced is gone."""

    ALL = "all"
    NONE = "none"
    SOME = "some"


@dataclass(frozen=True)
class _Act:
    slots: frozenset[Slot]
    undo: Callable[[], None]

    @property
    def objects(self) -> frozenset[int]:
        return frozenset(inode for inode, _ in self.slots)


class ForgetfulDisk(BreakingDisk):
    """Does every act on the real file system, and can take back what no sync has covered.

    graveyard: a folder on the same file system, outside the trees under test; what is removed waits there.
    """

    def __init__(self, graveyard: Path, at: int = 0, cut: Cut = Cut.BEFORE) -> None:
        super().__init__(at, cut)
        graveyard.mkdir(exist_ok=True)
        self._graveyard = os.open(graveyard, os.O_RDONLY | os.O_DIRECTORY)
        self._buried = 0
        self._mine = secrets.token_hex(6).encode()  # several disks may share a graveyard
        self._names: list[_Act] = []
        self._bytes: dict[int, tuple[int, int]] = {}  # inode -> (our handle, bytes that are safe)
        self._folders: dict[int, int] = {}  # inode -> our handle
        self._handles: list[int] = []
        self._note: Callable[[], None] | None = None
        self._created: Slot = (0, b"")
        self._replacing: tuple[int, bytes] | None = None

    def effect(self, label: str, act: Callable[[], T]) -> T:
        """Do the act and note how to take it back."""
        note, self._note = self._note, None

        def noted() -> T:
            result = act()
            if note is not None:
                note()
            return result

        return super().effect(label, noted)

    def power_loss(self, loss: Loss, seed: int = 0) -> int:
        """Take back what was not synced; return how many acts and files were hit."""
        chance = random.Random(seed)
        lost: list[_Act] = []
        for act in self._names:
            hit = {Loss.ALL: True, Loss.NONE: False, Loss.SOME: chance.random() < 0.5}[loss]
            if hit or any(_builds_upon(act, former) for former in lost):
                lost.append(act)
        torn = 0 if loss is Loss.NONE else self._tear(loss, chance)
        for act in reversed(lost):
            act.undo()
        self.close()
        return len(lost) + torn

    def close(self) -> None:
        """Give every handle back."""
        kept = [handle for handle, _ in self._bytes.values()]
        for handle in (*kept, *self._folders.values(), *self._handles, self._graveyard):
            os.close(handle)
        self._bytes, self._folders, self._handles, self._names = {}, {}, [], []

    def _tear(self, loss: Loss, chance: random.Random) -> int:
        torn = 0
        for handle, safe in self._bytes.values():
            size = os.fstat(handle).st_size
            if loss is Loss.SOME and chance.random() < 0.3:
                continue
            torn += 1
            keep = safe if loss is Loss.ALL else chance.randint(min(safe, size), size)
            path = f"/proc/self/fd/{handle}"
            os.truncate(path, keep)
            if loss is Loss.SOME and chance.random() < 0.5:
                os.truncate(path, size)  # the length arrived, the bytes did not: zeros
        return torn

    # The acts: each says which slots it touches and how it is taken back.

    def create(self, folder: int, name: bytes, content: Iterable[bytes], mode: int = 0o600) -> tuple[int, int]:
        """Create; both the name and the bytes are unsafe."""
        where = self._folder(folder)

        def note() -> None:
            self._created = (_inode(folder), name)
            self._dirty(os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=where), 0)
            self._add([(folder, name)], lambda: self._bury(where, name))

        self._note = note
        return super().create(folder, name, content, mode)

    def append(self, handle: int, record: bytes) -> None:
        """Append; the new bytes are unsafe until the sync at its end."""
        safe = os.fstat(handle).st_size
        self._note = lambda: self._dirty(os.open(f"/proc/self/fd/{handle}", os.O_PATH), safe)
        super().append(handle, record)

    def put(self, folder: int, name: bytes, content: bytes, mode: int = 0o600) -> None:
        """Replace; the former file waits in the graveyard."""
        self._replacing = (folder, name)
        super().put(folder, name, content, mode)

    def sync(self, handle: int) -> None:
        """Make safe what the handle covers."""
        self._note = lambda: self._cover(handle)
        super().sync(handle)
        self._before_replace(handle)

    def _before_replace(self, handle: int) -> None:
        replacing, self._replacing = self._replacing, None
        if replacing is None or stat.S_ISDIR(os.fstat(handle).st_mode):
            return
        folder, name = replacing
        where = self._folder(folder)
        grave = self._grave()
        created = self._created
        with suppress(FileNotFoundError):
            os.link(name, grave, src_dir_fd=where, dst_dir_fd=self._graveyard, follow_symlinks=False)

        def undo() -> None:
            os.rename(name, created[1], src_dir_fd=where, dst_dir_fd=where)
            with suppress(FileNotFoundError):
                os.link(grave, name, src_dir_fd=self._graveyard, dst_dir_fd=where, follow_symlinks=False)

        self._note = lambda: self._add([(folder, name)], undo, [created])

    def sync_filesystem(self, handle: int) -> None:
        """Make everything safe."""
        self._note = self._cover_all
        super().sync_filesystem(handle)

    def move(self, source: int, name: bytes, target: int, new_name: bytes) -> None:
        """Rename."""
        one, other = self._folder(source), self._folder(target)
        self._note = lambda: self._add(
            [(source, name), (target, new_name)],
            lambda: os.rename(new_name, name, src_dir_fd=other, dst_dir_fd=one),
        )
        super().move(source, name, target, new_name)

    def exchange(self, one: int, name: bytes, other: int, other_name: bytes) -> None:
        """Swap."""
        first, second = self._folder(one), self._folder(other)
        self._note = lambda: self._add(
            [(one, name), (other, other_name)],
            lambda: _renameat2(first, name, second, other_name, _RENAME_EXCHANGE),
        )
        super().exchange(one, name, other, other_name)

    def make_directory(self, folder: int, name: bytes, mode: int = 0o700) -> None:
        """Make a folder; all that lies in it goes with its name."""
        self._made(folder, name)
        super().make_directory(folder, name, mode)

    def make_symlink(self, folder: int, name: bytes, target: bytes) -> None:
        """Make a link."""
        self._made(folder, name)
        super().make_symlink(folder, name, target)

    def make_link(self, source: int, name: bytes, folder: int, new_name: bytes) -> None:
        """Make a second name."""
        self._made(folder, new_name)
        super().make_link(source, name, folder, new_name)

    def remove(self, folder: int, name: bytes) -> None:
        """Remove, by moving to the graveyard."""
        self._removed("unlink", folder, name)

    def remove_directory(self, folder: int, name: bytes) -> None:
        """Remove an empty folder, by moving it to the graveyard."""
        self._removed("rmdir", folder, name)

    def set_mode(self, handle: int, mode: int) -> None:
        """Set the mode; unsafe until its object is synced."""
        ours, old = os.dup(handle), stat.S_IMODE(os.fstat(handle).st_mode)
        self._handles.append(ours)
        self._note = lambda: self._add([(handle, b"")], lambda: Path(f"/proc/self/fd/{ours}").chmod(old))
        super().set_mode(handle, mode)

    def set_time(self, folder: int, name: bytes, mtime_ns: int) -> None:
        """Set the time; unsafe until its object is synced."""
        ours = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=folder)
        self._handles.append(ours)
        old = os.fstat(ours).st_mtime_ns
        if not stat.S_ISLNK(os.fstat(ours).st_mode):
            undo = lambda: os.utime(f"/proc/self/fd/{ours}", ns=(old, old))  # noqa: E731
            self._note = lambda: self._add([(ours, b"")], undo)
        super().set_time(folder, name, mtime_ns)

    def set_owner(self, folder: int, name: bytes, owner: int, group: int) -> None:
        """Set owner and group; unsafe until its object is synced."""
        ours = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=folder)
        self._handles.append(ours)
        old = os.fstat(ours)

        def undo() -> None:
            if not stat.S_ISLNK(old.st_mode):
                os.chown(f"/proc/self/fd/{ours}", old.st_uid, old.st_gid)

        self._note = lambda: self._add([(ours, b"")], undo)
        super().set_owner(folder, name, owner, group)

    # What the acts share.

    def _made(self, folder: int, name: bytes) -> None:
        where = self._folder(folder)
        self._note = lambda: self._add([(folder, name)], lambda: self._bury(where, name))

    def _removed(self, label: str, folder: int, name: bytes) -> None:
        where = self._folder(folder)
        grave = self._grave()
        self._note = lambda: self._add(
            [(folder, name)],
            lambda: os.rename(grave, name, src_dir_fd=self._graveyard, dst_dir_fd=where),
        )

        def act() -> None:
            mode = os.stat(name, dir_fd=where, follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode) != (label == "rmdir"):
                raise OSError(errno.EISDIR if stat.S_ISDIR(mode) else errno.ENOTDIR, "wrong kind", os.fsdecode(name))
            if label == "rmdir":
                _refuse_unless_empty(where, name)
            os.rename(name, grave, src_dir_fd=where, dst_dir_fd=self._graveyard)

        with suppress(FileNotFoundError):
            self.effect(label, act)

    def _add(self, slots: list[tuple[int, bytes]], undo: Callable[[], None], more: list[Slot] | None = None) -> None:
        found = {(_inode(handle), name) for handle, name in slots}
        self._names.append(_Act(frozenset(found | set(more or [])), undo))

    def _dirty(self, handle: int, safe: int) -> None:
        inode = _inode(handle)
        if inode in self._bytes:
            os.close(handle)
            return
        self._bytes[inode] = (handle, safe)

    def _cover(self, handle: int) -> None:
        inode = _inode(handle)
        if inode in self._bytes:
            os.close(self._bytes.pop(inode)[0])
        safe: list[_Act] = []
        for act in reversed(self._names):
            if inode in act.objects or any(_builds_upon(later, act) for later in safe):
                safe.append(act)
        self._names = [act for act in self._names if act not in safe]

    def _cover_all(self) -> None:
        for handle, _ in self._bytes.values():
            os.close(handle)
        self._bytes = {}
        self._names = []

    def _folder(self, handle: int) -> int:
        inode = _inode(handle)
        if inode not in self._folders:
            self._folders[inode] = os.dup(handle)
        return self._folders[inode]

    def _grave(self) -> bytes:
        self._buried += 1
        return b"%s-%d" % (self._mine, self._buried)

    def _bury(self, folder: int, name: bytes) -> None:
        os.rename(name, self._grave(), src_dir_fd=folder, dst_dir_fd=self._graveyard)


def _builds_upon(later: _Act, former: _Act) -> bool:
    return bool(later.slots & former.slots)


def _inode(handle: int) -> int:
    return os.fstat(handle).st_ino


def _refuse_unless_empty(folder: int, name: bytes) -> None:
    handle = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
    try:
        if any(os.scandir(handle)):
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), os.fsdecode(name))
    finally:
        os.close(handle)
