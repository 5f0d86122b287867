"""The host's one store of contents, by digest: before-images, and small items remembered for rollbacks and patches."""

import os
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path

from pbxsync_worker.core.durable import Disk, open_folder
from pbxsync_worker.core.model.errors import ContentGone, PeerLied
from pbxsync_worker.core.model.inventory import new_digest

_PIECE = 2**20


class ContentStore:
    """Files named by their BLAKE2b-256 under one folder of ours; a content is there wholly or not at all."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk

    def has(self, digest: bytes) -> bool:
        """Tell whether the content is held."""
        return self._path(digest).is_file()

    def open(self, digest: bytes) -> Iterator[bytes]:
        """Give the content in pieces; raise ContentGone where it is not held, or damaged (told at its end)."""
        running = new_digest()
        try:
            with self._path(digest).open("rb") as file:
                while piece := file.read(_PIECE):
                    running.update(piece)
                    yield piece
        except OSError as error:
            raise ContentGone(name=digest.hex()[:12]) from error
        if running.digest() != digest:
            raise ContentGone(name=digest.hex()[:12])

    def put(self, content: Iterable[bytes], digest: bytes) -> None:
        """Hold a content; raise PeerLied where it does not match its digest. Repeatable; durable after `sync`."""
        if self.has(digest):
            return
        path = self._path(digest)
        folder = open_folder(path.parent)
        temporary = b".new-" + os.fsencode(path.name)
        try:
            self._disk.remove(folder, temporary)
            running = new_digest()
            self._disk.create(folder, temporary, _digested(content, running))
            if running.digest() != digest:
                self._disk.remove(folder, temporary)
                raise PeerLied(host="", reason=f"a content does not match its digest {digest.hex()[:12]}")
            handle = os.open(temporary, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
            try:
                self._disk.sync(handle)
            finally:
                os.close(handle)
            self._disk.move(folder, temporary, folder, os.fsencode(path.name))
            self._disk.sync(folder)
        finally:
            os.close(folder)

    def size(self) -> int:
        """Return the bytes held."""
        return sum(path.stat().st_size for path in self._folder.glob("??/*"))

    def sweep(self, referred: frozenset[bytes]) -> int:
        """Remove what nothing refers to any more; return how many contents went."""
        gone = 0
        for path in self._folder.glob("??/*"):
            if not _is_digest(path.name) or bytes.fromhex(path.name) not in referred:
                folder = open_folder(path.parent)
                try:
                    self._disk.remove(folder, os.fsencode(path.name))
                finally:
                    os.close(folder)
                gone += 1
        return gone

    def _path(self, digest: bytes) -> Path:
        name = digest.hex()
        return self._folder / name[:2] / name


def _digested(content: Iterable[bytes], running: blake2b) -> Iterator[bytes]:
    for piece in content:
        running.update(piece)
        yield piece


def _is_digest(name: str) -> bool:
    return len(name) == 64 and all(char in "0123456789abcdef" for char in name)
