"""Contents that this host has given to others: what changes later is told against them, in a few bytes.

Kept compressed in memory. Losing them costs bytes, nothing else: after a restart, those of the files that are most
likely to be edited are read again beside the first look of another host.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from threading import Lock

import zstandard

from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.core.model.errors import SourceChanged
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.reading import Opens

MAX_BASE = 2**22
"""Bytes of a content that is told against another one, and of the other one."""

_EDITED = Place.ETC.value.encode() + b"/"
_ROOM = 2**24


class Bases:
    """Contents by digest, those used last within a bound of memory."""

    def __init__(self, room: int = _ROOM) -> None:
        """Begin with nothing; room: bytes of compressed contents."""
        self._room = room
        self._held: OrderedDict[bytes, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, item: Item) -> bytes | None:
        """Return the content of an item as it was given, None where it is not held any more."""
        with self._lock:
            held = self._held.get(item.content)
            if held is None:
                return None
            self._held.move_to_end(item.content)
        return zstandard.decompress(held)

    def put(self, item: Item, content: bytes) -> None:
        """Hold a content; the ones that were not used for longest go."""
        with self._lock:
            if item.content in self._held:
                return
        # A copy: what the library returns keeps hold of the memory of the worst case, as large as the content.
        small = bytes(memoryview(zstandard.compress(content)))
        with self._lock:
            self._held[item.content] = small
            self._bytes += len(small)
            while self._bytes > self._room:
                self._bytes -= len(self._held.popitem(last=False)[1])

    def learn(self, items: Iterable[Item], data: Opens) -> None:
        """Read those of some items that are likely to be edited and are not held yet."""
        for item in self._missing(items):
            try:
                self.put(item, b"".join(data.open(item)))
            except SourceChanged:
                continue  # its next version is read at the next look

    def _missing(self, items: Iterable[Item]) -> Iterator[Item]:
        for item in items:
            if is_edited(item) and item.content not in self._held:
                yield item


def is_edited(item: Item) -> bool:
    """Tell whether an item is a file that people and FreePBX edit, and that is worth being held."""
    return item.kind is ItemKind.FILE and 0 < item.size <= MAX_BASE and item.name.startswith(_EDITED)
