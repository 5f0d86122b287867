"""Contents that were here, wholly or in part, when their run ended: `.pbxsync-stage/.begun/<digest>` on each mount.

They are kept by a rename, and nothing is believed of them: whoever goes on from one has its beginning proven by the
source, and the whole by its digest, as always. They go once their content has arrived, where room is needed, and with
time.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.datasets.files.attributes import kind_of
from pbxsync_worker.datasets.files.names import Parts
from pbxsync_worker.datasets.files.reading import look, names_in, open_file
from pbxsync_worker.datasets.files.staging import Staging
from pbxsync_worker.datasets.files.tree import Tree

LEAST = 2**16
"""Bytes of a content, and of what is here of it, from which it is worth being kept."""

_FOLDER = b".begun"
_STAGED = re.compile(rb"[0-9]+\.([0-9a-f]{64})")
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def staged_name(number: int, item: Item | None) -> bytes:
    """Return the name of a staged object; that of a larger content tells its digest, so that it can be kept."""
    if item is None or item.kind is not ItemKind.FILE or item.size < LEAST:
        return b"%d" % number
    return b"%d.%s" % (number, item.content.hex().encode())


class Begun:
    """What is kept below the staging folders of this host."""

    def __init__(self, tree: Tree, staging: Staging, disk: Disk) -> None:
        self._tree = tree
        self._staging = staging
        self._disk = disk

    def contents(self) -> dict[bytes, tuple[Place, Parts]]:
        """Return the digests of the contents whose beginnings are here, and the mounts where they lie."""
        found: dict[bytes, tuple[Place, Parts]] = {}
        for place, top, folder in self._folders():
            found |= {bytes.fromhex(name.decode()): (place, top) for name in names_in(folder) if len(name) == 64}
        return found

    def open(self, digest: bytes, at: tuple[Place, Parts]) -> BinaryIO | None:
        """Open what is here of a content, for the caller to close; None where it cannot be read."""
        with self._folder(*at) as folder:
            handle = None if folder is None else open_file(folder, digest.hex().encode())
        return None if handle is None else os.fdopen(handle, "rb")

    def keep(self, parent: int, stage: int) -> None:
        """Keep what of a stage is worth it rather than let it be removed, as long as there is room.

        parent: the folder of all stages of a mount. At most half of what would be free otherwise is taken.
        """
        staged = [(name, told[1]) for name in names_in(stage) if (told := _STAGED.fullmatch(name))]
        if not staged:
            return
        with suppress(FileExistsError):
            self._disk.make_directory(parent, _FOLDER)
        folder = os.open(_FOLDER, _OPEN, dir_fd=parent)
        try:
            room = _free(folder) - sum(_size(folder, name) for name in names_in(folder))
            for name, digest in staged:
                size = _size(stage, name)
                if max(LEAST, _size(folder, digest) + 1) <= size <= room:
                    self._disk.remove(folder, digest)
                    self._disk.move(stage, name, folder, digest)
                    room -= size
        finally:
            os.close(folder)

    def forget(self, digest: bytes, at: tuple[Place, Parts]) -> None:
        """Remove what was here of a content that has arrived wholly."""
        with self._folder(*at) as folder:
            if folder is not None:
                self._disk.remove(folder, digest.hex().encode())

    def sweep(self, before: float = float("inf")) -> int:
        """Remove what was kept before a time in seconds since 1970; return how many contents went."""
        gone = 0
        for place, top, folder in self._folders():
            for name in names_in(folder):
                status = look(folder, name)
                # A rename sets this time; that of the modification is the item's own.
                if status is not None and status.st_ctime < before:
                    self._disk.remove(folder, name)
                    gone += 1
            self._remove_if_empty(place, top)
        return gone

    def _remove_if_empty(self, place: Place, top: Parts) -> None:
        parent = self._staging.parent(place, top)
        if parent is None:
            return
        try:
            with suppress(OSError):  # something is left in it
                self._disk.remove_directory(parent, _FOLDER)
        finally:
            os.close(parent)
        self._staging.remove_if_empty(place, top)

    def _folders(self) -> Iterator[tuple[Place, Parts, int]]:
        for place in self._tree.places:
            for top in self._staging.tops(place):
                with self._folder(place, top) as folder:
                    if folder is not None:
                        yield place, top, folder

    @contextmanager
    def _folder(self, place: Place, top: Parts) -> Iterator[int | None]:
        parent = self._staging.parent(place, top)
        folder = None
        if parent is not None:
            try:
                with suppress(FileNotFoundError):
                    folder = os.open(_FOLDER, _OPEN, dir_fd=parent)
            finally:
                os.close(parent)
        try:
            yield folder
        finally:
            if folder is not None:
                os.close(folder)


def _size(folder: int, name: bytes) -> int:
    status = look(folder, name)
    return status.st_size if status is not None and kind_of(status) is ItemKind.FILE else 0


def _free(folder: int) -> int:
    numbers = os.fstatvfs(folder)
    return numbers.f_bavail * numbers.f_frsize
