"""The inventories that were taken last, so that the digests of what did not change are not made again."""

from pbxsync_worker.core.model.dataset import FileSet
from pbxsync_worker.core.model.inventory import Inventory

_DATASETS = 8


class LastInventories:
    """The last inventory of each of a few datasets, by their file sets; in memory only."""

    def __init__(self) -> None:
        self._known: dict[tuple[FileSet, ...], Inventory] = {}

    def after(self, file_sets: tuple[FileSet, ...], now: Inventory) -> Inventory:
        """Return an inventory that was just taken: the very one of before where nothing changed."""
        last = self._known.pop(file_sets, None)
        if last is not None:
            now = last if last == now else now.learning_from(last)
        self._known[file_sets] = now
        while len(self._known) > _DATASETS:
            del self._known[next(iter(self._known))]
        return now
