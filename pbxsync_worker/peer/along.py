"""Contents of changed files that come along with an inventory: one request is enough for what people edit in a day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pbxsync_worker.core.model.errors import Invalid, SourceChanged
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.reading import Opens
from pbxsync_worker.peer.bases import MAX_BASE, Bases
from pbxsync_worker.peer.download import Deltas
from pbxsync_worker.peer.messages import MAX_ALONG, Along

WHOLE = 4096
"""Bytes up to which a new file comes whole."""


@dataclass(frozen=True, slots=True)
class Patch:
    """What turns the content of `base` into that of an item."""

    base: Item
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Giving:
    """What the contents that come along are made of."""

    data: Opens
    bases: Bases
    deltas: Deltas

    def along(self, told: Sequence[Item], had: Mapping[bytes, Item]) -> Iterator[Along]:
        """Yield the contents of those changed files that take few bytes; told: in the order of their rows."""
        room = MAX_ALONG
        for number, item in enumerate(told):
            known = had.get(item.name)
            if item.kind is not ItemKind.FILE or item.size == 0 or (known is not None and known.same_content(item)):
                continue
            found = self._short(number, item, known)
            if found is None:
                continue
            room -= len(found.data)
            if room < 0:
                return  # so many are better fetched, in one stream of their own
            yield found

    def _short(self, number: int, item: Item, known: Item | None) -> Along | None:
        """Return a content as it may come along, None where it is better fetched."""
        base = self.bases.get(known) if known is not None and _is_base(known, item) else None
        if base is None and item.size > WHOLE:
            return None
        try:
            content = b"".join(self.data.open(item))
        except SourceChanged:
            return None  # whoever wants it hears of the change when he asks for it
        if base is None:
            return Along(number, patch=False, data=content)
        patch = self.deltas.patch_against(base, content)
        if len(patch) > item.size // 2:
            return Along(number, patch=False, data=content) if item.size <= WHOLE else None
        self.bases.put(item, content)
        return Along(number, patch=True, data=patch)


def taken(message: Along, told: Sequence[Item], had: Mapping[bytes, Item]) -> tuple[Item, bytes | Patch]:
    """Return the item of which a content came along, and the content or its patch; raise Invalid for a lie."""
    if message.row >= len(told):
        raise Invalid(what="answer", problems="a content comes along for a row that was not told")
    item = told[message.row]
    if not message.patch:
        if item.kind is not ItemKind.FILE or digest_of(message.data) != item.content:
            raise Invalid(what="answer", problems="a content that comes along does not match its digest")
        return item, message.data
    known = had.get(item.name)
    if known is None or not _is_base(known, item):
        raise Invalid(what="answer", problems="a patch comes along for what cannot have one")
    return item, Patch(known, message.data)


def _is_base(known: Item, item: Item) -> bool:
    return known.kind is item.kind is ItemKind.FILE and max(known.size, item.size) <= MAX_BASE and known.size > 0
