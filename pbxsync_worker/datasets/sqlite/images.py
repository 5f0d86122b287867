"""What this host shows of its databases is kept for a while: images of pages, and descriptions of how they are built.

Who saw an inventory can fetch what it named although the database goes on changing. Files in a folder of ours, by
digest; the newest of each database stay.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import BinaryIO

from pbxsync_worker.core.durable import Disk, open_folder
from pbxsync_worker.core.model.inventory import digest_of, new_digest
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.datasets.sqlite.copy import copied
from pbxsync_worker.datasets.sqlite.link import Database
from pbxsync_worker.datasets.sqlite.pages import close_journal, image

_STAY = 3
_PIECE = 2**20
_numbers = count()


class Images:
    """The kept images and descriptions."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk

    def take(self, database: Database, name: bytes) -> Item:
        """Make an image of a database, keep it, and return its item."""
        os.close(open_folder(self._folder))
        self._sweep()
        scratch = self._folder / f"{_key(name)}-{os.getpid()}-{next(_numbers)}.new"
        try:
            with copied(database, scratch) as copy:
                close_journal(copy)
            return self.keep(name, ItemKind.DATABASE, image(scratch))
        finally:
            self._remove(scratch.name)

    def keep(self, name: bytes, kind: ItemKind, content: Iterable[bytes]) -> Item:
        """Keep a content under its digest, and return its item."""
        folder = open_folder(self._folder)
        part = f"{_key(name)}-{os.getpid()}-{next(_numbers)}.part.new".encode()
        running, size = new_digest(), 0

        def digested() -> Iterator[bytes]:
            nonlocal size
            for piece in content:
                running.update(piece)
                size += len(piece)
                yield piece

        try:
            self._disk.create(folder, part, digested())
            kept = self._path(name, running.digest()).name.encode()
            self._disk.remove(folder, kept)
            self._disk.move(folder, part, folder, kept)
        finally:
            self._disk.remove(folder, part)
            os.close(folder)
        self._prune(name)
        return Item(name, kind, size, running.digest())

    def open(self, item: Item) -> BinaryIO | None:
        """Return an open file of exactly this content, for the caller to close; None where it is not kept."""
        try:
            file = self._path(item.name, item.content).open("rb")
        except FileNotFoundError:
            return None
        running = new_digest()
        while piece := file.read(_PIECE):
            running.update(piece)
        if running.digest() != item.content:
            file.close()
            return None
        file.seek(0)
        return file

    def _path(self, name: bytes, digest: bytes) -> Path:
        return self._folder / f"{_key(name)}-{digest.hex()}"

    def _prune(self, name: bytes) -> None:
        kept = [path for path in self._folder.glob(f"{_key(name)}-*") if not path.name.endswith(".new")]
        for path in sorted(kept, key=_age, reverse=True)[_STAY:]:
            self._remove(path.name)

    def _sweep(self) -> None:
        """Remove what killed processes left."""
        for path in self._folder.glob("*.new*"):
            process = path.name.split("-")[1]
            if not Path("/proc", process).exists():
                self._remove(path.name)

    def _remove(self, name: str) -> None:
        folder = open_folder(self._folder)
        try:
            self._disk.remove(folder, name.encode())
        finally:
            os.close(folder)


def _key(name: bytes) -> str:
    return digest_of(name).hex()[:16]


def _age(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
