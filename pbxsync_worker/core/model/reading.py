"""The contents of many small items at once where a kind of data can give them so, else one by one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pbxsync_worker.core.model.errors import SourceChanged
from pbxsync_worker.core.model.item import Item, ItemKind

SMALL = 4096
"""Bytes up to which a content is one of many."""

_MANY = frozenset({ItemKind.KEY, ItemKind.BOX, ItemKind.ROW})


@dataclass(frozen=True, slots=True)
class Proven:
    """A content whose giver digests it on the way, and raises before its end where it is not that of the item."""

    item: Item
    pieces: Iterable[bytes]

    def __iter__(self) -> Iterator[bytes]:
        """Give the pieces."""
        return iter(self.pieces)


class Opens(Protocol):
    """Whatever gives the content of an item."""

    def open(self, item: Item) -> Iterator[bytes]:
        """Give the content of exactly this version; raise SourceChanged where it is another by now."""
        ...


@runtime_checkable
class OpensMany(Protocol):
    """Data that reads many contents with few questions."""

    def open_many(self, items: Sequence[Item]) -> Iterator[bytes | None]:
        """Give the whole content of each item in this order, None for one that is another by now."""
        ...


def one_of_many(item: Item) -> bool:
    """Tell whether an item is of a kind that comes in great number, and small."""
    return item.kind in _MANY and item.size <= SMALL


def contents_of(data: Opens, items: Sequence[Item]) -> Iterator[bytes | None]:
    """Give the whole content of each small item in this order, None for one that is another by now."""
    if isinstance(data, OpensMany):
        yield from data.open_many(items)
        return
    for item in items:
        try:
            yield b"".join(data.open(item))
        except SourceChanged:
            yield None
