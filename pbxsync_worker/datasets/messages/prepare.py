"""Stages what comes: each file checked as it comes, dressed as the folder it goes to."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change, ChangeKind
from pbxsync_worker.core.model.errors import NoSpace, PeerLied, TargetChanged
from pbxsync_worker.core.model.inventory import new_digest
from pbxsync_worker.core.model.item import Item, show_name
from pbxsync_worker.core.model.ports import Content
from pbxsync_worker.core.model.step import Step
from pbxsync_worker.datasets.messages.bundle import TEXT, Unbundled
from pbxsync_worker.datasets.messages.folder import file_name
from pbxsync_worker.datasets.messages.folders import Folders, dress, parts_of
from pbxsync_worker.datasets.messages.names import Where, folder_of, identity_of, left_at, where
from pbxsync_worker.datasets.messages.spool import Message, Spool
from pbxsync_worker.datasets.messages.staging import new_name

_FILE_BITS = 0o666


class Preparing:
    """What is asked before anything is done, and what waits after it."""

    def __init__(self, spool: Spool, folders: Folders, disk: Disk) -> None:
        self._spool = spool
        self._folders = folders
        self._disk = disk

    def step(self, stage: int, run: str, number: int, change: Change, content: Callable[[Change], Content]) -> Step:
        """Stage one change; raise TargetChanged, Unsupported, PeerLied, NoSpace."""
        here = self.must_be(where(change.name), change.before)
        missing = 0
        device = os.fstat(stage).st_dev
        if change.before is not None:
            self._folders.missing(parts_of(where(change.name), folder_of(change.before)), device)
        if change.after is not None:
            folder = folder_of(change.after)
            missing, like = self._folders.missing(parts_of(where(change.name), folder), device)
            if here is not None and change.kind is ChangeKind.ATTRIBUTES:
                self._stage_here(stage, number, here)
            else:
                self._stage_content(stage, number, change.after, content(change), like)
        return Step(number, change, f"{run}/{number}/{missing}".encode())

    def must_be(self, which: Where, before: Item | None) -> Message | None:
        """Return the message that a change is about; raise TargetChanged where it is not what the plan saw."""
        found = self._spool.find(which)
        first = found[0] if found else None
        if (None if first is None else first.item) != before:
            raise TargetChanged(name=show_name(which.name))
        return first

    def _stage_here(self, stage: int, number: int, here: Message) -> None:
        """Give the files that are here already one more name: a message that moves is not copied."""
        with self._spool.open(here.which.context, here.which.box, here.folder) as handle:
            if handle is None:
                raise TargetChanged(name=show_name(here.which.name))
            try:
                for kind, one in here.files.items():
                    self._disk.make_link(handle, file_name(here.number, kind), stage, new_name(number, kind))
                    if os.stat(new_name(number, kind), dir_fd=stage).st_ino != one.inode:
                        raise TargetChanged(name=show_name(here.which.name))
            except FileNotFoundError as error:
                raise TargetChanged(name=show_name(here.which.name)) from error

    def _stage_content(self, stage: int, number: int, item: Item, content: Content, like: os.stat_result) -> None:
        disk = os.fstatvfs(stage)
        free = disk.f_bavail * disk.f_frsize
        if item.size > free:
            raise NoSpace(path=item.text, free=free, needed=item.size)
        coming = Unbundled(item, content)
        sound = new_digest()
        text = b""
        for kind, size in coming.files:
            pieces: Iterable[bytes] = coming.file(size)
            if kind == TEXT:
                text = b"".join(pieces)
                pieces = [text]
            else:
                sound.update(f"{kind}:{size}:".encode())
                pieces = _fed(sound.update, pieces)
            self._disk.create(stage, new_name(number, kind), pieces)
        coming.check()
        if identity_of(text, sound.digest()) != where(item.name).identity:
            raise PeerLied(host="", reason=f"{item.text} is another message than its name says")
        for kind, _ in coming.files:
            self._dress(stage, new_name(number, kind), like, left_at(text))

    def _dress(self, stage: int, name: bytes, like: os.stat_result, left: int | None) -> None:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=stage)
        try:
            self._disk.set_mode(handle, stat.S_IMODE(like.st_mode) & _FILE_BITS)
        finally:
            os.close(handle)
        dress(self._disk, stage, name, like)
        if left is not None:
            self._disk.set_time(stage, name, left * 10**9)


def _fed(update: Callable[[bytes], None], pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        update(piece)
        yield piece
