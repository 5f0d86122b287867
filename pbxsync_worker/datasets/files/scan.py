"""Scan the file sets of a dataset: names, attributes, and digests of whatever the index does not know."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from pbxsync_worker.core.model.dataset import Dataset, FileSet, Place
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.pattern import Matcher
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.datasets.files.index import Index, Known
from pbxsync_worker.datasets.files.owners import Owners
from pbxsync_worker.datasets.files.reading import Reader
from pbxsync_worker.datasets.files.tree import Tree
from pbxsync_worker.datasets.files.walk import Walk

_log = logging.getLogger(__name__)


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

    def scan(self, dataset: Dataset) -> Scanned:
        """Read names and digests of a dataset; raise SourceChanged where a file never stood still."""
        found = Scanned()
        bare: dict[bytes, Item] = {}
        started = self._clock.now()
        for place in dict.fromkeys(one.place for one in dataset.file_sets):
            walks = [self._walk(one) for one in dataset.file_sets if one.place is place]
            for walk in walks:
                found.items.update(walk.items)
                bare.update(walk.bare)
                found.holding |= walk.holding
            self._remember(place, walks, started)
        found.items = bare | found.items
        # What one file set leaves out another may take.
        found.holding = {folder for folder in found.holding if folder in found.items}
        return found

    def _walk(self, file_set: FileSet) -> Walk:
        known = self._index.of(file_set.place)
        walk = Walk(file_set, known, self._reader, self._owners, self._protected)
        walk.run(self._tree)
        if walk.dropped_xattrs:
            extra = {"place": str(file_set.place), "items": walk.dropped_xattrs}
            _log.info("extended attributes are not kept by this dataset", extra=extra)
        if walk.special:
            extra = {"place": str(file_set.place), "items": len(walk.special), "first": walk.special[0]}
            _log.info("devices, FIFOs and sockets do not travel", extra=extra)
        return walk

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
