"""What large contents look like that this host had, so that whoever has one of them need not describe it.

Only of files that were seen to change in part: after a delta was made, the new content is signed for the next time.
Beside it the deltas that were made last: the second of many replicas costs no reading. Both in memory, bounded, and the
signatures in files as well, for the time after a restart; a loss costs bytes and time, nothing else.
"""

import io
from collections import OrderedDict
from collections.abc import Generator, Iterable, Iterator
from threading import Lock
from typing import BinaryIO, Generic, TypeVar, cast

from pbxsync_worker.core.model.errors import SourceChanged
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.reading import Opens
from pbxsync_worker.peer.download import MAX_SIGNATURE, Deltas
from pbxsync_worker.peer.kept_signatures import KeptSignatures

ROOM = 2**24
"""Bytes of signatures, and as many of deltas."""
MAX_DELTA = 2**22
"""Bytes of a delta that is held: a larger one takes longer to send than to make."""

Key = TypeVar("Key")

Made = tuple[bytes, bytes, bytes]
"""The name of an item, the digest of its content, and that of the base (or of its signature): what a delta is for."""


class Signatures:
    """Signatures by the digest of what they are of, and deltas."""

    def __init__(self, data: Opens, deltas: Deltas, room: int = ROOM, kept: KeptSignatures | None = None) -> None:
        """Begin with what is kept; room: bytes of each in memory."""
        self._data = data
        self._kept = kept
        self._make = deltas.signature
        self._grown = deltas.grown
        self._signatures: _Bounded[bytes] = _Bounded(room)
        self._deltas: _Bounded[Made] = _Bounded(room)

    def of(self, content: bytes) -> bytes:
        """Return the signature of a content, b"" where it is not known."""
        held = self._signatures.get(content)
        if held is None and self._kept is not None and (held := self._kept.get(content)):
            self._signatures.put(content, held)
        return held or b""

    def learn(self, item: Item) -> None:
        """Sign what an item is now; nothing happens where that is known, or the item is another by now."""
        if self.of(item.content):
            return
        try:
            with cast("BinaryIO", io.BufferedReader(_Pieces(self._data.open(item)), 2**20)) as content:
                made = self._make(content, item.size)
        except SourceChanged:
            return
        if len(made) <= MAX_SIGNATURE:
            self._signatures.put(item.content, made)
            if self._kept is not None:
                self._kept.put(item.content, made)

    def grows(self, item: Item, base: bytes, size: int) -> bool:
        """Tell whether an item is a base of that digest and size with something before or behind; hold the delta."""
        made = (item.name, item.content, base)
        if self._deltas.get(made) is not None:
            return True
        if not 0 < item.size - size <= MAX_DELTA:
            return False
        try:
            delta = self._grown(self._data.open(item), item.size, size, base)
        except SourceChanged:
            return False
        if delta:
            self._deltas.put(made, delta)
        return bool(delta)

    def delta(self, made: Made) -> bytes | None:
        """Return a delta that was made before, None where it is not held."""
        return self._deltas.get(made)

    def noted(self, made: Made, pieces: Iterable[bytes]) -> Generator[bytes, None, None]:
        """Give a delta that is being made, and hold it once it is whole."""
        held: list[bytes] | None = []
        size = 0
        for piece in pieces:
            size += len(piece)
            if held is not None and size <= MAX_DELTA:
                held.append(piece)
            else:
                held = None
            yield piece
        if held is not None:
            self._deltas.put(made, b"".join(held))


class _Bounded(Generic[Key]):
    """Values by key; those that were not used for longest go where there is no more room."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._held: OrderedDict[Key, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: Key) -> bytes | None:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: Key, value: bytes) -> None:
        with self._lock:
            self._bytes += len(value) - len(self._held.pop(key, b""))
            self._held[key] = value
            while self._bytes > self._room:
                self._bytes -= len(self._held.popitem(last=False)[1])


class _Pieces(io.RawIOBase):
    """Pieces of a content as a file that is read once from its beginning."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if offset or whence != io.SEEK_SET:
            raise io.UnsupportedOperation
        return 0

    def tell(self) -> int:
        return 0

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # BufferedReader gives nothing else
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        size = min(len(self._rest), len(buffer))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
