"""The inventories that were taken last, so that the digests of what did not change are not made again."""

from pbxsync_worker.core.model.dataset import FileSet
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.datasets.files.scan import Scanned

_DATASETS = 8


class LastInventories:
    """The last inventory of each of a few datasets, by their file sets; in memory only."""

    def __init__(self) -> None:
        self._known: dict[tuple[FileSet, ...], tuple[Scanned, Inventory]] = {}

    def after(self, file_sets: tuple[FileSet, ...], found: Scanned) -> Inventory:
        """Return the inventory of what was just found: the very one of before where nothing changed."""
        scanned, last = self._known.pop(file_sets, (None, None))
        if last is None or scanned is not found:
            now = Inventory(found.items, frozenset(found.holding))
            if last is not None:
                now = last if last == now else now.learning_from(last)
            last = now
        self._known[file_sets] = (found, last)
        while len(self._known) > _DATASETS:
            del self._known[next(iter(self._known))]
        return last
