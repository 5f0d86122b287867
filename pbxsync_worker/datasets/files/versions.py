"""Is what lies at a name still exactly this version of an item?"""

import os

from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.datasets.files.attributes import Xattrs, kind_of, read_xattrs, same_attributes
from pbxsync_worker.datasets.files.index import Index
from pbxsync_worker.datasets.files.names import Where
from pbxsync_worker.datasets.files.owners import Owners
from pbxsync_worker.datasets.files.reading import content_at, look, names_in

_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class Versions:
    """Compares live and staged objects with items."""

    def __init__(self, index: Index, owners: Owners) -> None:
        self._index = index
        self._owners = owners

    def still(self, folder: int, at: Where, item: Item) -> bool:
        """Tell whether a live name is this item, attributes included; the index may answer for the content."""
        status = look(folder, at.leaf)
        if status is None or kind_of(status) is not item.kind:
            return False
        content = self._index.content(at.place, at.path, status) if item.kind is ItemKind.FILE else None
        if content is None:
            content = content_at(folder, at.leaf, item.kind)
        return content == item.content and self.dressed(folder, at.leaf, item)

    def has_content(self, folder: int, leaf: bytes, item: Item) -> bool:
        """Tell whether a name has the item's kind and content, read anew; a folder must be empty."""
        status = look(folder, leaf)
        if status is None or kind_of(status) is not item.kind:
            return False
        if item.kind is ItemKind.DIRECTORY:
            return _is_empty(folder, leaf)
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
