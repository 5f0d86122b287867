"""Scan the file sets of a dataset: names, attributes, and digests of whatever the index does not know."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

from pbxsync_worker.core.model.dataset import Dataset, FileSet, Place
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.pattern import Matcher
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.datasets.files.index import Index, Known
from pbxsync_worker.datasets.files.levels import Levels, Way
from pbxsync_worker.datasets.files.names import base_of
from pbxsync_worker.datasets.files.owners import Owners
from pbxsync_worker.datasets.files.reading import Reader
from pbxsync_worker.datasets.files.tree import Tree
from pbxsync_worker.datasets.files.walk import Walk
from pbxsync_worker.datasets.files.watch import Watch

_log = logging.getLogger(__name__)

_FILE_SETS = 100
"""Of how many file sets the folders are kept in memory."""
_DATASETS = 8
"""Of how many datasets what the last scan found is kept."""


@dataclass
class Scanned:
    """What a scan found. holding: names of folders in or below which something lies that is no item."""

    items: dict[bytes, Item] = field(default_factory=dict)
    holding: set[bytes] = field(default_factory=set)


class Scanner:
    """Scans datasets, with the help of the index."""

    def __init__(self, tree: Tree, index: Index, protected: Matcher, owners: Owners, clock: Clock) -> None:
        self._tree = tree
        self._index = index
        self._protected = protected
        self._owners = owners
        self._clock = clock
        self._reader = Reader(clock)
        self._watch = Watch()
        self._levels: dict[FileSet, Levels] = {}
        self._last: dict[tuple[FileSet, ...], tuple[tuple[int, ...], Scanned]] = {}
        self._one_at_a_time = Lock()

    def scan(self, dataset: Dataset) -> Scanned:
        """Read names and digests of a dataset; raise SourceChanged where a file never stood still.

        Where nothing happened since the last time the very same is returned, nothing of it looked at.
        """
        with self._one_at_a_time:
            # Both are asked every time.
            if any((self._owners.refresh(), self._index.forgotten())):
                self._levels.clear()
                self._last.clear()
            hints = self._watch.tell()
            versions, last = self._last.pop(dataset.file_sets, ((), None))
            if last is None or not hints or versions != self._versions(dataset) or not self._quiet(dataset):
                last = self._scan(dataset, hints=hints)
            self._last[dataset.file_sets] = (self._versions(dataset), last)
            while len(self._last) > _DATASETS:
                del self._last[next(iter(self._last))]
            return last

    def _versions(self, dataset: Dataset) -> tuple[int, ...]:
        return tuple(self._levels[one].version if one in self._levels else -1 for one in dataset.file_sets)

    def _quiet(self, dataset: Dataset) -> bool:
        now = self._clock.monotonic()
        return all(self._levels_of(one).quiet(self._way(one), now) for one in dataset.file_sets)

    def _way(self, file_set: FileSet) -> Way:
        """Return what tells whether the folders from which a walk starts are the same ones as before."""
        found = []
        for parts in dict.fromkeys(((), base_of(file_set))):
            with self._tree.present(file_set.place, parts) as handle:
                if handle is None:
                    return ()
                status = os.fstat(handle)
            found.append((status.st_dev, status.st_ino))
        return tuple(found)

    def _scan(self, dataset: Dataset, *, hints: bool) -> Scanned:
        found = Scanned()
        bare: dict[bytes, Item] = {}
        started = self._clock.now()
        for place in dict.fromkeys(one.place for one in dataset.file_sets):
            file_sets = [one for one in dataset.file_sets if one.place is place]
            walks = [self._walk(one, started, hints=hints) for one in file_sets]
            for walk in walks:
                found.items.update(walk.items)
                bare.update(walk.bare)
                found.holding |= walk.holding
            if any(self._levels[one].changed for one in file_sets):
                self._remember(place, walks, started)
        found.items = bare | found.items
        # What one file set leaves out another may take.
        found.holding = {folder for folder in found.holding if folder in found.items}
        return found

    def _walk(self, file_set: FileSet, started: float, *, hints: bool) -> Walk:
        known = self._index.of(file_set.place)
        walk = Walk(file_set, known, self._reader, self._owners, self._protected)
        levels = self._levels_of(file_set)
        levels.begin(started, self._way(file_set), self._clock.monotonic(), hints=hints)
        walk.run(self._tree, levels)
        if walk.dropped_xattrs:
            extra = {"place": str(file_set.place), "items": walk.dropped_xattrs}
            _log.info("extended attributes are not kept by this dataset", extra=extra)
        if walk.databases:
            extra = {"place": str(file_set.place), "items": len(walk.databases), "first": walk.databases[0]}
            _log.warning("SQLite databases do not travel as files: add them to the dataset as databases", extra=extra)
        if walk.special:
            extra = {"place": str(file_set.place), "items": len(walk.special), "first": walk.special[0]}
            _log.info("devices, FIFOs and sockets do not travel", extra=extra)
        return walk

    def _levels_of(self, file_set: FileSet) -> Levels:
        """Return what the last walk of a file set found; the sets that were walked last are kept."""
        levels = self._levels.pop(file_set, None) or Levels(xattrs=file_set.keep.xattrs, watch=self._watch)
        self._levels[file_set] = levels
        while len(self._levels) > _FILE_SETS:
            del self._levels[next(iter(self._levels))]
        return levels

    def _remember(self, place: Place, walks: list[Walk], started: float) -> None:
        """Keep what other datasets know of the place; replace what these walks looked at."""
        seen: dict[bytes, Known] = {}
        for walk in walks:
            seen |= walk.seen
        old: Mapping[bytes, Known] = self._index.of(place)
        rest = {
            path: known
            for path, known in old.items()
            if path not in seen and not any(walk.would_take(path) for walk in walks)
        }
        trusted = {path: known for path, known in seen.items() if known.trusted_at(started)}
        self._index.keep(place, rest | trusted)
