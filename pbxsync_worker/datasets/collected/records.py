"""Records as contents of items, and the digests by which they are known.

Content: frames of 4 bytes length (big-endian) and MessagePack: first the sorted names of the columns, then the values
of each record in that order, sorted by the column that cuts the table. An item says in its attribute `user.rows` how
many records there are (8 bytes) and the sum of their BLAKE2b-256 (32 bytes): sums of parts add up to that of the whole.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b

from pbxsync_worker.core import wire
from pbxsync_worker.core.model.errors import Invalid, PeerLied
from pbxsync_worker.core.model.inventory import DIGEST_SIZE, digest_of, new_digest
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind

Values = tuple[bytes | None, ...]

HASH = 12
"""Bytes by which one record is known among those of its table."""

LONGEST = 2**24
"""Bytes of one record."""

_SUM = 2**256
_ATTRIBUTE = b"user.rows"
_PIECE = 2**18


def hash_of(data: bytes) -> bytes:
    """Return the short digest of a record or of its key."""
    return blake2b(data, digest_size=HASH).digest()


class Sum:
    """Number of records and the sum of their digests."""

    def __init__(self, count: int = 0, total: int = 0) -> None:
        self.count = count
        self.total = total

    def take(self, packed: bytes) -> None:
        """Add one record."""
        self.count += 1
        self.total = (self.total + int.from_bytes(digest_of(packed), "big")) % _SUM

    def add(self, other: "Sum") -> None:
        """Add the records of another part."""
        self.count += other.count
        self.total = (self.total + other.total) % _SUM

    @property
    def data(self) -> bytes:
        """Return it as it travels."""
        return self.count.to_bytes(8, "big") + self.total.to_bytes(DIGEST_SIZE, "big")

    @classmethod
    def of(cls, data: bytes) -> "Sum":
        """Return what `data` gave."""
        return cls(int.from_bytes(data[:8], "big"), int.from_bytes(data[8:], "big"))


def item_of(name: bytes, size: int, content: bytes, rows: bytes) -> Item:
    """Return the item of a chunk; rows: `Sum.data`."""
    return Item(name, ItemKind.RECORDS, size, content, Attributes(xattrs=((_ATTRIBUTE, rows),)))


def rows_of(item: Item) -> bytes:
    """Return what an item says of its records; raise PeerLied where it says nothing."""
    found = dict(item.attributes.xattrs or ()).get(_ATTRIBUTE, b"")
    if item.kind is not ItemKind.RECORDS or len(found) != 8 + DIGEST_SIZE:
        raise PeerLied(host="", reason=f"{item.text} does not say how many records it has")
    return found


def content_of(columns: tuple[str, ...], packed: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a content in pieces; packed: the records in their order."""
    whole = bytearray()
    for body in (wire.pack(columns), *packed):
        whole += len(body).to_bytes(4, "big") + body
        if len(whole) >= _PIECE:
            yield bytes(whole)
            whole.clear()
    if whole:
        yield bytes(whole)


def described(name: bytes, columns: tuple[str, ...], packed: Iterable[bytes]) -> Item:
    """Return the item of a content."""
    records = list(packed)
    running, size, rows = new_digest(), 0, Sum()
    for piece in content_of(columns, records):
        running.update(piece)
        size += len(piece)
    for one in records:
        rows.take(one)
    return item_of(name, size, running.digest(), rows.data)


class Arrived:
    """A content as it arrives: its columns, then record by record; checked against its item at its end."""

    def __init__(self, item: Item, content: Iterable[bytes]) -> None:
        """Read the columns; raise PeerLied for a content that no honest host sends."""
        self._item = item
        self._frames = _frames(item, content)
        self._sum = Sum()
        names = _decoded(next(self._frames, b""), tuple[str, ...])
        if not names or list(names) != sorted(set(names)):
            raise PeerLied(host="", reason=f"{item.text} names no columns")
        self.columns: tuple[str, ...] = names

    def __iter__(self) -> Iterator[tuple[bytes, Values]]:
        """Give every record, as it came and its values; raise PeerLied at the end where they are not those announced.

        What was given before must not count then.
        """
        for body in self._frames:
            values = _decoded(body, tuple[bytes | None, ...])
            if len(values) != len(self.columns):
                raise PeerLied(host="", reason=f"{self._item.text}: a record has other columns")
            self._sum.take(body)
            yield body, values
        if self._sum.data != rows_of(self._item):
            raise PeerLied(host="", reason=f"{self._item.text} has not the records that were announced")


def _frames(item: Item, content: Iterable[bytes]) -> Iterator[bytes]:
    running, size, left = new_digest(), 0, bytearray()
    for piece in content:
        running.update(piece)
        size += len(piece)
        if size > item.size:
            break
        left += piece
        at = 0
        while len(left) - at >= 4:
            length = int.from_bytes(left[at : at + 4], "big")
            if length > LONGEST:
                raise PeerLied(host="", reason=f"{item.text}: a record is too long")
            if len(left) - at - 4 < length:
                break
            yield bytes(left[at + 4 : at + 4 + length])
            at += 4 + length
        del left[:at]
    if left or size != item.size or running.digest() != item.content:
        raise PeerLied(host="", reason=f"{item.text} does not match its digest")


def _decoded(body: bytes, kind: type[wire.T]) -> wire.T:
    try:
        return wire.unpack(body, kind)
    except Invalid as error:
        raise PeerLied(host="", reason="records are malformed") from error
