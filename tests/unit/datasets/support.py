"""Trees, changes and disks for the tests of the files dataset."""

import os
from collections.abc import Mapping
from pathlib import Path

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change, ChangeKind
from pbxsync_worker.core.model.dataset import Dataset, FileSet, Keep, Place
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.datasets.files import FilesData, Owners
from tests.fakes.clock import HandClock

ALL = Dataset("all", "Everything", (FileSet(Place.ETC, keep=Keep(xattrs=True)),))


FAR = 4e9
"""Seconds since 1970 far from every file's own times, so that nothing looks freshly written."""


def files_data(
    root: Path,
    *,
    disk: Disk | None = None,
    clock: Clock | None = None,
    protected: tuple[str, ...] = (),
    owners: Owners | None = None,
    places: Mapping[Place, Path] | None = None,
) -> FilesData:
    (root / "etc").mkdir(parents=True, exist_ok=True)
    return FilesData(
        places or {Place.ETC: root / "etc"},
        matcher(protected),
        root / "index",
        root / "home",
        disk or Disk(),
        clock or HandClock(FAR),
        owners,
    )


def compare(ours: Inventory, theirs: Inventory) -> list[Change]:
    """Order: removals in replaced folders, then folders before content, then other removals, deepest first."""
    changes = [
        Change(ours.items.get(name), theirs.items.get(name))
        for name in ours.items.keys() | theirs.items.keys()
        if ours.items.get(name) != theirs.items.get(name)
    ]
    replaced = {
        one.name for one in changes if one.before and _folder(one.before) and one.after and not _folder(one.after)
    }
    return sorted(changes, key=lambda change: _order(change, replaced))


def _folder(item: Item) -> bool:
    return item.kind is ItemKind.DIRECTORY


def _order(change: Change, replaced: set[bytes]) -> tuple[int, int, bytes]:
    depth = change.name.count(b"/")
    if change.kind is not ChangeKind.REMOVE:
        return 1, depth, change.name
    parts = change.name.split(b"/")
    inside = any(b"/".join(parts[:n]) in replaced for n in range(1, len(parts)))
    return (0 if inside else 2), -depth, change.name


def tree_of(root: Path) -> dict[bytes, object]:
    """Everything there is below a folder, exactly; folder times excepted."""
    return {os.fsencode(path.relative_to(root)): _exactly(path) for path in root.rglob("*")}


def _exactly(path: Path) -> object:
    status = path.lstat()
    head = (oct(status.st_mode), status.st_uid, status.st_gid)
    if path.is_symlink():
        return (*head, path.readlink(), status.st_mtime_ns)
    xattrs = tuple((name, os.getxattr(path, name)) for name in sorted(os.listxattr(path)))
    return (*head, xattrs) if path.is_dir() else (*head, xattrs, path.read_bytes(), status.st_mtime_ns)
