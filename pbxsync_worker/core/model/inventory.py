"""Names and digests of a dataset on one host, with one root digest over subtrees.

Digest format (also in docs/peer-protocol.md): BLAKE2b-256. An item's digest covers kind, size, content and every kept
attribute, each length-prefixed; a folder's digest covers the sorted (name, digest) pairs of what lies in it, so equal
subtrees are known equal from one value.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from pbxsync_worker.core.model.item import NO_ATTRIBUTES, Attributes, Item, ItemKind

DIGEST_SIZE = 32

_Child = tuple[bytes, bytes]
"""What lies in a folder: `i` or `d` and its name, and its digest."""

_Below = dict[bytes, list[Item | _Child]]
"""What lies in each folder; the digests of items are made when its turn comes, so that few are held at once."""


def new_digest() -> "blake2b":
    """Return a running BLAKE2b-256."""
    return blake2b(digest_size=DIGEST_SIZE)


def digest_of(data: bytes | memoryview) -> bytes:
    """Return the BLAKE2b-256 of some bytes."""
    return blake2b(data, digest_size=DIGEST_SIZE).digest()


@dataclass(frozen=True)
class Inventory:
    """What one host has of one dataset, by name.

    pinned: folders that hold something which is not in the dataset, so that they cannot be removed; they are this
    host's own affair and no part of the root digest.
    """

    items: Mapping[bytes, Item]
    pinned: frozenset[bytes] = frozenset()

    @classmethod
    def of(cls, items: Iterable[Item]) -> "Inventory":
        """Build an inventory; a later item of the same name replaces an earlier one."""
        return cls({item.name: item for item in items})

    @classmethod
    def joined(cls, parts: Iterable["Inventory"]) -> "Inventory":
        """Join inventories of which no two have anything below the same first component.

        The digests that the parts know already are not made again.
        """
        some = [part for part in parts if part.items or part.pinned]
        if len(some) == 1:
            return some[0]
        items: dict[bytes, Item] = {}
        for part in some:
            items.update(part.items)
        whole = cls(items, frozenset().union(*(part.pinned for part in some)))
        whole.__dict__["_parts"] = tuple(some)
        return whole

    @cached_property
    def root(self) -> bytes:
        """Return the root digest: equal roots mean equal inventories."""
        return self.subtrees[b""]

    def with_root(self, root: bytes) -> "Inventory":
        """Return the same with its root digest, which whoever stored it under this digest need not make again."""
        known = Inventory(self.items, self.pinned)
        known.__dict__["root"] = root
        return known

    def known_as(self, same: "Inventory") -> "Inventory":
        """Return the same with the digests, as far as they are known, of one that has equal items."""
        known = Inventory(self.items, self.pinned)
        known.__dict__.update((name, same.__dict__[name]) for name in _DIGESTS if name in same.__dict__)
        return known

    def sharing(self, known: "Inventory") -> None:
        """Hold the very objects of another inventory where items are equal, which only shows in the memory it takes."""
        if not isinstance(self.items, dict) or self.items is known.items:
            return
        for name, item in self.items.items():
            same = known.items.get(name)
            if same is not item and same is not None and same == item:
                self.items[name] = same

    def learning_from(self, older: "Inventory") -> "Inventory":
        """Return the same; its digests will be those of an older one but where an item is another object."""
        known = Inventory(self.items, self.pinned)
        # An older one that nobody asked for its digests knows no more than the one it would have learned from.
        known.__dict__["_older"] = older if "subtrees" in older.__dict__ else older.__dict__.get("_older", older)
        return known

    @cached_property
    def subtrees(self) -> Mapping[bytes, bytes]:
        """Return the digest of every folder by its name; b"" is the whole."""
        if "_parts" in self.__dict__:
            return _joined(self.__dict__["_parts"])
        older = self.__dict__.pop("_older", None)
        if older is not None:
            return _updated(older, self.items)
        below: _Below = {b"": []}
        for name, item in self.items.items():
            below.setdefault(name.rpartition(b"/")[0], []).append(item)
        for folder in list(below):
            for above in _above(folder):
                below.setdefault(above, [])
        return _from_below(below)

    @property
    def size(self) -> int:
        """Return the bytes of content of all items."""
        return sum(item.size for item in self.items.values())


EMPTY = Inventory({})
_DIGESTS = ("root", "subtrees")


def item_digest(item: Item) -> bytes:
    """Return the digest of one item without its name."""
    plain = item.attributes is NO_ATTRIBUTES or item.attributes == NO_ATTRIBUTES
    told = _NOTHING_TOLD if plain else b"".join(map(_part, _attribute_parts(item.attributes)))
    size = b"%d" % item.size
    kind = _KINDS[item.kind]
    return digest_of(b"%b%d:%b%d:%b%b" % (kind, len(size), size, len(item.content), item.content, told))


def _part(value: bytes) -> bytes:
    return b"%d:%b" % (len(value), value)


def _joined(parts: Iterable[Inventory]) -> Mapping[bytes, bytes]:
    digests: dict[bytes, bytes] = {}
    top: list[tuple[bytes, bytes]] = []
    for part in parts:
        found = {folder: digest for folder, digest in part.subtrees.items() if folder}
        top += [(b"d" + folder, digest) for folder, digest in found.items() if b"/" not in folder]
        top += [(b"i" + name, item_digest(item)) for name, item in part.items.items() if b"/" not in name]
        digests |= found
    digests[b""] = _folder_digest(top)
    return digests


def _updated(older: Inventory, items: Mapping[bytes, Item]) -> Mapping[bytes, bytes]:
    """Return the digests of every folder, made anew only where something differs from an older inventory."""
    known = older.items
    changed = {name for name, item in items.items() if known.get(name) is not item} | (known.keys() - items.keys())
    if not changed:
        return older.subtrees
    below: _Below = {folder: [] for name in changed for folder in _above(name)}
    for name, item in items.items():
        parent = name.rpartition(b"/")[0]
        if parent in below:
            below[parent].append(item)
    kept = {folder: digest for folder, digest in older.subtrees.items() if folder not in below}
    for folder, digest in kept.items():
        parent, _, leaf = folder.rpartition(b"/")
        if parent in below:
            below[parent].append((b"d" + leaf, digest))
    return kept | _from_below(below)


def _from_below(below: _Below) -> dict[bytes, bytes]:
    """Return the digests of folders by what lies in them, but for those of them that are added here.

    One that holds nothing any more is no folder; the whole always is one.
    """
    digests: dict[bytes, bytes] = {}
    # Deepest first, so that a folder's children are known when its own turn comes.
    for folder in sorted(below, key=lambda name: (name.count(b"/") + bool(name), name), reverse=True):
        if below[folder] or not folder:
            digests[folder] = _folder_digest(map(_child, below[folder]))
        if below[folder] and folder:
            parent, _, leaf = folder.rpartition(b"/")
            below[parent].append((b"d" + leaf, digests[folder]))
    return digests


def _above(name: bytes) -> Iterable[bytes]:
    while name:
        name = name.rpartition(b"/")[0]
        yield name


def _child(one: Item | _Child) -> _Child:
    return (b"i" + one.name.rpartition(b"/")[2], item_digest(one)) if isinstance(one, Item) else one


def _folder_digest(children: Iterable[_Child]) -> bytes:
    return digest_of(b"".join([b"%d:%b%b" % (len(name), name, digest) for name, digest in sorted(children)]))


def _attribute_parts(attributes: Attributes) -> Iterable[bytes]:
    for value in (attributes.mode, attributes.owner, attributes.group, attributes.mtime_ns):
        yield b"" if value is None else str(value).encode("utf-8", "surrogateescape")
    if attributes.xattrs is None:
        yield b""
        return
    yield b"%d" % len(attributes.xattrs)
    for name, content in attributes.xattrs:
        yield name
        yield content


_NOTHING_TOLD = b"".join(map(_part, _attribute_parts(NO_ATTRIBUTES)))
_KINDS = {kind: _part(kind.encode()) for kind in ItemKind}
