"""Is what lies at a name still exactly this version of an item?

A content is not read again where evidence stands for it. A rename changes nothing but the ctime, and whoever writes
sets the mtime to now: so a file of which inode, size and mtime are as they were when its content was known, with an
mtime well before the rename, still is that content.
"""

import os
from collections import OrderedDict

from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.datasets.files.attributes import Xattrs, kind_of, read_xattrs, same_attributes
from pbxsync_worker.datasets.files.index import RACY_NS, Index, Known
from pbxsync_worker.datasets.files.names import Where
from pbxsync_worker.datasets.files.owners import Owners
from pbxsync_worker.datasets.files.reading import content_at, look, names_in, stamp

LARGE = 2**20
"""Bytes from which a displaced file is believed by evidence; reading a smaller one costs next to nothing."""

_STAGED = 50_000
"""Of so many files that were staged last it is known what they are: bounded memory."""
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class Versions:
    """Compares live and staged objects with items."""

    def __init__(self, index: Index, owners: Owners) -> None:
        self._index = index
        self._owners = owners
        self._staged: OrderedDict[tuple[int, int], Known] = OrderedDict()
        self._displaced: dict[tuple[int, int], Known] = {}

    def staged(self, status: os.stat_result, content: bytes, xattrs: Xattrs) -> None:
        """Note a file that was just written in the stage, with a content that was digested on the way."""
        self._staged[status.st_dev, status.st_ino] = Known.at(stamp(status), content, xattrs)
        while len(self._staged) > _STAGED:
            self._staged.popitem(last=False)

    def went_live(self, folder: int, at: Where) -> None:
        """Let the index know what was staged and has its name now: the next scan need not read it."""
        status = look(folder, at.leaf)
        staged = None if status is None else self._staged.pop((status.st_dev, status.st_ino), None)
        renamed = _renamed(staged, status)
        if renamed is not None:
            self._index.learn(at.place, at.path, renamed)

    def evidence(self, folder: int, at: Where, item: Item) -> Known | None:
        """Return what a large live file is known to be before it is displaced; None where it must be read after it."""
        status = look(folder, at.leaf)
        if status is None or item.kind is not ItemKind.FILE or item.size < LARGE:
            return None
        known = self._index.content(at.place, at.path, status)
        return None if known is None else Known.at(stamp(status), known)

    def displaced(self, folder: int, leaf: bytes, evidence: Known | None) -> None:
        """Note what a name is to which a file was moved or exchanged, as far as evidence from before goes."""
        status = look(folder, leaf)
        renamed = _renamed(evidence, status)
        if status is not None and renamed is not None:
            self._displaced[status.st_dev, status.st_ino] = renamed

    def still(self, folder: int, at: Where, item: Item) -> bool:
        """Tell whether a live name is this item, attributes included; the index may answer for the content."""
        status = look(folder, at.leaf)
        if status is None or kind_of(status) is not item.kind:
            return False
        content = self._index.content(at.place, at.path, status) if item.kind is ItemKind.FILE else None
        if content is None:
            content = content_at(folder, at.leaf, item.kind)
        return content == item.content and self.dressed(folder, at.leaf, item)

    def has_content(self, folder: int, leaf: bytes, item: Item, *, anew: bool = False) -> bool:
        """Tell whether a name has the item's kind and content; a folder must be empty.

        anew: read it whatever stands for it; else only large ones that were just displaced are believed.
        """
        status = look(folder, leaf)
        if status is None or kind_of(status) is not item.kind:
            return False
        if item.kind is ItemKind.DIRECTORY:
            return _is_empty(folder, leaf)
        known = None if anew else self._displaced.get((status.st_dev, status.st_ino))
        if known is not None and known.fits(stamp(status)):
            return known.content == item.content
        return content_at(folder, leaf, item.kind) == item.content

    def dressed(self, folder: int, leaf: bytes, item: Item) -> bool:
        """Tell whether a name has the attributes that the item keeps."""
        status = look(folder, leaf)
        if status is None:
            return False
        xattrs: Xattrs = ()
        if item.attributes.xattrs is not None and item.kind is not ItemKind.SYMLINK:
            xattrs = xattrs_at(folder, leaf)
        return same_attributes(item.attributes, status, xattrs, self._owners)


def _renamed(known: Known | None, status: os.stat_result | None) -> Known | None:
    """Return what a file is after a rename, None where it must be read: it may have been written to as well."""
    if known is None or status is None:
        return None
    now = stamp(status)
    size, mtime, ctime, *place = now
    before_size, before_mtime, _, *before_place = known.stamp
    if (size, mtime, place) != (before_size, before_mtime, before_place) or mtime + RACY_NS >= ctime:
        return None
    return Known.at(now, known.content, known.xattrs)


def xattrs_at(folder: int, leaf: bytes) -> Xattrs:
    """Return the extended attributes of a file or folder by name."""
    handle = os.open(leaf, _OPEN, dir_fd=folder)
    try:
        return read_xattrs(handle)
    finally:
        os.close(handle)


def _is_empty(folder: int, leaf: bytes) -> bool:
    handle = os.open(leaf, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        return not names_in(handle)
    finally:
        os.close(handle)
