"""After the acts: make them durable, hand over what they displaced, and take the staging away."""

import errno
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pbxsync_worker.core.durable import Disk, open_folder
from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item, ItemKind, show_name
from pbxsync_worker.core.model.ports import Content, Contents
from pbxsync_worker.core.model.reading import SMALL
from pbxsync_worker.core.model.step import Step
from pbxsync_worker.datasets.files.attributes import kind_of
from pbxsync_worker.datasets.files.begun import Begun
from pbxsync_worker.datasets.files.names import Where, where
from pbxsync_worker.datasets.files.reading import look, names_in, open_file, pieces, read_link
from pbxsync_worker.datasets.files.space import KEPT_WHOLE
from pbxsync_worker.datasets.files.staging import KEPT, Staging, kept_name
from pbxsync_worker.datasets.files.take import Takes, taken
from pbxsync_worker.datasets.files.tree import Tree, is_missing
from pbxsync_worker.datasets.files.versions import Versions

_log = logging.getLogger(__name__)
_TOGETHER = 1000
_AT_ONCE = 2**24
"""So many contents, or bytes of them, are handed over in one go: each alone costs several syncs of the disk."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Settlement:
    """Ends what a run did to the files. kept: folder of ours for originals that nobody may lose."""

    def __init__(self, tree: Tree, staging: Staging, disk: Disk, versions: Versions, kept: Path) -> None:
        self._tree = tree
        self._begun = Begun(tree, staging, disk)
        self._staging = staging
        self._disk = disk
        self._versions = versions
        self._kept = kept

    def make_durable(self, steps: Sequence[Step]) -> None:
        """Sync each file system that a step touches, once."""
        done: set[int] = set()
        for at in {(one.place, one.folder): one for one in (where(step.change.name) for step in steps)}.values():
            with self._nearest(at) as handle:
                device = os.fstat(handle).st_dev
                if device not in done:
                    self._disk.sync_filesystem(handle)
                    done.add(device)

    def hand_over(self, steps: Sequence[Step], contents: Contents) -> None:
        """Put every displaced content, and of what was written the small and the textual, into the content store.

        Sound and pictures are not held twice: a first copy would be written to the disk twice over.
        """
        batch = _Batch(contents)
        for step in steps:
            if not step.staged:
                continue
            at = where(step.change.name)
            with self._staging.spot(at.place, step) as spot:
                if spot is not None and step.change.before is not None:
                    self._hand_over_displaced(step, at, *spot, step.change.before, batch)
            if step.change.after is not None and step.change.after.size <= KEPT_WHOLE:
                self._hand_over_written(at, step.change.after, batch)
        batch.finish()

    def _hand_over_displaced(
        self, step: Step, at: Where, stage: int, name: bytes, before: Item, batch: "_Batch"
    ) -> None:
        status = look(stage, name)
        of_its_own = before.kind is ItemKind.FILE and before.size > SMALL
        if status is None and of_its_own:
            batch.taken.append(before.content)  # by a try that may have been cut before it was durable
        if status is None or status.st_ino == step.identity[1]:
            return
        held = before.kind is ItemKind.DIRECTORY or batch.has(before.content)
        if of_its_own and not held and taken(self._disk, (stage, name), before, self._versions, batch.contents):
            batch.taken.append(before.content)
            return
        if not self._versions.has_content(stage, name, before, anew=True):
            _log.warning("kept aside an original that changed after it was replaced", extra={"item": before.text})
            self._disk.move(stage, name, stage, kept_name(step, at.leaf))
        elif not held:
            batch.put(_content(stage, name, before.kind), before)

    def _hand_over_written(self, at: Where, item: Item, batch: "_Batch") -> None:
        if item.kind is ItemKind.DIRECTORY or batch.has(item.content):
            return
        try:
            with self._tree.folder(at.place, at.folder) as live:
                if not _may_be_text(live, at.leaf, item):
                    return
                data = b"".join(_content(live, at.leaf, item.kind, limit=KEPT_WHOLE))
                if digest_of(data) == item.content:
                    batch.put([data], item)
        except OSError as error:
            if not is_missing(error):
                raise

    def clear(self, run: bytes, *, keep: bool = False) -> None:
        """Remove the staging of a run wherever it is, links never followed; hand set-aside originals over first.

        keep: nothing of it is live, so what has arrived of larger contents stays for the next run; beside the
        configuration nothing of ours ever stays.
        """
        for place in self._tree.places:
            for top in self._staging.tops(place):
                parent = self._staging.parent(place, top)
                if parent is not None:
                    try:
                        self._clear_one(parent, run, keep=keep and place is not Place.ETC)
                        self._disk.sync(parent)
                    finally:
                        os.close(parent)
                    self._staging.remove_if_empty(place, top)

    def _clear_one(self, parent: int, run: bytes, *, keep: bool) -> None:
        try:
            stage = os.open(run, _FOLDER, dir_fd=parent)
        except FileNotFoundError:
            return
        try:
            if keep:
                self._begun.keep(parent, stage)
            for name in sorted(names_in(stage)):
                if KEPT in name:
                    self._save(stage, name, run)
                else:
                    self._drop(stage, name, run)
        finally:
            os.close(stage)
        self._disk.remove_directory(parent, run)

    def _drop(self, stage: int, name: bytes, run: bytes) -> None:
        status = look(stage, name)
        if status is None:
            return
        if kind_of(status) is not ItemKind.DIRECTORY:
            self._disk.remove(stage, name)
            return
        try:
            self._disk.remove_directory(stage, name)
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise
            self._save(stage, name, run)  # somebody who had it open wrote into a folder that was removed

    def _save(self, stage: int, name: bytes, run: bytes) -> None:
        _log.warning("an original is kept for the administrator", extra={"kept": show_name(run + b"/" + name)})
        target = open_folder(self._kept / os.fsdecode(run))
        try:
            carry(self._disk, stage, name, target)
            self._disk.sync_filesystem(target)
        finally:
            os.close(target)
        remove_tree(self._disk, stage, name)

    @contextmanager
    def _nearest(self, at: Where) -> Iterator[int]:
        """Open the item's folder, or what is left of the way to it."""
        for depth in range(len(at.folder), -1, -1):
            try:
                handle = self._tree.open(at.place, at.folder[:depth])
            except OSError as error:
                if depth and is_missing(error):
                    continue
                raise
            try:
                yield handle
            finally:
                os.close(handle)
            return


