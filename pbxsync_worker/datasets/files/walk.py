"""Walk one file set from its folder down: no folder read that looks as before, no file opened that the index knows."""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from pbxsync_worker.core.model.dataset import FileSet, Keep
from pbxsync_worker.core.model.errors import Unsupported
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item, ItemKind, show_name
from pbxsync_worker.core.model.pattern import Matcher
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.files.attributes import Xattrs, attributes_of, kind_of, read_xattrs
from pbxsync_worker.datasets.files.index import Known
from pbxsync_worker.datasets.files.levels import Level, Levels
from pbxsync_worker.datasets.files.names import OURS, base_of
from pbxsync_worker.datasets.files.owners import Owners
from pbxsync_worker.datasets.files.reading import DATABASE, Reader, read_link, stamp
from pbxsync_worker.datasets.files.select import Selection
from pbxsync_worker.datasets.files.tree import Tree, is_missing

_LONGEST_PATH = 4000
_BARE = Keep(mode=False, owner=False, mtime=False, xattrs=False)

_Read = tuple[os.stat_result, bytes, Xattrs]


class Walk:
    """One file set and, after `run`, what was found in it.

    A folder is an item when the patterns take it, or when it leads to an item. items: by name; bare: the folders above
    the set's own, without attributes; seen: what the index should know, by path below the place; holding: folders in
    or below which something lies that was not taken; special: names of devices, FIFOs and sockets; databases:
    names of SQLite databases and their journals; dropped_xattrs: how many files have extended attributes that this set
    does not keep.
    """

    def __init__(
        self, file_set: FileSet, known: Mapping[bytes, Known], reader: Reader, owners: Owners, protected: Matcher
    ) -> None:
        self._place = file_set.place
        self._prefix = file_set.place.value.encode() + b"/"
        self._base = b"".join(part + b"/" for part in base_of(file_set))
        self._selection = Selection(file_set)
        self._keep = file_set.keep
        self._known = known
        self._reader = reader
        self._owners = owners
        self._protected = protected
        self._folders: dict[bytes, Item] = {}
        self.items: dict[bytes, Item] = {}
        self.bare: dict[bytes, Item] = {}
        self.seen: dict[bytes, Known] = {}
        self.holding: set[bytes] = set()
        self.special: list[str] = []
        self.databases: list[str] = []
        self.dropped_xattrs = 0

    def would_take(self, path: bytes) -> bool:
        """Tell whether this walk takes a file at this path below the place."""
        return path.startswith(self._base) and self._takes(path)

    def run(self, tree: Tree, levels: Levels) -> None:
        """Walk, without recursion: a tree may be as deep as a path is long. A missing folder is an empty one.

        levels: what the walk before found, begun anew.
        """
        try:
            root = tree.open(self._place)
        except FileNotFoundError:
            levels.end()
            return
        try:
            self._way_to_base(tree, root)
            waiting = [self._base]
            while waiting:
                path = waiting.pop()
                level = levels.still(path) or self._look(tree, root, path, levels)
                if level is not None:
                    self._add(path, level)
                    waiting += level.deeper
        finally:
            os.close(root)
        levels.end()

    def _look(self, tree: Tree, root: int, path: bytes, levels: Levels) -> Level | None:
        with _opened(tree, root, path) as handle:
            return None if handle is None else levels.of(path, handle, partial(self._enter, handle, path))

    def _way_to_base(self, tree: Tree, root: int) -> None:
        """Take the set's own folder, and those above it bare, so that a target without them can make them."""
        parts = self._base.split(b"/")[:-1]
        for depth in range(1, len(parts) + 1):
            path = b"/".join(parts[:depth])
            with _opened(tree, root, path + b"/") as handle:
                if handle is None:
                    return
                keep = self._keep if depth == len(parts) else _BARE
                if not self._protected(self._prefix + path):
                    item = self._folder_item(path, handle, keep)
                    (self.items if keep is self._keep else self.bare)[item.name] = item

    def _add(self, path: bytes, level: Level) -> None:
        self.items |= level.items
        self.seen |= level.seen
        self.special += level.special
        self.databases += level.databases
        self.dropped_xattrs += level.dropped_xattrs
        self._folders |= level.folders
        if level.items:
            self._lead_to(path)
        for folder in level.held:
            self._hold(folder)

    def _enter(self, handle: int, path: bytes) -> Level:
        """Return what is selected in one open folder."""
        level = Level()
        with os.scandir(handle) as entries:
            for entry in entries:
                leaf = os.fsencode(entry.name)
                if leaf.startswith(OURS):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    self._folder(level, handle, path, leaf)
                else:
                    self._leaf(level, handle, path, leaf, entry)
        return level

    def _folder(self, level: Level, handle: int, parent: bytes, leaf: bytes) -> None:
        """Note one folder, and whether it must be entered."""
        path = parent + leaf
        if len(path) > _LONGEST_PATH:
            raise Unsupported(what=show_name(path[:80]), reason=say("the path is too long to travel"))
        protected = self._protected(self._prefix + path)
        try:
            inner = os.open(leaf, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=handle)
        except OSError as error:
            if is_missing(error):
                return
            if error.errno == errno.EACCES and protected:
                level.held.add(parent)
                return
            raise _unreadable(path) from error
        try:
            item = self._folder_item(path, inner, self._keep)
        finally:
            os.close(inner)
        if not protected:
            level.folders[path] = item
        if not protected and self._takes(path):
            level.items[item.name] = item
        else:
            level.held.add(parent)
        if self._selection.may_hold(path[len(self._base) :]):
            level.deeper.append(path + b"/")
        else:
            level.held.add(path + b"/")

    def _leaf(self, level: Level, handle: int, parent: bytes, leaf: bytes, entry: "os.DirEntry[str]") -> None:
        path = parent + leaf
        name = self._prefix + path
        if not self._takes(path) or self._protected(name):
            level.held.add(parent)
            return
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return
        kind = kind_of(status)
        if kind is None:
            level.special.append(show_name(name))
            level.held.add(parent)
            return
        link = kind is ItemKind.SYMLINK
        read = self._read_link(handle, leaf, status) if link else self._read(level, handle, path, status)
        if read is not None:
            status, content, xattrs = read
            if content == DATABASE:
                level.databases.append(show_name(name))
                level.held.add(parent)
                return
            attributes = attributes_of(status, xattrs, self._keep, self._owners)
            level.items[name] = Item(name, kind, status.st_size, content, attributes)

    def _read(self, level: Level, handle: int, path: bytes, status: os.stat_result) -> _Read | None:
        known = self._known.get(path)
        if known is None or not known.fits(stamp(status)):
            try:
                version = self._reader.version(handle, path.rpartition(b"/")[2])
            except PermissionError as error:
                raise _unreadable(path) from error
            if version is None:
                return None
            known, status = Known.of(version), version.status
        level.seen[path] = known
        if known.xattrs and not self._keep.xattrs:
            level.dropped_xattrs += 1
        return status, known.content, known.xattrs

    def _read_link(self, handle: int, leaf: bytes, status: os.stat_result) -> _Read | None:
        target = read_link(handle, leaf)
        return None if target is None else (status, digest_of(target), ())

    def _folder_item(self, path: bytes, handle: int, keep: Keep) -> Item:
        xattrs = read_xattrs(handle) if keep.xattrs else ()
        attributes = attributes_of(os.fstat(handle), xattrs, keep, self._owners)
        return Item(self._prefix + path, ItemKind.DIRECTORY, 0, b"", attributes)

    def _lead_to(self, path: bytes) -> None:
        """Take the folders that lead to an item in a folder (with its slash)."""
        path = path[:-1]
        while path in self._folders and self._prefix + path not in self.items:
            self.items[self._prefix + path] = self._folders[path]
            path = path.rpartition(b"/")[0]

    def _hold(self, path: bytes) -> None:
        """Note that a folder (with its slash), and so each above it, holds something that is not taken."""
        name = self._prefix + path[:-1]
        while name not in self.holding and len(name) >= len(self._prefix):
            self.holding.add(name)
            name = name.rpartition(b"/")[0]

    def _takes(self, path: bytes) -> bool:
        return self._selection.takes(path[len(self._base) :])


@contextmanager
def _opened(tree: Tree, root: int, path: bytes) -> Iterator[int | None]:
    try:
        handle = tree.below(root, tuple(path.split(b"/")[:-1]))
    except OSError as error:
        if not is_missing(error):
            raise _unreadable(path) from error
        yield None
        return
    try:
        yield handle
    finally:
        os.close(handle)


def _unreadable(path: bytes) -> Unsupported:
    return Unsupported(what=say("Reading {name}", name=show_name(path)), reason=say("this process has no permission"))
