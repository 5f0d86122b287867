"""Random trees of files, folders and links, and a host of dictionaries that refuses what a real one would refuse."""

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset, DeletePolicy, FileSet, Place
from pbxsync_worker.core.model.inventory import Inventory, digest_of
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind

PLACE = b"ASTETCDIR"
DATASET = Dataset("etc", "Configuration", (FileSet(Place.ETC, delete=DeletePolicy.MIRROR),))
ADD_ONLY = DATASET.with_deletes(DeletePolicy.NEVER)
KNOWN = DATASET.with_deletes(DeletePolicy.KNOWN)


def file(name: str, content: bytes = b"x", mode: int = 0o640) -> Item:
    return Item(PLACE + b"/" + name.encode(), ItemKind.FILE, len(content), digest_of(content), Attributes(mode=mode))


def folder(name: str) -> Item:
    return Item(PLACE + b"/" + name.encode(), ItemKind.DIRECTORY, 0, b"", Attributes(mode=0o755))


def link(name: str, target: bytes) -> Item:
    return Item(PLACE + b"/" + name.encode(), ItemKind.SYMLINK, len(target), digest_of(target))


def having(*items: Item, pinned: frozenset[bytes] = frozenset()) -> Inventory:
    return Inventory({item.name: item for item in items}, pinned)


def parent_of(name: bytes) -> bytes:
    return name.rpartition(b"/")[0]


def _consistent(items: Sequence[Item]) -> dict[bytes, Item]:
    """Keep only what lies in a folder, as on every disk."""
    found: dict[bytes, Item] = {}
    for item in sorted(items, key=lambda one: one.name):
        above = parent_of(item.name)
        if above == PLACE or (above in found and found[above].kind is ItemKind.DIRECTORY):
            found[item.name] = item
    return found


_NAMES = st.lists(st.sampled_from("ab"), min_size=1, max_size=3).map("/".join)
_ITEMS = st.one_of(
    st.builds(file, _NAMES, st.sampled_from([b"1", b"2"]), st.sampled_from([0o640, 0o600])),
    st.builds(folder, _NAMES),
    st.builds(folder, _NAMES),
    st.builds(link, _NAMES, st.sampled_from([b"1", b"2"])),
)
TREES = st.lists(_ITEMS, max_size=14).map(_consistent).map(Inventory)
POLICIES = st.sampled_from([DATASET, ADD_ONLY, KNOWN])


@st.composite
def _edited(draw: st.DrawFn, tree: Inventory) -> Inventory:
    """Return a tree after somebody added, removed and replaced a little of it."""
    gone = draw(st.sets(st.sampled_from(sorted(tree.items)), max_size=3)) if tree.items else set()
    left = {name: item for name, item in tree.items.items() if name not in gone}
    new = {item.name: item for item in draw(st.lists(_ITEMS, max_size=4))}
    return Inventory(_consistent(list((left | new).values())))


@st.composite
def histories(draw: st.DrawFn) -> tuple[Inventory, Inventory, Inventory]:
    """Return (base, ours, theirs): what both had once, and what became of it on either side."""
    base = draw(TREES)
    return base, draw(_with_pins(draw(_edited(base)))), draw(_edited(base))


@st.composite
def _with_pins(draw: st.DrawFn, tree: Inventory) -> Inventory:
    """Return a tree some of whose folders hold something that is not in the dataset; then all above them do."""
    folders = sorted(name for name, item in tree.items.items() if item.kind is ItemKind.DIRECTORY)
    pinned = draw(st.sets(st.sampled_from(folders))) if folders else set()
    for name in list(pinned):
        above = name
        while (above := parent_of(above)) != PLACE:
            pinned.add(above)
    return Inventory(tree.items, frozenset(pinned))


class CannotBeDone(AssertionError):
    """An act that no file system would do."""


def done(tree: Inventory, changes: Sequence[Change]) -> Inventory:
    """Do the changes one after the other, each as a file system would; return what is there then."""
    now = dict(tree.items)
    for change in changes:
        _do(now, tree.pinned, change)
    return Inventory(now, tree.pinned)


def _do(now: dict[bytes, Item], pinned: frozenset[bytes], change: Change) -> None:
    name, before, after = change.name, change.before, change.after
    if now.get(name) != before:
        raise CannotBeDone(f"{name!r} is not as expected")
    loses_folder = _is_folder(before) and not _is_folder(after)
    if loses_folder and (name in pinned or any(parent_of(other) == name for other in now)):
        raise CannotBeDone(f"{name!r} is not empty")
    if after is None:
        del now[name]
        return
    if parent_of(name) != PLACE and not _is_folder(now.get(parent_of(name))):
        raise CannotBeDone(f"{name!r} has no folder to lie in")
    now[name] = after


def _is_folder(item: Item | None) -> bool:
    return item is not None and item.kind is ItemKind.DIRECTORY


def shuffled(tree: Inventory, order: Sequence[bytes]) -> Inventory:
    items: Mapping[bytes, Item] = {name: tree.items[name] for name in order}
    return Inventory(items, tree.pinned)
