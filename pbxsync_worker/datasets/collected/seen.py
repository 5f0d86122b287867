"""What a target lists: the chunks it took, as they were taken, and old slots as the block that they make up."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.datasets.collected.chunks import OPEN_BLOCKS, OPEN_DAYS, block_name, chunk, day_before
from pbxsync_worker.datasets.collected.ledger import Taken
from pbxsync_worker.datasets.collected.records import Sum, item_of


@dataclass
class _Block:
    whole: Taken | None = None
    slots: list[Taken] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Listed:
    """items: what is listed; made: blocks that can be put in the place of old slots; gone: those slots."""

    items: tuple[Item, ...]
    made: tuple[Taken, ...]
    gone: tuple[Taken, ...]


def listed(base: bytes, taken: Iterable[Taken], now: float) -> Listed:
    """Return what is listed of one table; now: seconds since 1970.

    A source offers a block as a whole a while after it ended, by its own clock. So the block is listed a day before
    that, and its slots a day longer.
    """
    blocks: dict[tuple[str, bool, int], _Block] = {}
    for one in taken:
        piece = chunk(one.chunk)
        block = blocks.setdefault((one.origin, piece.timed, piece.block), _Block())
        if piece.whole:
            block.whole = one
        else:
            block.slots.append(one)
    newest: dict[tuple[str, bool], int] = {}
    for origin, timed, position in blocks:
        newest[origin, timed] = max(newest.get((origin, timed), 0), position)
    items: list[Item] = []
    made: list[Taken] = []
    gone: list[Taken] = []
    for (origin, timed, position), block in sorted(blocks.items(), key=lambda pair: pair[0]):
        last = newest[origin, timed]
        whole_below = day_before(now, OPEN_DAYS - 1) if timed else last
        slots_below = day_before(now, OPEN_DAYS + 1) if timed else last - OPEN_BLOCKS
        whole = block.whole
        if whole is None and position < whole_below:
            whole = _whole(origin, block_name(position, timed=timed), block.slots)
        if position < slots_below:
            gone += block.slots
            made += [whole] if whole is not None and block.whole is None else []
        else:
            items += _items(base, block.slots)
        items += _items(base, [whole] if whole is not None else [])
    return Listed(tuple(items), tuple(made), tuple(gone))


def _whole(origin: str, name: str, slots: Iterable[Taken]) -> Taken:
    rows = Sum()
    for one in slots:
        rows.add(Sum.of(one.rows))
    return Taken(origin, name, chunk(name).block, 0, digest_of(rows.data), rows.data)


def _items(base: bytes, taken: Iterable[Taken]) -> Iterator[Item]:
    for one in taken:
        yield item_of(base + f"{one.origin}/{one.chunk}".encode(), one.size, one.content, one.rows)
