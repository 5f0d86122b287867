"""Trees, changes and disks for the tests of the files dataset."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change, ChangeKind
from pbxsync_worker.core.model.dataset import Dataset, FileSet, Keep, Place
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.datasets.files import FilesData, Owners

T = TypeVar("T")

ALL = Dataset("all", "Everything", (FileSet(Place.ETC, keep=Keep(xattrs=True)),))


class HandClock:
    """A clock that only moves when it is asked to wait; it starts far from every file's own times."""

    def __init__(self, start: float = 4e9) -> None:
        self.time = start
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


class PowerCutError(Exception):
    """The machine stopped."""


class CountingDisk(Disk):
    """Counts the durable acts, and stops the machine before the n-th; a stopped machine does nothing more."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.labels: list[str] = []
        self.stop_at = stop_at

    def effect(self, label: str, act: Callable[[], T]) -> T:
        if self.stop_at is not None and len(self.labels) >= self.stop_at:
            raise PowerCutError(label)
        self.labels.append(label)
        return act()


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
        clock or HandClock(),
        owners,
    )


def compare(ours: Inventory, theirs: Inventory) -> list[Change]:
    """Order: what lies in replaced folders goes first, then folders before content, other removals last, deepest first."""
    changes = [
        Change(ours.items.get(name), theirs.items.get(name))
        for name in ours.items.keys() | theirs.items.keys()
        if ours.items.get(name) != theirs.items.get(name)
    ]
    replaced = {one.name for one in changes if one.before and _folder(one.before) and one.after and not _folder(one.after)}
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
    found: dict[bytes, object] = {}
    top = os.fsencode(root)
    for folder, folders, files in os.walk(top):
        for name in folders + files:
            path = os.path.join(folder, name)
            found[path[len(top) + 1 :]] = _exactly(path)
    return found


def _exactly(path: bytes) -> object:
    status = os.lstat(path)
    head = (oct(status.st_mode), status.st_uid, status.st_gid)
    if os.path.islink(path):
        return (*head, os.readlink(path), status.st_mtime_ns)
    xattrs = tuple((name, os.getxattr(path, name)) for name in sorted(os.listxattr(path)))
    if os.path.isdir(path):
        return (*head, xattrs)
    with open(path, "rb") as file:
        return (*head, xattrs, file.read(), status.st_mtime_ns)
