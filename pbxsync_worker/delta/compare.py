"""Base, ours, theirs -> changes: what a run would do to this host, decided before anything is touched."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pbxsync_worker.core.model.change import Change, Changes, Kept
from pbxsync_worker.core.model.dataset import Dataset, DeletePolicy
from pbxsync_worker.core.model.inventory import EMPTY, Inventory
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.sentence import say

_PEOPLES = frozenset({ItemKind.BOX, ItemKind.MESSAGE})
"""What people change by phone on whichever host they reach."""

_IN_FOLDERS = frozenset({ItemKind.FILE, ItemKind.DIRECTORY, ItemKind.SYMLINK})
"""Items whose names are paths: what is before their last slash is a folder."""


class LocalEdits(StrEnum):
    """What becomes of an item that somebody changed on this host since the last run."""

    OVERWRITE = "overwrite"  # a farm: the primary wins, and the plan says so
    KEEP = "keep"  # a return to an older state: what people did since stays


@dataclass(frozen=True, slots=True)
class Base:
    """What both sides had after the last committed run of the job; empty inventories before the first."""

    ours: Inventory = EMPTY
    theirs: Inventory = EMPTY


def compare(
    dataset: Dataset, base: Base | None, ours: Inventory, theirs: Inventory, edits: LocalEdits = LocalEdits.OVERWRITE
) -> Changes:
    """Return what must change here to be as the source is, sorted by name, and what is kept.

    theirs: as this host would have it after taking it over. Without a base no local edit can be told, and nothing is
    known to have been brought by an earlier run.
    """
    if ours is theirs or ours.items == theirs.items:
        return Changes(())
    known = base or Base()
    changes: list[Change] = []
    kept: list[Kept] = []
    for change in _differing(dataset, known, ours, theirs):
        if change.local_edit and edits is LocalEdits.KEEP:
            kept.append(Kept(change.name, say("changed on this host since")))
        elif edits is LocalEdits.OVERWRITE and _newer_here(known, change):
            kept.append(Kept(change.name, say("changed on this host, and not on the source")))
        else:
            changes.append(change)
    stuck = _folders_that_must_stay(changes, ours)
    kept += [Kept(name, say("holds something that stays")) for name in sorted(stuck)]
    changes = [change for change in changes if change.name not in stuck]
    homeless = _without_a_folder(changes, ours, theirs)
    kept += [Kept(name, say("the folder it belongs in is not one on this host")) for name in sorted(homeless)]
    return Changes(tuple(change for change in changes if change.name not in homeless), tuple(kept))


def _differing(dataset: Dataset, base: Base, ours: Inventory, theirs: Inventory) -> Iterator[Change]:
    here, there = ours.items, theirs.items
    differing = {name for name, item in here.items() if (other := there.get(name)) is not item and other != item}
    for name in sorted(differing | (there.keys() - here.keys())):
        mine, other = here.get(name), there.get(name)
        edited = _edited(base, name, mine)
        if other is None and not _goes(dataset, base, name):
            continue
        yield Change(mine, other, local_edit=edited)


def _edited(base: Base, name: bytes, mine: Item | None) -> bool:
    if not base.ours.items:
        return False
    return base.ours.items.get(name) != mine


def _newer_here(base: Base, change: Change) -> bool:
    """Tell whether a box or message differs because people changed it here, such as a PIN by phone: theirs is newer.

    What the source said last decides, not what was here: a box that was kept once would look unchanged ever after.
    """
    if change.before is None or change.after is None or change.after.kind not in _PEOPLES:
        return False
    return base.theirs.items.get(change.name) == change.after


def _goes(dataset: Dataset, base: Base, name: bytes) -> bool:
    """Decide about an item that the source does not have."""
    policy = dataset.delete_policy(name)
    if policy is DeletePolicy.KNOWN:
        return name in base.theirs.items
    return policy is DeletePolicy.MIRROR


def _folders_that_must_stay(changes: list[Change], ours: Inventory) -> set[bytes]:
    """Find folders that would go but hold something that does not; only empty folders are ever removed."""
    losing = {change.name for change in changes if _loses_folder(change)}
    if not losing:
        return losing
    going = {change.name for change in changes if change.after is None}
    stay = set(ours.pinned)
    stay |= {parent for name in ours.items.keys() - going for parent in _parents(name)}
    stay |= {parent for change in changes if change.after is not None for parent in _parents(change.name)}
    return losing & stay


def _without_a_folder(changes: list[Change], ours: Inventory, theirs: Inventory) -> set[bytes]:
    """Find what would be put where no folder will be, because what is there instead stays."""
    coming: dict[bytes, Item] = {}
    found: set[bytes] = set()
    for change in changes:  # sorted, so that what a folder becomes is known before what lies in it
        if change.after is not None and change.after.kind not in _IN_FOLDERS:
            continue  # AstDB has a key `recording` and keys below it
        above = change.name.rpartition(b"/")[0]
        known = above in ours.items or above in theirs.items
        item = coming.get(above) or ours.items.get(above)
        if change.after is not None and known and (item is None or item.kind is not ItemKind.DIRECTORY):
            found.add(change.name)
        elif change.after is not None:
            coming[change.name] = change.after
    return found


def _loses_folder(change: Change) -> bool:
    had = change.before is not None and change.before.kind is ItemKind.DIRECTORY
    return had and (change.after is None or change.after.kind is not ItemKind.DIRECTORY)


def _parents(name: bytes) -> Iterator[bytes]:
    while b"/" in name:
        name = name.rpartition(b"/")[0]
        yield name
