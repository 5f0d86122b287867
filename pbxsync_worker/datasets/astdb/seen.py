"""What the last look at the AstDB found: of 50,000 keys only those that changed are looked at again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pbxsync_worker.core.model.dataset import ASTDB, FamilySet
from pbxsync_worker.core.model.inventory import EMPTY, Inventory
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.pattern import Matcher

_NAME = ASTDB + b"/"

Trees = Mapping[bytes, Mapping[bytes, bytes]]
"""The keys of families with their values."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look; families, stays: what was asked for; found: all keys; inventory: those that travel."""

    families: tuple[FamilySet, ...]
    stays: Matcher
    found: Trees = field(default_factory=dict, repr=False)
    inventory: Inventory = EMPTY

    def then(self, found: Trees, item_of: Callable[[bytes, bytes], Item | None]) -> "Look":
        """Return the look that finds these keys; item_of: what a new value is to the dataset, None for nothing."""
        items = dict(self.inventory.items)
        changed, gone = self._changed(found), self._gone(found)
        if not changed and not gone:
            return Look(self.families, self.stays, found, self.inventory)
        for name in gone:
            items.pop(name, None)
        for name, key, value in changed:
            item = item_of(key, value)
            if item is None:
                items.pop(name, None)
            else:
                items[name] = item
        return Look(self.families, self.stays, found, Inventory(items).learning_from(self.inventory))

    def _changed(self, found: Trees) -> Sequence[tuple[bytes, bytes, bytes]]:
        return [
            (_NAME + key, key, value)
            for family, pairs in found.items()
            for before in (self.found.get(family, {}),)
            if pairs is not before
            for key, value in pairs.items()
            if before.get(key) != value
        ]

    def _gone(self, found: Trees) -> Sequence[bytes]:
        known = ((before, found.get(family, {})) for family, before in self.found.items())
        return [_NAME + key for before, now in known if now is not before for key in before.keys() - now.keys()]


@dataclass(slots=True)
class Seen:
    """What may be kept from run to run; all of it is compared with what is there.

    image: digest of the pages of the file; trees: the keys that were read from it; look: the last one.
    """

    image: bytes = b""
    trees: dict[bytes, dict[bytes, bytes]] = field(default_factory=dict, repr=False)
    look: Look | None = field(default=None, repr=False)