class _Batch:
    """Contents on their way into the store: large ones at once, the others together; all durable by `finish`.

    taken: digests of files that the store has made its own.
    """

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.taken: list[bytes] = []
        self._waiting: dict[bytes, bytes] = {}
        self._bytes = 0

    def has(self, digest: bytes) -> bool:
        return digest in self._waiting or self.contents.has(digest)

    def put(self, content: Content, item: Item) -> None:
        if item.size > KEPT_WHOLE:
            self.contents.put(content, item.content)
            return
        self._waiting[item.content] = b"".join(content)
        self._bytes += item.size
        if len(self._waiting) == _TOGETHER or self._bytes >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            self.contents.put_many(self._waiting.items())
            self._waiting, self._bytes = {}, 0

    def finish(self) -> None:
        self.flush()
        if self.taken and isinstance(self.contents, Takes):
            self.contents.sync_taken(self.taken)


def carry(disk: Disk, folder: int, name: bytes, target: int) -> None:
    """Copy a file, link or folder into another file system; what an earlier try left is replaced."""
    remove_tree(disk, target, name)
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    kind = kind_of(status)
    if kind is ItemKind.SYMLINK:
        disk.make_symlink(target, name, read_link(folder, name) or b"")
    elif kind is ItemKind.FILE:
        disk.create(target, name, _content(folder, name, kind))
        disk.set_time(target, name, status.st_mtime_ns)
    elif kind is ItemKind.DIRECTORY:
        disk.make_directory(target, name)
        _each_inside(folder, name, lambda inside, leaf: _carry_into(disk, inside, leaf, target, name))


def remove_tree(disk: Disk, folder: int, name: bytes) -> None:
    """Remove whatever has this name, links never followed; nothing happens where there is nothing."""
    status = look(folder, name)
    if status is None:
        return
    if kind_of(status) is not ItemKind.DIRECTORY:
        disk.remove(folder, name)
        return
    _each_inside(folder, name, lambda inside, leaf: remove_tree(disk, inside, leaf))
    disk.remove_directory(folder, name)


def _carry_into(disk: Disk, inside: int, leaf: bytes, target: int, name: bytes) -> None:
    deeper = os.open(name, _FOLDER, dir_fd=target)
    try:
        carry(disk, inside, leaf, deeper)
    finally:
        os.close(deeper)


def _each_inside(folder: int, name: bytes, act: Callable[[int, bytes], None]) -> None:
    inside = os.open(name, _FOLDER, dir_fd=folder)
    try:
        for leaf in names_in(inside):
            act(inside, leaf)
    finally:
        os.close(inside)


def _may_be_text(folder: int, name: bytes, item: Item) -> bool:
    """Tell by its beginning whether a written content is worth being held: small, or text."""
    handle = open_file(folder, name) if item.kind is ItemKind.FILE and item.size > SMALL else None
    if handle is None:
        return True
    try:
        return b"\0" not in os.pread(handle, SMALL, 0)
    finally:
        os.close(handle)


def _content(folder: int, name: bytes, kind: ItemKind, limit: int | None = None) -> Iterator[bytes]:
    """Give a file's bytes or a link's target; more than the limit is not read."""
    if kind is ItemKind.SYMLINK:
        yield read_link(folder, name) or b""
        return
    handle = open_file(folder, name)
    if handle is None:
        return
    try:
        given = 0
        for piece in pieces(handle):
            yield piece
            given += len(piece)
            if limit is not None and given > limit:
                return
    finally:
        os.close(handle)
