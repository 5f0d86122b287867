"""What one folder holds, and how it looked when that was read: while it looks the same, nothing in it is read again."""

import os
import stat
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

from pbxsync_worker.core.model.item import Item
from pbxsync_worker.datasets.files.index import RACY_NS, Known
from pbxsync_worker.datasets.files.names import OURS

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

    names: tuple[str, ...]
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
        return cls(tuple(names), stamps, places, newest)


class Levels:
    """The folders of one file set as they were read last, in memory only; one walk at a time.

    changed: something was read anew, or is no more, since the walk before.
    """

    def __init__(self, *, xattrs: bool) -> None:
        self._xattrs = xattrs
        self._known: dict[bytes, tuple[Outline, Level]] = {}
        self._found: dict[bytes, tuple[Outline, Level]] = {}
        self._started = 0.0
        self.changed = True

    def begin(self, now: float) -> None:
        """Start a walk; now: seconds since 1970."""
        self._found, self._started, self.changed = {}, now * 1e9, False

    def of(self, path: bytes, folder: int, read: Callable[[], Level]) -> Level:
        """Return what an open folder holds, read only where it looks otherwise than before."""
        outline = Outline.of(folder, xattrs=self._xattrs)
        known = self._known.get(path)
        if known is not None and known[0] == outline:
            self._found[path] = known
            return known[1]
        self.changed = True
        level = read()
        # What changed just now could change again within one step of the clock, unseen.
        if outline.newest + RACY_NS < self._started:
            self._found[path] = (outline, level)
        return level

    def end(self) -> None:
        """End a walk that found everything; one that broke off leaves what was known before it."""
        self.changed = self.changed or len(self._known) != len(self._found)
        self._known, self._found = self._found, {}
