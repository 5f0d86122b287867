"""Stage every change beside its target: checked, dressed and durable before anything live changes."""

import logging
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change, ChangeKind
from pbxsync_worker.core.model.dataset import Keep, Place
from pbxsync_worker.core.model.errors import NoSpace, PeerLied
from pbxsync_worker.core.model.inventory import new_digest
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from pbxsync_worker.core.model.ports import Content
from pbxsync_worker.core.model.reading import Proven
from pbxsync_worker.core.model.step import Step
from pbxsync_worker.datasets.files import space
from pbxsync_worker.datasets.files.attributes import (
    Dress,
    attributes_of,
    dress_for,
    kind_of,
    put_on,
    put_on_link,
    read_xattrs,
    settable,
)
from pbxsync_worker.datasets.files.begun import Begun, staged_name
from pbxsync_worker.datasets.files.names import Parts, Where, where
from pbxsync_worker.datasets.files.owners import Owners
from pbxsync_worker.datasets.files.reading import PIECE, look
from pbxsync_worker.datasets.files.staging import Staging, staged_path
from pbxsync_worker.datasets.files.tree import Tree
from pbxsync_worker.datasets.files.versions import Versions, xattrs_at

_log = logging.getLogger(__name__)
_LINK_LIMIT = 4095
_NEW_MODES = {ItemKind.FILE: 0o644, ItemKind.DIRECTORY: 0o755}
_HANDLE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

ContentOf = Callable[[Change], Content]


class Preparation:
    """The staging of one run."""

    def __init__(self, tree: Tree, staging: Staging, disk: Disk, versions: Versions, owners: Owners) -> None:
        self._tree = tree
        self._staging = staging
        self._begun = Begun(tree, staging, disk)
        self._held = self._begun.contents()
        self._disk = disk
        self._versions = versions
        self._owners = owners
        self._mounts: dict[tuple[Place, Parts], tuple[Parts, int]] = {}

    def prove_space(self, changes: Sequence[Change], home: Path) -> None:
        """Raise NoSpace before the first write; what is left of earlier runs makes room."""
        try:
            space.prove(changes, self._path_of, home)
        except NoSpace:
            if not self._begun.sweep():
                raise
            self._held = {}
            space.prove(changes, self._path_of, home)

    def stage(self, run: bytes, changes: Sequence[Change], content: ContentOf) -> tuple[Step, ...]:
        """Stage the changes in their order; content is asked for only where a file or link is added or replaced."""
        steps: list[Step] = []
        with ExitStack() as stack:
            stages: dict[tuple[Place, Parts], int] = {}
            for number, planned in enumerate(changes):
                at = where(planned.name)
                change = self._met(at, planned)
                if change.kind is ChangeKind.ATTRIBUTES:
                    steps.append(Step(number, change, b""))
                    continue
                top = self._staging.top_for(at.place, at.folder, self._mounts)
                if (at.place, top) not in stages:
                    stages[at.place, top] = self._staging.make(at.place, top, run)
                    stack.callback(os.close, stages[at.place, top])
                step = Step(number, change, staged_path(top, run, staged_name(number, change.after)))
                steps.append(self._stage_one(stages[at.place, top], at, step, content))
            self._make_durable(stages.values())
        return tuple(steps)

    def _met(self, at: Where, change: Change) -> Change:
        """Return a new folder as the one that is there already: it was no item, because it held none."""
        after = change.after
        if change.before is not None or after is None or after.kind is not ItemKind.DIRECTORY:
            return change
        with self._tree.present(at.place, at.folder) as folder:
            status = None if folder is None else look(folder, at.leaf)
            if folder is None or status is None or kind_of(status) is not ItemKind.DIRECTORY:
                return change
            kept = after.attributes
            keep = Keep(kept.mode is not None, kept.owner is not None, mtime=False, xattrs=kept.xattrs is not None)
            xattrs = xattrs_at(folder, at.leaf) if keep.xattrs else ()
        here = replace(after, attributes=attributes_of(status, xattrs, keep, self._owners))
        return Change(here, settable(after, here, self._owners))

    def _make_durable(self, stages: Collection[int]) -> None:
        devices = {os.fstat(handle).st_dev: handle for handle in stages}
        for handle in devices.values():
            self._disk.sync_filesystem(handle)

    def _stage_one(self, stage: int, at: Where, step: Step, content: ContentOf) -> Step:
        spot = _spot(step)
        change = step.change
        if change.after is None:
            return step  # its place in the stage is where the act moves what it removes
        if change.after.kind is ItemKind.DIRECTORY:
            self._disk.make_directory(stage, spot)
            return self._dressed(stage, at, step, change.after)
        if change.after.kind is ItemKind.SYMLINK:
            target = b"".join(checked(content(change), change.after))
            if b"\0" in target:
                raise PeerLied(host="", reason=f"the link {change.after.text} has an impossible target")
            self._disk.make_symlink(stage, spot, target)
        else:
            self._disk.create(stage, spot, checked(content(change), change.after))
            self._arrived(change.after.content)
        return self._dressed(stage, at, step, change.after)

    def _arrived(self, content: bytes) -> None:
        at = self._held.pop(content, None)
        if at is not None:
            self._begun.forget(content, at)

    def _dressed(self, stage: int, at: Where, step: Step, item: Item) -> Step:
        """Set the wanted attributes; what the dataset does not keep comes from the live object, or from its folder."""
        self._report_unknown(item.attributes)
        dress = dress_for(item.attributes, self._owners)
        with self._tree.present(at.place, at.folder) as folder:
            status = None if folder is None else look(folder, at.leaf)
            if folder is not None and status is not None:
                dress = self._filled(dress, item, status, folder, at.leaf)
        if dress.mode is None:
            dress = replace(dress, mode=_NEW_MODES.get(item.kind))
        if item.attributes.owner is None and (dress.owner, dress.group) == (-1, -1):
            dress = self._owned_like_folder(dress, at)
        return self._put_on(stage, step, item, dress)

    def _filled(self, dress: Dress, item: Item, status: os.stat_result, folder: int, leaf: bytes) -> Dress:
        if kind_of(status) is not item.kind:
            return dress
        if dress.mode is None:
            dress = replace(dress, mode=status.st_mode & 0o1777)
        if item.attributes.owner is None and self._owners.privileged:
            dress = replace(dress, owner=status.st_uid, group=status.st_gid)
        if dress.xattrs is None and item.kind is not ItemKind.SYMLINK:
            dress = replace(dress, xattrs=xattrs_at(folder, leaf))
        return dress

    def _owned_like_folder(self, dress: Dress, at: Where) -> Dress:
        if not self._owners.privileged:
            return dress
        for depth in range(len(at.folder), -1, -1):
            with self._tree.present(at.place, at.folder[:depth]) as handle:
                if handle is not None:
                    status = os.fstat(handle)
                    return replace(dress, owner=status.st_uid, group=status.st_gid)
        return dress

    def _put_on(self, stage: int, step: Step, item: Item, dress: Dress) -> Step:
        spot, xattrs = _spot(step), None
        if item.kind is ItemKind.SYMLINK:
            put_on_link(self._disk, stage, spot, dress)
        else:
            handle = os.open(spot, _HANDLE, dir_fd=stage)
            try:
                put_on(self._disk, handle, dress)
                xattrs = read_xattrs(handle)
            finally:
                os.close(handle)
        status = os.stat(spot, dir_fd=stage, follow_symlinks=False)
        if item.kind is ItemKind.FILE and xattrs is not None:
            self._versions.staged(status, item.content, xattrs)
        return replace(step, identity=(status.st_dev, status.st_ino))

    def _report_unknown(self, wanted: Attributes) -> None:
        for name, number in ((wanted.owner, self._owners.user_number), (wanted.group, self._owners.group_number)):
            if name is not None and number(name) is None:
                _log.warning("owner is unknown on this host, our own user is used", extra={"owner": name})

    def _path_of(self, change: Change) -> Path:
        at = where(change.name)
        top = self._staging.top_for(at.place, at.folder, self._mounts)
        return self._tree.places[at.place].joinpath(*(os.fsdecode(part) for part in top))


