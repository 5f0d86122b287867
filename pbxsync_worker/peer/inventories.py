"""Inventories as they travel: whole, or as what turns one that the other host gave before into the new one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.reading import Opens, contents_of, one_of_many
from pbxsync_worker.peer.along import Giving, Patch, taken
from pbxsync_worker.peer.checks import MAX_ITEMS
from pbxsync_worker.peer.exchange import nothing_more
from pbxsync_worker.peer.messages import (
    MAX_ALONG,
    ROWS,
    Again,
    Along,
    Changed,
    End,
    Gone,
    Message,
    Moves,
    Row,
    Rows,
    Same,
    Smalls,
    Whole,
    item_of,
    row_of,
)
from pbxsync_worker.peer.smalls import alike, items_of, name_after, smalls_of

MAX_CARRIED = 2**24
"""Bytes of content that one answer brings along with its inventory."""

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer told; carried: contents that came along, by digest; patches: how to make others, by digest."""

    inventory: Inventory
    carried: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)
    patches: Mapping[bytes, Patch] = field(default_factory=dict, repr=False)


def answer(now: Inventory, had: Inventory | None, giving: Giving, room: int = MAX_CARRIED) -> Iterator[Message]:
    """Yield what a host that has `had` needs to know about `now`; room: bytes of contents of small items with it."""
    if had is not None and had.root == now.root:
        yield Same(now.root)
        return
    known = {} if had is None else had.items
    gone = sorted(known.keys() - now.items.keys())
    # Most are the same objects, and to compare them by value costs ten times as much.
    maybe = [(known.get(name), item) for name, item in now.items.items() if known.get(name) is not item]
    changed = [item for before, item in maybe if before != item]
    yield Whole(now.root) if had is None else Changed(now.root)
    yield from gone_of(gone)
    moved = _moved(changed, gone, known)
    yield from _moves_of(moved)
    rows: list[Item] = []
    others = [item for item in changed if item.name not in moved]
    yield from _told(others, known, rows, giving.data, room)
    if had is not None:
        yield from giving.along(rows, known)
    yield End(len(gone) + len(changed))


def _moved(changed: Sequence[Item], gone: Sequence[bytes], known: Mapping[bytes, Item]) -> dict[bytes, int]:
    """Return the new names of items that are gone under another one, each with the number of that."""
    if not gone:
        return {}
    before = {replace(known[name], name=b""): number for number, name in enumerate(gone)}
    found = ((item.name, before.get(replace(item, name=b""))) for item in changed if item.name not in known)
    return {name: number for name, number in found if number is not None}


def _moves_of(moved: Mapping[bytes, int]) -> Iterator[Moves]:
    names = sorted(moved)
    for at in range(0, len(names), ROWS):
        some, before = [], b""
        for name in names[at : at + ROWS]:
            shared = alike(before, name)
            # A name of its own has at least one letter that is not shared.
            some.append(Again(moved[name], min(shared, len(name) - 1), name[min(shared, len(name) - 1) :]))
            before = name
        yield Moves(tuple(some))


def _told(
    items: Sequence[Item], known: Mapping[bytes, Item], rows: list[Item], data: Opens, room: int
) -> Iterator[Message]:
    """Yield small items with their contents as long as there is room, and add all others to `rows` and yield those."""
    small: list[Item] = []
    for item in sorted(items, key=lambda one: one.name):
        if one_of_many(item) and item.size <= room:
            room -= item.size
            small.append(item)
        else:
            rows.append(item)
    for at in range(0, len(small), _AT_ONCE):
        some = small[at : at + _AT_ONCE]
        contents = list(contents_of(data, some))
        # One that is another by now is told as it was: whoever wants it hears of the change when he asks for it.
        rows += [item for item, content in zip(some, contents, strict=True) if content is None]
        yield from smalls_of(some, contents)
    rows.sort(key=lambda one: one.name)
    yield from rows_of(_row(item, known.get(item.name)) for item in rows)


def _row(item: Item, known: Item | None) -> Row:
    if known is not None and item.content and known.same_content(item):
        return row_of(replace(item, size=0, content=b""))
    return row_of(item)


def rows_of(rows: Iterable[Row]) -> Iterator[Rows]:
    """Yield rows, sorted by name, in messages of a bounded number and size of them."""
    batch: list[Row] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row.name) + 200 + sum(len(value) for _, value in row.xattrs or ())
        if len(batch) == ROWS or size > 2**19:
            yield Rows(tuple(batch))
            batch, size = [], 0
    if batch:
        yield Rows(tuple(batch))


