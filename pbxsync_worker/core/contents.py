"""The host's one store of contents, by digest: before-images, and small items remembered for rollbacks and patches."""

import errno
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from hashlib import blake2b
from pathlib import Path
from threading import local
from typing import Any

from pbxsync_worker.core.durable import Disk, open_folder
from pbxsync_worker.core.model.errors import ContentGone, NoSpace, PeerLied, Unsupported
from pbxsync_worker.core.model.inventory import digest_of, new_digest
from pbxsync_worker.core.model.sentence import say

SMALL = 4096
"""Bytes up to which a content of many is kept in the one file `small.sqlite`."""

_PIECE = 2**20
_MANY = 8
"""From so many files on, one sync of the file system costs less than two of each."""
_PATIENCE = 10.0


class ContentStore:
    """Contents named by their BLAKE2b-256 under one folder of ours; each is there wholly or not at all.

    One file each, but contents that come in great number and are small share one SQLite file.
    """

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk
        self._small = _Small(folder / "small.sqlite", disk)

    def has(self, digest: bytes) -> bool:
        """Tell whether the content is held."""
        return self._path(digest).is_file() or self._small.has(digest)

    def open(self, digest: bytes) -> Iterator[bytes]:
        """Give the content in pieces; raise ContentGone where it is not held, or damaged (told at its end)."""
        running = new_digest()
        try:
            with self._path(digest).open("rb") as file:
                while piece := file.read(_PIECE):
                    running.update(piece)
                    yield piece
        except FileNotFoundError as error:
            data = self._small.get(digest)
            if data is None:
                raise ContentGone(name=digest.hex()[:12]) from error
            running.update(data)
            if data:
                yield data
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
        temporary = _temporary(os.fsencode(path.name))
        try:
            self._disk.remove(folder, temporary)
            running = new_digest()
            self._disk.create(folder, temporary, _digested(content, running))
            if running.digest() != digest:
                self._disk.remove(folder, temporary)
                raise _mismatch(digest)
            handle = os.open(temporary, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
            try:
                self._disk.sync(handle)
            finally:
                os.close(handle)
            self._disk.move(folder, temporary, folder, os.fsencode(path.name))
            self._disk.sync(folder)
        finally:
            os.close(folder)

    def reaches(self, folder: int) -> bool:
        """Tell whether files in this folder, open, can become the store's own: it is on the same file system."""
        own = open_folder(self._folder)
        try:
            return os.fstat(own).st_dev == os.fstat(folder).st_dev
        finally:
            os.close(own)

    def take(self, folder: int, name: bytes, digest: bytes) -> bool:
        """Hold a file of ours by renaming it, durably after `sync_taken`.

        False where it lies on another file system, or is held already.
        """
        path = self._path(digest)
        shelf = open_folder(path.parent)
        try:
            self._disk.move(folder, name, shelf, os.fsencode(path.name))
        except OSError as error:
            if error.errno in (errno.EXDEV, errno.EEXIST):
                return False
            raise
        finally:
            os.close(shelf)
        return True

    def sync_taken(self, digests: Iterable[bytes]) -> None:
        """Make the names of what was taken durable; its bytes are as durable as they were under their old names."""
        shelves = sorted({self._path(digest).parent for digest in digests})
        if len(shelves) >= _MANY:
            self._synced(shelves[0], self._disk.sync_filesystem)
            return
        for shelf in shelves:
            self._synced(shelf, self._disk.sync)

    def put_many(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        """Hold many contents, (digest, bytes) each, with few syncs for all; durable on return. Repeatable.

        Raise PeerLied, holding none of them, where one does not match its digest.
        """
        small: list[tuple[bytes, bytes]] = []
        large: list[tuple[bytes, bytes]] = []
        for digest, data in pairs:
            if digest_of(data) != digest:
                raise _mismatch(digest)
            (small if len(data) <= SMALL else large).append((digest, data))
        self._put_files(large)
        if small:
            self._small.put(small)

    def _put_files(self, pairs: list[tuple[bytes, bytes]]) -> None:
        """Hold contents in files of their own; one sync makes them all durable before any of them has its name."""
        new = {self._path(digest): data for digest, data in pairs if not self.has(digest)}
        if len(new) < _MANY:
            for path, data in new.items():
                self.put([data], bytes.fromhex(path.name))
            return
        with ExitStack() as stack:
            folders: dict[Path, int] = {}
            for parent in {path.parent for path in new}:
                folders[parent] = open_folder(parent)
                stack.callback(os.close, folders[parent])
            names = [(folders[path.parent], os.fsencode(path.name), data) for path, data in new.items()]
            for folder, name, data in names:
                self._disk.remove(folder, _temporary(name))
                self._disk.create(folder, _temporary(name), [data])
            self._disk.sync_filesystem(names[0][0])
            for folder, name, _ in names:
                self._disk.move(folder, _temporary(name), folder, name)
            self._disk.sync_filesystem(names[0][0])

    def size(self) -> int:
        """Return the bytes held."""
        return sum(path.stat().st_size for path in self._folder.glob("??/*")) + self._small.size()

    def sweep(self, referred: frozenset[bytes]) -> int:
        """Remove what nothing refers to any more; return how many contents went."""
        gone = self._small.sweep(referred)
        for path in self._folder.glob("??/*"):
            if not _is_digest(path.name) or bytes.fromhex(path.name) not in referred:
                folder = open_folder(path.parent)
                try:
                    self._disk.remove(folder, os.fsencode(path.name))
                finally:
                    os.close(folder)
                gone += 1
        return gone

    def _synced(self, shelf: Path, sync: Callable[[int], None]) -> None:
        handle = open_folder(shelf)
        try:
            sync(handle)
        finally:
            os.close(handle)

    def _path(self, digest: bytes) -> Path:
        name = digest.hex()
        return self._folder / name[:2] / name


class _Small:
    """Contents of up to 4 KiB in one SQLite file: thousands of them cost one transaction, not thousands of files."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._path = path
        self._disk = disk
        self._kept = local()

    def has(self, digest: bytes) -> bool:
        return self._one("SELECT 1 FROM small WHERE digest = ?", digest) is not None

    def get(self, digest: bytes) -> bytes | None:
        found = self._one("SELECT data FROM small WHERE digest = ?", digest)
        return None if found is None else bytes(found[0])

    def put(self, pairs: list[tuple[bytes, bytes]]) -> None:
        os.close(open_folder(self._path.parent))
        with self._linked() as link:
            # Set before the first table exists, it gives back what a sweep frees.
            link.execute("PRAGMA auto_vacuum = FULL")
            _begin(link)
            link.execute("CREATE TABLE IF NOT EXISTS small (digest BLOB PRIMARY KEY, data BLOB NOT NULL)")
            link.executemany("INSERT OR IGNORE INTO small VALUES (?, ?)", pairs)
            self._disk.effect("contents", lambda: link.execute("COMMIT"))

    def size(self) -> int:
        found = self._one("SELECT coalesce(sum(length(data)), 0) FROM small")
        return 0 if found is None else int(found[0])

    def sweep(self, referred: frozenset[bytes]) -> int:
        if not self._path.exists():
            return 0
        with self._linked() as link:
            if not _has_table(link):
                return 0
            _begin(link)
            gone = [one for one in link.execute("SELECT digest FROM small").fetchall() if one[0] not in referred]
            link.executemany("DELETE FROM small WHERE digest = ?", gone)
            self._disk.effect("contents", lambda: link.execute("COMMIT"))
        return len(gone)

    def _one(self, query: str, *values: bytes) -> tuple[Any, ...] | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        with self._translated():
            link = self._reader((os.getpid(), status.st_dev, status.st_ino))
            try:
                # All of it: a question that is not read to its end keeps writers out.
                found = link.execute(query, values).fetchall()
            except sqlite3.OperationalError:
                if _has_table(link):
                    raise
                return None
            return found[0] if found else None

    def _reader(self, whose: tuple[int, int, int]) -> sqlite3.Connection:
        """Return the connection of this thread to this very file, kept open: each content is asked for alone."""
        kept: tuple[tuple[int, int, int], sqlite3.Connection] | None = getattr(self._kept, "reader", None)
        if kept is None or kept[0] != whose:
            kept = (whose, sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None))
            self._kept.reader = kept
        return kept[1]

    @contextmanager
    def _linked(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one use: what writes is not kept open."""
        with (
            self._translated(),
            closing(sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None)) as link,
        ):
            yield link

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
                raise NoSpace(path=str(self._path), free=0, needed="more") from error
            raise Unsupported(what=say("Using {path}", path=self._path), reason=str(error)) from error


def _begin(link: sqlite3.Connection) -> None:
    # EXTRA also makes the removal of the journal durable: FULL may forget a whole transaction.
    link.execute("PRAGMA synchronous = EXTRA")
    link.execute("BEGIN IMMEDIATE")


def _has_table(link: sqlite3.Connection) -> bool:
    """Tell whether the first transaction was ever committed; a cut before that leaves an empty file."""
    return link.execute("SELECT 1 FROM sqlite_master WHERE name = 'small'").fetchone() is not None


def _mismatch(digest: bytes) -> PeerLied:
    return PeerLied(host="", reason=f"a content does not match its digest {digest.hex()[:12]}")


def _temporary(name: bytes) -> bytes:
    return b".new-" + name


def _digested(content: Iterable[bytes], running: blake2b) -> Iterator[bytes]:
    for piece in content:
        running.update(piece)
        yield piece


def _is_digest(name: str) -> bool:
    return len(name) == 64 and all(char in "0123456789abcdef" for char in name)
