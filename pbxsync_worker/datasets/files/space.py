"""Prove that a run fits before its first write."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from pbxsync_worker.core.model.change import Change, ChangeKind
from pbxsync_worker.core.model.errors import NoSpace
from pbxsync_worker.core.model.item import Item, ItemKind

KEPT_WHOLE = 2**20
"""Written files up to this size are put into the content store as well: a base for the next patch."""

_BLOCK = 4096
_PER_OBJECT = 4096  # a folder entry and an inode, generously


def prove(changes: Iterable[Change], path_of: Callable[[Change], Path], home: Path) -> None:
    """Raise NoSpace where a file system cannot take what will be staged on it and what will be kept in our folder.

    path_of: an existing folder on the file system where a change is staged.
    """
    needed: dict[int, int] = {}
    where: dict[int, Path] = {}

    def need(path: Path, size: int) -> None:
        device = path.stat().st_dev
        where.setdefault(device, path)
        needed[device] = needed.get(device, 0) + size

    nearest = next(path for path in (home, *home.parents) if path.exists())
    for change in changes:
        need(path_of(change), _staged(change))
        need(nearest, _kept(change))
    for device, size in needed.items():
        numbers = os.statvfs(where[device])
        free = numbers.f_bavail * numbers.f_frsize
        if size > free:
            raise NoSpace(path=str(where[device]), free=free, needed=size)


def _staged(change: Change) -> int:
    if change.kind is ChangeKind.ATTRIBUTES:
        return 0
    return _PER_OBJECT + (_blocks(change.after) if change.after is not None else 0)


def _kept(change: Change) -> int:
    if change.kind is ChangeKind.ATTRIBUTES:
        return 0
    after = _blocks(change.after) if change.after is not None and change.after.size <= KEPT_WHOLE else 0
    return after + (_blocks(change.before) if change.before is not None else 0)


def _blocks(item: Item) -> int:
    if item.kind is ItemKind.DIRECTORY:
        return 0
    return _PER_OBJECT + -(-item.size // _BLOCK) * _BLOCK
