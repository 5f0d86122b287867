"""Inventories as they travel: whole, or as what turns one that the other host gave before into the new one."""

from collections.abc import Iterator, Mapping

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.peer.checks import MAX_ITEMS
from pbxsync_worker.peer.exchange import nothing_more
from pbxsync_worker.peer.messages import (
    Changed,
    End,
    Gone,
    Message,
    Rows,
    Same,
    Whole,
    gone_of,
    item_of,
    rows_of,
)


def answer(now: Inventory, had: Inventory | None) -> Iterator[Message]:
    """Yield what a host that has `had` needs to know about `now`."""
    if had is not None and had.root == now.root:
        yield Same(now.root)
        return
    if had is None:
        yield Whole(now.root)
        yield from rows_of(now.items.values())
        yield End(len(now.items))
        return
    gone = had.items.keys() - now.items.keys()
    changed = [item for name, item in now.items.items() if had.items.get(name) != item]
    yield Changed(now.root)
    yield from gone_of(gone)
    yield from rows_of(changed)
    yield End(len(gone) + len(changed))


def received(first: Message | bytes, rest: Iterator[Message | bytes], known: Inventory | None) -> Inventory:
    """Return the inventory that an answer tells; raise Invalid where it is malformed or contradicts its own root."""
    base: Mapping[bytes, Item] = {}
    if isinstance(first, Changed) and known is not None:
        base = known.items
    elif not isinstance(first, Whole):
        raise Invalid(what="answer", problems=f"{type(first).__name__} was not to be expected")
    items = dict(base)
    count = 0
    for message in rest:
        if isinstance(message, End):
            if message.count != count:
                raise Invalid(what="answer", problems=f"{message.count} things were announced and {count} came")
            nothing_more(rest)
            inventory = Inventory(items)
            if inventory.root != first.root:
                raise Invalid(what="answer", problems="the inventory does not match its digest")
            return inventory
        count += _take(items, message, base)
    raise Invalid(what="answer", problems="it ends too early")


def _take(items: dict[bytes, Item], message: Message | bytes, base: Mapping[bytes, Item]) -> int:
    if isinstance(message, Rows):
        for row in message.rows:
            if items.get(row.name) is not base.get(row.name):
                raise Invalid(what="answer", problems="it names one item twice")
            items[row.name] = item_of(row)
        if len(items) > MAX_ITEMS:
            raise Invalid(what="answer", problems=f"it names more than {MAX_ITEMS} items")
        return len(message.rows)
    if isinstance(message, Gone):
        for name in message.names:
            if items.pop(name, None) is None:
                raise Invalid(what="answer", problems="it removes what is not there")
        return len(message.names)
    raise Invalid(what="answer", problems=f"{type(message).__name__} was not to be expected")
