"""Keys of the AstDB, item names `ASTDB/family/key`, and what is needed of whoever holds them."""

from collections.abc import Iterable
from typing import Protocol

from pbxsync_worker.core.model.dataset import ASTDB
from pbxsync_worker.core.model.errors import PeerLied
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind, show_name

_LONGEST_PART = 255
_DEEPEST = 64
_HEAD = ASTDB + b"/"
_OURS = b".pbxsync-"


class Keys(Protocol):
    """A way to the keys of the AstDB; a key is bytes `family/rest`, without the slash in front."""

    def tree(self, family: bytes) -> dict[bytes, bytes]:
        """Return every key of a family with its value; raise where that cannot be known, never leave one out."""
        ...

    def trees(self, families: Iterable[bytes]) -> dict[bytes, dict[bytes, bytes]]:
        """Return `tree` of each of some families."""
        ...

    def get(self, key: bytes) -> bytes | None:
        """Return one value, None where there is no such key; an empty value is a value."""
        ...

    def put(self, key: bytes, value: bytes) -> None:
        """Set one value."""
        ...

    def remove(self, key: bytes) -> None:
        """Remove one key; nothing happens where there is none."""
        ...


class AsteriskDatabase(Keys, Protocol):
    """The keys of a running Asterisk, over one connection that is kept until `close`.

    Raises AsteriskSilent where there is no answer, AsteriskRefused where it says no.
    """

    def running(self) -> bool:
        """Tell whether Asterisk answers; False only where it is proven down, else AsteriskSilent is raised."""
        ...

    def refusal(self, key: bytes, value: bytes) -> str:
        """Return why this key and value cannot be written, "" where they can; asks nobody."""
        ...

    def close(self) -> None:
        """Let the connection go; the next question makes a new one."""
        ...


def key_of(name: bytes) -> bytes:
    """Return the key of an item name; raise PeerLied for one that no honest host sends."""
    key = name.removeprefix(_HEAD)
    if key == name or not has_name(key):
        raise PeerLied(host="", reason=f"{show_name(name[:300])} is not the name of an AstDB key")
    return key


def has_name(key: bytes) -> bool:
    """Tell whether a key can be an item name: a family and more, no empty part, none of `.` and `..`."""
    parts = key.split(b"/")
    usable = all(part not in (b"", b".", b"..") and len(part) <= _LONGEST_PART for part in parts)
    ours = any(part.startswith(_OURS) for part in parts)
    return usable and not ours and b"\0" not in key and 2 <= len(parts) <= _DEEPEST


def item_of(key: bytes, value: bytes) -> Item:
    """Return the item of a key with this value."""
    return Item(_HEAD + key, ItemKind.KEY, len(value), digest_of(value))


def check_item(item: Item) -> None:
    """Raise PeerLied for an item that cannot be a key."""
    key_of(item.name)
    if item.kind is not ItemKind.KEY or item.attributes != Attributes():
        raise PeerLied(host="", reason=f"{item.text} is not an AstDB key")


def same(item: Item | None, key: bytes, value: bytes | None) -> bool:
    """Tell whether a value, or its absence, is what an item says."""
    if item is None or value is None:
        return item is None and value is None
    return item == item_of(key, value)
