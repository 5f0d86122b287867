"""What was read before: the digest of every file by its path and stamp, so an unchanged tree is never read again.

A file `anew` in the folder says since when nothing is believed that was read earlier, in whatever process.
One file per place: BLAKE2b-256 of the rest, then the MessagePack of {path: [size, mtime_ns, ctime_ns, inode, device,
digest, xattrs]}. It only saves time: one that is missing or damaged is as good as an empty one.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from pbxsync_worker.core import wire
from pbxsync_worker.core.durable import Disk, open_folder, put_file
from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.inventory import DIGEST_SIZE, digest_of
from pbxsync_worker.datasets.files.attributes import Xattrs
from pbxsync_worker.datasets.files.reading import Stamp, Version, stamp

_ANEW = "anew"
_NONE: Mapping[bytes, "Known"] = {}
RACY_NS = 2 * 10**9
"""A file that changed this shortly before it was read could change again within one step of its clock, unseen."""


class Known(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One file as it was when it was read."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int
    content: bytes
    xattrs: Xattrs = ()

    @classmethod
    def of(cls, version: Version) -> "Known":
        """Return what to remember of a version."""
        return cls(*stamp(version.status), version.content, version.xattrs)

    def trusted_at(self, now: float) -> bool:
        """Tell whether a later change must show in the stamp.

        Only ctime decides: it is the kernel's own and cannot be set, while an mtime may be anything.
        """
        return self.ctime_ns + RACY_NS < now * 1e9

    def fits(self, seen: Stamp) -> bool:
        """Tell whether the file still is this version."""
        return seen == (self.size, self.mtime_ns, self.ctime_ns, self.inode, self.device)


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
        if known == self.of(place):
            return
        self._loaded[place] = known
        body = wire.pack(known)
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
            if digest_of(data[DIGEST_SIZE:]) != data[:DIGEST_SIZE]:
                return {}
            return wire.unpack(data[DIGEST_SIZE:], dict[bytes, Known])
        except (OSError, Invalid):
            return {}


def _file(place: Place) -> str:
    return f"{place}.index"
