"""Inventories as they travel: whole, or as what turns one that the other host gave before into the new one."""

from collections.abc import Iterator, Mapping, Sequence

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.reading import Opens, contents_of, one_of_many
from pbxsync_worker.peer.checks import MAX_ITEMS
from pbxsync_worker.peer.exchange import nothing_more
from pbxsync_worker.peer.messages import (
    Changed,
    End,
    Gone,
    Message,
    Rows,
    Same,
    Smalls,
    Whole,
    gone_of,
    item_of,
    rows_of,
)
from pbxsync_worker.peer.smalls import items_of, smalls_of

MAX_CARRIED = 2**24
"""Bytes of content that one answer brings along with its inventory."""

_AT_ONCE = 500

Carried = dict[bytes, bytes]
"""Contents that came with an inventory, by digest."""


def answer(now: Inventory, had: Inventory | None, data: Opens, room: int = MAX_CARRIED) -> Iterator[Message]:
    """Yield what a host that has `had` needs to know about `now`; room: bytes of contents, from `data`, with it."""
    if had is not None and had.root == now.root:
        yield Same(now.root)
        return
    known = {} if had is None else had.items
    gone = known.keys() - now.items.keys()
    changed = [item for name, item in now.items.items() if known.get(name) != item]
    yield Whole(now.root) if had is None else Changed(now.root)
    yield from gone_of(gone)
    yield from _told(changed, data, room)
    yield End(len(gone) + len(changed))


def _told(items: Sequence[Item], data: Opens, room: int) -> Iterator[Message]:
    """Yield small items with their contents as long as there is room, and the rows of all others."""
    rows: list[Item] = []
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
    yield from rows_of(rows)


def received(
    first: Message | bytes, rest: Iterator[Message | bytes], known: Inventory | None
) -> tuple[Inventory, Carried]:
    """Return the inventory that an answer tells, and the contents that came with it.

    Raise Invalid where it is malformed or contradicts its own root.
    """
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
            inventory = Inventory(taking.items)
            inventory = inventory if isinstance(first, Whole) or known is None else inventory.learning_from(known)
            if inventory.root != first.root:
                raise Invalid(what="answer", problems="the inventory does not match its digest")
            return inventory, taking.carried
        count += taking.take(message)
    raise Invalid(what="answer", problems="it ends too early")


class _Taking:
    """An inventory that is being told. base: what it starts from."""

    def __init__(self, base: Mapping[bytes, Item]) -> None:
        self.items = dict(base)
        self.carried: Carried = {}
        self._base = base
        self._room = MAX_CARRIED

    def take(self, message: Message | bytes) -> int:
        """Take one message; return how many things it told."""
        if isinstance(message, Rows):
            return self._add([item_of(row) for row in message.rows])
        if isinstance(message, Smalls):
            return self._add(self._carry(message))
        if isinstance(message, Gone):
            for name in message.names:
                if self.items.pop(name, None) is None:
                    raise Invalid(what="answer", problems="it removes what is not there")
            return len(message.names)
        raise Invalid(what="answer", problems=f"{type(message).__name__} was not to be expected")

    def _add(self, items: Sequence[Item]) -> int:
        for item in items:
            if self.items.get(item.name) is not self._base.get(item.name):
                raise Invalid(what="answer", problems="it names one item twice")
            self.items[item.name] = item
        if len(self.items) > MAX_ITEMS:
            raise Invalid(what="answer", problems=f"it names more than {MAX_ITEMS} items")
        return len(items)

    def _carry(self, message: Smalls) -> list[Item]:
        found = list(items_of(message))
        self._room -= sum(len(content) for _, content in found)
        if self._room < 0:
            raise Invalid(what="answer", problems=f"it brings more than {MAX_CARRIED} bytes along")
        self.carried.update((item.content, content) for item, content in found)
        return [item for item, _ in found]