def gone_of(ordered: Sequence[bytes]) -> Iterator[Gone]:
    """Yield sorted names in messages of a bounded number."""
    for at in range(0, len(ordered), ROWS):
        yield Gone(tuple(ordered[at : at + ROWS]))


def received(first: Message | bytes, rest: Iterator[Message | bytes], known: Inventory | None) -> Told:
    """Return what an answer tells; raise Invalid where it is malformed or contradicts its own root."""
    base: Mapping[bytes, Item] = {}
    if isinstance(first, Changed) and known is not None:
        base = known.items
    elif not isinstance(first, Whole):
        raise Invalid(what="answer", problems=f"{type(first).__name__} was not to be expected")
    taking = _Taking(base)
    count = 0
    for message in rest:
        if isinstance(message, End):
            if message.count != count:
                raise Invalid(what="answer", problems=f"{message.count} things were announced and {count} came")
            nothing_more(rest)
            told = taking.told(None if isinstance(first, Whole) else known)
            if told.inventory.root != first.root:
                raise Invalid(what="answer", problems="the inventory does not match its digest")
            return told
        count += taking.take(message)
    raise Invalid(what="answer", problems="it ends too early")


class _Taking:
    """An inventory that is being told. base: what it starts from."""

    def __init__(self, base: Mapping[bytes, Item]) -> None:
        self._items = dict(base)
        self._base = base
        self._gone: list[bytes] = []
        self._rows: list[Item] = []
        self._carried: dict[bytes, bytes] = {}
        self._patches: dict[bytes, Patch] = {}
        self._room = MAX_CARRIED
        self._along = MAX_ALONG

    def told(self, known: Inventory | None) -> Told:
        """Return what was told so far; known: what it started from, whose digests need not be made again."""
        inventory = Inventory(self._items)
        whole = inventory if known is None else inventory.learning_from(known)
        return Told(whole, self._carried, self._patches)

    def take(self, message: Message | bytes) -> int:
        """Take one message; return how many things it told."""
        if isinstance(message, Rows):
            rows = [self._whole(row) for row in message.rows]
            self._rows += rows
            return self._add(rows)
        if isinstance(message, Smalls):
            return self._add(self._carry(message))
        if isinstance(message, Moves):
            return self._add(list(self._moved(message)))
        if isinstance(message, Gone):
            return self._remove(message.names)
        if isinstance(message, Along):
            return self._take_along(message)
        raise Invalid(what="answer", problems=f"{type(message).__name__} was not to be expected")

    def _whole(self, row: Row) -> Item:
        """Return the item of a row, with the content of the known one where it is told by that."""
        item = item_of(row)
        known = self._base.get(item.name)
        if item.content or item.size or item.kind is ItemKind.DIRECTORY:
            return item
        if known is None or known.kind is not item.kind:
            raise Invalid(what="answer", problems="it tells of the content of what is not known")
        return replace(item, size=known.size, content=known.content)

    def _moved(self, message: Moves) -> Iterator[Item]:
        before = b""
        for one in message.items:
            if one.gone >= len(self._gone):
                raise Invalid(what="answer", problems="it moves what is not gone")
            before = name_after(before, one.shared, one.rest)
            yield replace(self._base[self._gone[one.gone]], name=before)

    def _remove(self, names: Sequence[bytes]) -> int:
        for name in names:
            if self._items.pop(name, None) is None or name not in self._base:
                raise Invalid(what="answer", problems="it removes what is not there")
        self._gone += names
        return len(names)

    def _add(self, items: Sequence[Item]) -> int:
        for item in items:
            if self._items.get(item.name) is not self._base.get(item.name):
                raise Invalid(what="answer", problems="it names one item twice")
            self._items[item.name] = item
        if len(self._items) > MAX_ITEMS:
            raise Invalid(what="answer", problems=f"it names more than {MAX_ITEMS} items")
        return len(items)

    def _carry(self, message: Smalls) -> list[Item]:
        found = list(items_of(message))
        self._room -= sum(len(content) for _, content in found)
        if self._room < 0:
            raise Invalid(what="answer", problems=f"it brings more than {MAX_CARRIED} bytes along")
        self._carried.update((item.content, content) for item, content in found)
        return [item for item, _ in found]

    def _take_along(self, message: Along) -> int:
        self._along -= len(message.data)
        if self._along < 0:
            raise Invalid(what="answer", problems=f"it brings more than {MAX_ALONG} bytes of files along")
        item, content = taken(message, self._rows, self._base)
        if isinstance(content, Patch):
            self._patches[item.content] = content
        else:
            self._carried[item.content] = content
        return 0
