"""Take one act back, whether or not it happened, and any number of times.

What happened is read from the disk: a stage that still holds the staged object (by inode, or by content where a file
system gives new inode numbers after a restart) means that the act never happened. Whether somebody changed the live
item since is decided by kind and content, for folders by emptiness; a changed mode or owner alone does not keep a new
content alive, because an Asterisk or FreePBX that sets those after a reload must not block its own rollback.
"""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import ChangeKind
from pbxsync_worker.core.model.dataset import Keep
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from pbxsync_worker.core.model.step import Step, Undone
from pbxsync_worker.datasets.files.act import Ends, different, dress_live, set_aside
from pbxsync_worker.datasets.files.attributes import Xattrs, attributes_of, kind_of
from pbxsync_worker.datasets.files.names import Where, where
from pbxsync_worker.datasets.files.owners import Owners
from pbxsync_worker.datasets.files.reading import look
from pbxsync_worker.datasets.files.staging import Staging, kept_name
from pbxsync_worker.datasets.files.tree import Tree, is_missing
from pbxsync_worker.datasets.files.versions import Versions, xattrs_at

_NOWHERE = -1


class Undos:
    """Undoes one step."""

    def __init__(self, tree: Tree, staging: Staging, disk: Disk, versions: Versions, owners: Owners) -> None:
        self._tree = tree
        self._staging = staging
        self._disk = disk
        self._versions = versions
        self._owners = owners

    def undo(self, step: Step) -> Undone:
        """Take a step back; never overwrite what somebody changed since."""
        if step.change.kind is ChangeKind.ATTRIBUTES:
            return self._attributes(step)
        undos: dict[ChangeKind, Callable[[Ends], Undone]] = {
            ChangeKind.ADD: self._add,
            ChangeKind.REPLACE: self._replace,
            ChangeKind.REMOVE: self._remove,
        }
        with self._ends(step) as ends:
            if ends.stage != _NOWHERE and look(ends.stage, kept_name(step, ends.leaf)) is not None:
                return Undone.KEPT
            return undos[step.change.kind](ends)

    def _add(self, ends: Ends) -> Undone:
        after = ends.step.change.after
        if self._never_acted(ends):
            return Undone.NOT_DONE
        status = self._live(ends)
        if status is None or after is None:
            return Undone.RESTORED
        if status.st_ino != ends.step.identity[1]:
            return Undone.KEPT
        if after.kind is ItemKind.DIRECTORY:
            return self._remove_added_folder(ends)
        if ends.stage == _NOWHERE or not self._versions.has_content(ends.live, ends.leaf, after):
            return Undone.KEPT
        self._disk.move(ends.live, ends.leaf, ends.stage, ends.spot)
        if ends.staged_is_new and self._versions.has_content(ends.stage, ends.spot, after):
            return Undone.RESTORED
        return self._return_to_live(ends)

    def _remove_added_folder(self, ends: Ends) -> Undone:
        try:
            self._disk.remove_directory(ends.live, ends.leaf)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR, errno.EBUSY):
                return Undone.KEPT
            raise
        return Undone.RESTORED

    def _return_to_live(self, ends: Ends) -> Undone:
        """Give somebody's version back that was moved in the last moment; it is newer than our own."""
        try:
            self._disk.move(ends.stage, ends.spot, ends.live, ends.leaf)
        except FileExistsError:
            set_aside(self._disk, ends)
        return Undone.KEPT

    def _replace(self, ends: Ends) -> Undone:
        after = ends.step.change.after
        if after is None or self._never_acted(ends):
            return Undone.NOT_DONE
        if ends.stage == _NOWHERE or look(ends.stage, ends.spot) is None:
            return Undone.NOT_DONE if self._is_before(ends) else Undone.KEPT
        if ends.live == _NOWHERE or not self._versions.has_content(ends.live, ends.leaf, after):
            set_aside(self._disk, ends)
            return Undone.KEPT
        try:
            self._disk.exchange(ends.stage, ends.spot, ends.live, ends.leaf)
        except FileNotFoundError:
            set_aside(self._disk, ends)
            return Undone.KEPT
        if self._versions.has_content(ends.stage, ends.spot, after):
            return Undone.RESTORED
        # Changed between the look and the exchange: theirs goes live again.
        with suppress(FileNotFoundError):
            self._disk.exchange(ends.stage, ends.spot, ends.live, ends.leaf)
        set_aside(self._disk, ends)
        return Undone.KEPT

    def _remove(self, ends: Ends) -> Undone:
        if ends.stage == _NOWHERE:
            return Undone.NOT_DONE if self._live(ends) is not None else Undone.KEPT
        if look(ends.stage, ends.spot) is None:
            return Undone.NOT_DONE
        if ends.live != _NOWHERE:
            with suppress(FileExistsError):
                self._disk.move(ends.stage, ends.spot, ends.live, ends.leaf)
                return Undone.RESTORED
        set_aside(self._disk, ends)
        return Undone.KEPT

    def _attributes(self, step: Step) -> Undone:
        before, after, at = step.change.before, step.change.after, where(step.change.name)
        if before is None or after is None:
            return Undone.NOT_DONE
        try:
            with self._tree.folder(at.place, at.folder) as live:
                return self._undress(live, at.leaf, before, after)
        except OSError as error:
            if is_missing(error):
                return Undone.KEPT
            raise

    def _undress(self, live: int, leaf: bytes, before: Item, after: Item) -> Undone:
        now = self._attributes_now(live, leaf, before)
        if now is None:
            return Undone.KEPT
        ours = different(before.attributes, after.attributes)
        back = _where_equal(now, ours, different(after.attributes, before.attributes))
        if back != Attributes():
            dress_live(self._disk, live, leaf, back, self._owners)
        if _strange(now, ours, before.attributes):
            return Undone.KEPT
        return Undone.NOT_DONE if back == Attributes() else Undone.RESTORED

    def _attributes_now(self, live: int, leaf: bytes, item: Item) -> Attributes | None:
        status = look(live, leaf)
        if status is None or kind_of(status) is not item.kind:
            return None
        xattrs: Xattrs = ()
        if item.attributes.xattrs is not None and item.kind is not ItemKind.SYMLINK:
            xattrs = xattrs_at(live, leaf)
        return attributes_of(status, xattrs, Keep(xattrs=True), self._owners)

    def _never_acted(self, ends: Ends) -> bool:
        if ends.stage == _NOWHERE or look(ends.stage, ends.spot) is None:
            return False
        after = ends.step.change.after
        return ends.staged_is_new or (after is not None and self._versions.has_content(ends.stage, ends.spot, after))

    def _is_before(self, ends: Ends) -> bool:
        """Tell whether what the act would replace is live; a folder may have its own content back already."""
        before, status = ends.step.change.before, self._live(ends)
        if before is None or status is None:
            return False
        if before.kind is ItemKind.DIRECTORY:
            return kind_of(status) is ItemKind.DIRECTORY
        return self._versions.has_content(ends.live, ends.leaf, before)

    def _live(self, ends: Ends) -> os.stat_result | None:
        return None if ends.live == _NOWHERE else look(ends.live, ends.leaf)

    @contextmanager
    def _ends(self, step: Step) -> Iterator[Ends]:
        """Open both ends; an end that somebody took away is _NOWHERE."""
        at = where(step.change.name)
        with self._staging.spot(at.place, step) as stage, self._parent(at) as live:
            spot = step.staged.rpartition(b"/")[2]
            yield Ends(step, at, live, _NOWHERE if stage is None else stage[0], spot)

    @contextmanager
    def _parent(self, at: Where) -> Iterator[int]:
        with self._tree.present(at.place, at.folder) as handle:
            yield _NOWHERE if handle is None else handle


def _where_equal(now: Attributes, ours: Attributes, old: Attributes) -> Attributes:
    """Return the old value of each attribute that still is what the act made it."""
    return Attributes(
        mode=old.mode if ours.mode is not None and now.mode == ours.mode else None,
        owner=old.owner if ours.owner is not None and now.owner == ours.owner else None,
        group=old.group if ours.group is not None and now.group == ours.group else None,
        mtime_ns=old.mtime_ns if ours.mtime_ns is not None and now.mtime_ns == ours.mtime_ns else None,
        xattrs=old.xattrs if ours.xattrs is not None and now.xattrs == ours.xattrs else None,
    )


def _strange(now: Attributes, ours: Attributes, before: Attributes) -> bool:
    """Tell whether an attribute that the act sets is neither what it was nor what the act makes it."""
    trios = (
        (now.mode, ours.mode, before.mode),
        (now.owner, ours.owner, before.owner),
        (now.group, ours.group, before.group),
        (now.mtime_ns, ours.mtime_ns, before.mtime_ns),
        (now.xattrs, ours.xattrs, before.xattrs),
    )
    return any(wanted is not None and is_now not in (wanted, old) for is_now, wanted, old in trios)