def _spot(step: Step) -> bytes:
    """Return the name of a step's object in its stage."""
    return step.staged.rpartition(b"/")[2]


def check_item(item: Item) -> None:
    """Raise PeerLied for an item that cannot be, however it is named."""
    limits = {ItemKind.FILE: 2**62, ItemKind.DIRECTORY: 0, ItemKind.SYMLINK: _LINK_LIMIT}
    wanted = item.attributes
    problems = [
        "size" if not 0 <= item.size <= limits[item.kind] else "",
        "digest" if len(item.content) != (0 if item.kind is ItemKind.DIRECTORY else 32) else "",
        "mode" if wanted.mode is not None and not 0 <= wanted.mode <= 0o7777 else "",
        "time" if wanted.mtime_ns is not None and not -(2**62) < wanted.mtime_ns < 2**63 else "",
        "link" if item.kind is ItemKind.SYMLINK and item.size == 0 else "",
    ]
    if any(problems):
        reason = f"{item.text[:300]} has an impossible {', '.join(filter(None, problems))}"
        raise PeerLied(host="", reason=reason)


def checked(content: Content, item: Item) -> Iterator[bytes]:
    """Pass a content on, in pieces of at most 1 MiB; raise PeerLied as soon as it cannot be the announced one."""
    running, size = new_digest(), 0
    proven = isinstance(content, Proven) and content.item == item
    for piece in content:
        size += len(piece)
        if size > item.size:
            raise PeerLied(host="", reason=f"{item.text} is longer than announced")
        if not proven:
            running.update(piece)
        for start in range(0, len(piece), PIECE):
            yield piece[start : start + PIECE]
    if size != item.size or not (proven or running.digest() == item.content):
        raise PeerLied(host="", reason=f"{item.text} is not what was announced")
