"""What one folder holds, and how it looked when that was read: while it looks the same, nothing in it is read again."""

import os
import stat
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

from pbxsync_worker.core.model.item import Item
from pbxsync_worker.datasets.files.index import RACY_NS, Known
from pbxsync_worker.datasets.files.names import OURS
from pbxsync_worker.datasets.files.watch import Watch

FULL_EVERY = 600.0
"""Seconds for which hints are believed; then every folder is looked at again."""

Way = tuple[tuple[int, int], ...]
"""(device, inode) of the folders from which a walk starts; empty where they are not there."""

_OURS = os.fsdecode(OURS)


@dataclass(slots=True)
class Level:
    """What lies in one folder for one file set: folders in it, but not what they hold.

    items: what the patterns take; folders: every folder, by path below the place; seen: what the index should know;
    deeper: folders that may hold more, with a slash at the end; held: folders (with a slash) in which something was
    left; special: names of devices, FIFOs and sockets; databases: SQLite databases and their journals, left out
    as well; dropped_xattrs: files whose extended attributes are not kept.
    """

    items: dict[bytes, Item] = field(default_factory=dict)
    folders: dict[bytes, Item] = field(default_factory=dict)
    seen: dict[bytes, Known] = field(default_factory=dict)
    deeper: list[bytes] = field(default_factory=list)
    held: set[bytes] = field(default_factory=set)
    special: list[str] = field(default_factory=list)
    databases: list[str] = field(default_factory=list)
    dropped_xattrs: int = 0


@dataclass(frozen=True, slots=True)
class Outline:
    """How a folder looks from above: names, and for each what must change with its content or attributes.

    The ctime of a folder in it changes with all that lies there, so it only counts where its attributes hang on it.
    newest: the last ctime, in nanoseconds.
    """

    names: bytes
    stamps: "array[int]"
    places: "array[int]"
    newest: int

    @classmethod
    def of(cls, folder: int, *, xattrs: bool) -> "Outline":
        """Look at an open folder; xattrs: extended attributes of folders count."""
        names: list[str] = []
        stamps, places, newest = array("q"), array("Q"), 0
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(_OURS):
                    continue
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                names.append(entry.name)
                places.append(status.st_ino)
                places.append(status.st_dev)
                changed = status.st_ctime_ns
                if stat.S_ISDIR(status.st_mode):
                    changed *= xattrs
                    stamps.extend((status.st_mode, status.st_uid, status.st_gid, changed))
                else:
                    stamps.extend((status.st_size, status.st_mtime_ns, changed))
                newest = max(newest, changed)
        # No name holds the byte between them; a string for each would take four times the memory.
        return cls(os.fsencode("\0".join(names)), stamps, places, newest)


@dataclass(frozen=True, slots=True)
class _Known:
    """A folder as it was read; fresh: something in it had changed so shortly before that its outline proves nothing."""

    outline: Outline
    level: Level
    fresh: bool


class Levels:
    """The folders of one file set as they were read last, in memory only; one walk at a time.

    changed: something was read anew, or is no more, since the walk before; version: counts such walks.
    """

    def __init__(self, *, xattrs: bool, watch: Watch | None = None) -> None:
        self._xattrs = xattrs
        self._watch = watch
        self._known: dict[bytes, _Known] = {}
        self._found: dict[bytes, _Known] = {}
        self._watched: set[bytes] = set()
        self._touched: set[bytes] = set()
        self._elsewhere: set[bytes] = set()
        self._started = 0.0
        self._full_at = -FULL_EVERY
        self._way: Way = ()
        self._hints = self._all_watched = False
        self._ended = True
        self.changed = True
        self.version = 0

    def touched(self, path: bytes, folder: bytes) -> None:
        """Take a hint that something happened in a folder; folder: one in it that is another now, itself, or b""."""
        self._touched.add(path)
        if folder:
            self._elsewhere.add(path if folder == path else path + folder + b"/")

    def quiet(self, way: Way, monotonic: float) -> bool:
        """Tell whether nothing changed since the last walk, as far as hints go; they count for FULL_EVERY seconds."""
        return self._all_watched and self._ended and not self._touched and self._may_trust(way, monotonic)

    def begin(self, now: float, way: Way = (), monotonic: float = 0.0, *, hints: bool = False) -> None:
        """Start a walk; now: seconds since 1970; hints: all of them arrived since the walk before."""
        self._hints = hints and self._ended and self._may_trust(way, monotonic)
        if not self._hints:
            self._full_at = monotonic
        self._found, self._started = {}, now * 1e9
        self._way, self._ended, self._all_watched = way, False, True
        self.changed = bool(self._elsewhere)
        if self._elsewhere:
            self._known = {path: known for path, known in self._known.items() if not _lies_in(path, self._elsewhere)}
        self._elsewhere = set()

    def still(self, path: bytes) -> Level | None:
        """Return what a folder holds that nothing happened in; None where it must be looked at."""
        known = self._known.get(path)
        if not self._hints or known is None or path not in self._watched or path in self._touched:
            return None
        self._found[path] = known
        return known.level

    def of(self, path: bytes, folder: int, read: Callable[[], Level]) -> Level:
        """Return what an open folder holds, read only where it looks otherwise than before."""
        watched = self._watch is not None and self._watch.add(folder, path, self.touched)
        (self._watched.add if watched else self._watched.discard)(path)
        self._all_watched = self._all_watched and watched
        outline = Outline.of(folder, xattrs=self._xattrs)
        known = self._known.get(path)
        if known is not None and not known.fresh and known.outline == outline:
            self._found[path] = known
            return known.level
        self.changed = True
        level = read()
        # What changed just now could change again within one step of the clock, and only a hint would tell.
        fresh = outline.newest + RACY_NS >= self._started
        if fresh:
            now = self._started / 1e9
            level.seen = {one: seen for one, seen in level.seen.items() if seen.trusted_at(now)}
        if watched or not fresh:
            self._found[path] = _Known(outline, level, fresh)
        return level

    def end(self) -> None:
        """End a walk that found everything; after one that broke off every folder is looked at again."""
        self.changed = self.changed or len(self._known) != len(self._found)
        self.version += self.changed
        for path in self._watched - self._found.keys():
            self._watched.discard(path)
            if self._watch is not None:
                self._watch.drop(path, self.touched)
        self._touched = set()
        self._known, self._found, self._ended = self._found, {}, True

    def _may_trust(self, way: Way, monotonic: float) -> bool:
        return bool(way) and way == self._way and monotonic - self._full_at < FULL_EVERY


def _lies_in(path: bytes, folders: set[bytes]) -> bool:
    while path:
        if path in folders:
            return True
        path = path[:-1].rpartition(b"/")[0]
        path += b"/" if path else b""
    return b"" in folders
