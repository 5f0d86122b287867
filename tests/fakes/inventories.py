"""Inventories a source gave to others, in memory: the fake of the product's store of them."""

from collections import OrderedDict
from threading import Lock

from pbxsync_worker.core.model.inventory import Inventory


class InventoryMemory:
    """The inventories this process gave to others, newest kept; losing it costs bytes, nothing else."""

    def __init__(self, items: int = 300_000) -> None:
        self._room = items
        self._kept: OrderedDict[bytes, Inventory] = OrderedDict()
        self._lock = Lock()

    def remembered(self, root: bytes) -> Inventory | None:
        """Return the inventory of this root digest, None where it is not known any more."""
        with self._lock:
            return self._kept.get(root)

    def remember(self, inventory: Inventory) -> None:
        """Keep an inventory, and forget the oldest beyond the room for items."""
        with self._lock:
            self._kept[inventory.root] = inventory
            self._kept.move_to_end(inventory.root)
            held = sum(len(one.items) for one in self._kept.values())
            while held > self._room and len(self._kept) > 1:
                _, oldest = self._kept.popitem(last=False)
                held -= len(oldest.items)
