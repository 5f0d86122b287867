"""What was read before: the digest of every file by its path and stamp, so an unchanged tree is never read again.

A file `anew` in the folder says since when nothing is believed that was read earlier, in whatever process.
One file per place: BLAKE2b-256 of the rest, then `core/packed.py` of [path, [stamp, digest, xattrs]], the stamp being
size, mtime_ns, ctime_ns, inode and device in 8 bytes each (little-endian). It only saves time: one that is missing or
damaged is as good as an empty one.
"""

import os
import struct
from collections.abc import Mapping
from pathlib import Path

import msgspec

from pbxsync_worker.core.durable import Disk, open_folder, put_file
from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.inventory import DIGEST_SIZE, digest_of
from pbxsync_worker.core.packed import packed, unpacked
from pbxsync_worker.datasets.files.attributes import Xattrs
from pbxsync_worker.datasets.files.reading import Stamp, Version, stamp

_ANEW = "anew"
_STAMP = struct.Struct("<QqqQQ")
_NONE: Mapping[bytes, "Known"] = {}
RACY_NS = 2 * 10**9
"""A file that changed this shortly before it was read could change again within one step of its clock, unseen."""


class Known(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One file as it was when it was read; its stamp is packed, as there are very many of them."""

    packed: bytes
    content: bytes
    xattrs: Xattrs = ()

    @classmethod
    def of(cls, version: Version) -> "Known":
        """Return what to remember of a version."""
        return cls.at(stamp(version.status), version.content, version.xattrs)

    @classmethod
    def at(cls, seen: Stamp, content: bytes, xattrs: Xattrs = ()) -> "Known":
        """Return what to remember of a file that was seen so."""
        return cls(_STAMP.pack(*seen), content, xattrs)

    @property
    def stamp(self) -> Stamp:
        """Return how the file looked."""
        size, mtime, ctime, inode, device = _STAMP.unpack(self.packed)
        return size, mtime, ctime, inode, device

    def trusted_at(self, now: float) -> bool:
        """Tell whether a later change must show in the stamp.

        Only ctime decides: it is the kernel's own and cannot be set, while an mtime may be anything.
        """
        return self.stamp[2] + RACY_NS < now * 1e9

    def fits(self, seen: Stamp) -> bool:
        """Tell whether the file still is this version."""
        return self.packed == _STAMP.pack(*seen)


class Index:
    """The remembered files of all places, kept in a folder of ours."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk
        self._loaded: dict[Place, Mapping[bytes, Known]] = {}
        self._learnt: dict[Place, dict[bytes, Known]] = {}
        self._anew = self._asked_anew()

    def read_anew(self) -> None:
        """Forget everything, here and in every other process of this host, before its next look."""
        put_file(self._disk, self._folder / _ANEW, b"")

    def forgotten(self) -> bool:
        """Tell whether somebody asked for that since the last question; then nothing is remembered any more."""
        asked = self._asked_anew()
        if asked == self._anew:
            return False
        self._anew = asked
        self._loaded.clear()
        self._learnt.clear()
        return True

    def _asked_anew(self) -> int:
        try:
            return (self._folder / _ANEW).stat().st_mtime_ns
        except OSError:
            return 0

    def of(self, place: Place) -> Mapping[bytes, Known]:
        """Return what is remembered of a place, by path below it."""
        learnt = self._learnt.get(place)
        return {**self._on_disk(place), **learnt} if learnt else self._on_disk(place)

    def _on_disk(self, place: Place) -> Mapping[bytes, Known]:
        if place not in self._loaded:
            self._loaded[place] = self._load(place)
        return self._loaded[place]

    def content(self, place: Place, path: bytes, status: os.stat_result) -> bytes | None:
        """Return a file's digest where it is known without reading."""
        known = self._learnt.get(place, _NONE).get(path) or self._on_disk(place).get(path)
        return known.content if known is not None and known.fits(stamp(status)) else None

    def learn(self, place: Place, path: bytes, known: Known) -> None:
        """Remember one file that this process wrote; other processes learn of it with the next `keep`."""
        self._learnt.setdefault(place, {})[path] = known

    def keep(self, place: Place, known: Mapping[bytes, Known]) -> None:
        """Remember this of a place; nothing is written where nothing changed."""
        self._learnt.pop(place, None)
        same = known == self.of(place)
        # Also where nothing is new: its names are those that the scan holds anyway.
        self._loaded[place] = known
        if same:
            return
        # Quickly: it is written after every run, and rather for the disk's sake than to be small.
        body = packed(known.items(), 1)
        folder = open_folder(self._folder)
        try:
            self._disk.put(folder, _file(place).encode(), digest_of(body) + body)
        finally:
            os.close(folder)

    def _load(self, place: Place) -> Mapping[bytes, Known]:
        try:
            path = self._folder / _file(place)
            if path.stat().st_mtime_ns <= self._anew:
                return {}
            data = path.read_bytes()
            body = memoryview(data)[DIGEST_SIZE:]
            if digest_of(body) != data[:DIGEST_SIZE]:
                return {}
            return dict(unpacked(body, tuple[bytes, Known]))
        except (OSError, Invalid):
            return {}


def _file(place: Place) -> str:
    return f"{place}.index"
