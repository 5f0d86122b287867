"""What this host offers: the records it wrote itself, chunk by chunk, of which only changed ones are read again.

Blocks are read once. Of the newest ones the server gives evidence slot by slot, made from the records themselves; the
others are counted once a day, by the index, and read again where the number is another. What this host collected from
others is not among it: everybody gets records from who wrote them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from pbxsync_worker.core import wire
from pbxsync_worker.core.model.dataset import TableSet
from pbxsync_worker.core.model.errors import DatabaseRefused, SourceChanged
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.datasets.collected.chunks import BLOCK, OPEN_BLOCKS, OPEN_DAYS, Chunk, block_name, chunk, day_before
from pbxsync_worker.datasets.collected.index import STALE, Index, Seen, Version
from pbxsync_worker.datasets.collected.ledger import Ledger
from pbxsync_worker.datasets.collected.records import HASH, Values, content_of, described, hash_of, item_of, rows_of
from pbxsync_worker.datasets.collected.table import Cut, cut, digest
from pbxsync_worker.datasets.mysql.link import Link

COUNT_AGAIN = 86_400.0
"""Seconds after which all blocks are counted again."""

_VERSIONS = 16
_SAVE = 20


@dataclass
class Look:
    """One look at a table: what is to be read, what stays as it was read before, and what is no more."""

    first_open: int
    due: dict[str, Seen] = field(default_factory=dict)
    stays: dict[str, Seen] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    counted_at: float | None = None


class Offer:
    """The source's side of the collected tables of one host."""

    def __init__(self, index: Index, ledger: Ledger, clock: Clock) -> None:
        self._index = index
        self._ledger = ledger
        self._clock = clock
        self._last: dict[tuple[TableSet, tuple[str, ...]], Cut] = {}

    def items(self, link: Link, database: str, spec: TableSet, me: str) -> Iterator[Item]:
        """Give the chunks of a table; me: the identity of this host."""
        table = cut(link, database, spec, numbered=True)
        if table is None:
            return
        self._last[spec, table.columns] = table
        look = self._look(link, table, spec)
        seen = dict(look.stays)
        unsaved: dict[str, Seen] = {}
        for name in sorted(look.due):
            unsaved[name] = self._read(link, table, spec, chunk(name), look.due[name])
            if len(unsaved) == _SAVE:
                seen |= unsaved
                self._index.save(spec, unsaved, ())
                unsaved = {}
        seen |= unsaved
        if unsaved or look.gone or look.counted_at is not None:
            self._index.save(spec, unsaved, look.gone, look.counted_at)
        for name, one in seen.items():
            if one.versions:
                newest = one.versions[-1]
                yield item_of(_name(spec, me, name), newest.size, newest.content, newest.rows)

    def _look(self, link: Link, table: Cut, spec: TableSet) -> Look:
        at, known = self._index.load(spec)
        now = self._clock.now()
        newest = now if table.timed else table.newest(link)
        first = day_before(newest, OPEN_DAYS) if table.timed else max(0, int(newest) // BLOCK - (OPEN_BLOCKS - 1))
        look = Look(first)
        places = {name: chunk(name) for name in known}
        closed = {name: one for name, one in places.items() if one.block < first}
        if not at <= now < at + COUNT_AGAIN:
            look.counted_at = now
            _count(look, table.blocks(link), known)
        else:
            _keep(look, closed, known)
        self._slots(link, table, look, known)
        look.gone = {name for name in known if name not in look.stays and name not in look.due}
        return look

    def _slots(self, link: Link, table: Cut, look: Look, known: Mapping[str, Seen]) -> None:
        low = chunk(block_name(look.first_open, timed=table.timed)).low
        for piece, evidence in table.slots(link, low):
            before = known.get(piece.name, Seen(b"", 0, (), b"", ()))
            if evidence and before.evidence == evidence:
                look.stays[piece.name] = before
            else:
                look.due[piece.name] = replace(before, evidence=evidence)

    def _read(self, link: Link, table: Cut, spec: TableSet, piece: Chunk, before: Seen) -> Seen:
        rows = table.read(link, piece)
        own = self._own(spec, table.columns, rows)
        if piece.whole:
            item = described(b"", table.columns, map(wire.pack, own))
            only = Version(len(own), item.size, item.content, rows_of(item))
            return Seen(b"", len(rows), table.columns, b"", (only,) if own else ())
        held, versions = before.held, before.versions
        new = Counter(digest(one) for one in own)
        new.subtract(_split(held))
        if before.columns != table.columns or any(count < 0 for count in new.values()):
            held, versions, new = b"", (), Counter(digest(one) for one in own)
        held += b"".join(new.elements())
        if own:
            item = described(b"", table.columns, map(wire.pack, own))
            versions = tuple(one for one in versions if one.content != item.content)
            versions = (*versions, Version(len(held) // HASH, item.size, item.content, rows_of(item)))[-_VERSIONS:]
        return Seen(before.evidence, len(rows), table.columns, held, versions)

    def _own(self, spec: TableSet, columns: Sequence[str], rows: Sequence[Values]) -> list[Values]:
        """Return the records that this host did not collect."""
        own = list(rows)
        for layout in self._ledger.layouts(spec.base):
            if own and set(layout) <= set(columns):
                places = [columns.index(name) for name in layout]
                digests = [digest(tuple(one[at] for at in places)) for one in own]
                added = self._ledger.added(spec.base, layout, digests)
                own = list(_without(zip(own, digests, strict=True), added))
        return own

    def open(self, link: Link, database: str, piece: Chunk, item: Item, base: bytes) -> Iterator[bytes]:
        """Give the content of a chunk as it was offered; raise SourceChanged where its records are others by now."""
        for spec, seen in self._index.ways(base, piece.name):
            for version in seen.versions:
                if (version.size, version.content) == (item.size, item.content):
                    found = self._found(link, database, spec, piece, seen, version)
                    if found is not None:
                        return content_of(seen.columns, found)
                    if piece.whole:
                        self._index.save(spec, {piece.name: replace(seen, evidence=STALE)}, ())
        raise SourceChanged(name=item.text)

    def _found(
        self, link: Link, database: str, spec: TableSet, piece: Chunk, seen: Seen, version: Version
    ) -> list[bytes] | None:
        """Read a chunk by what the table was when it was offered; where that is no more so, by what it is now."""
        last = self._last.get((spec, seen.columns))
        with suppress(DatabaseRefused):  # such as for a column that is gone
            if last is not None and (found := self._version(link, last, spec, piece, seen, version)) is not None:
                return found
        table = cut(link, database, spec, seen.columns, numbered=True)
        return None if table is None else self._version(link, table, spec, piece, seen, version)

    def _version(
        self, link: Link, table: Cut, spec: TableSet, piece: Chunk, seen: Seen, version: Version
    ) -> list[bytes] | None:
        own = [wire.pack(one) for one in self._own(spec, table.columns, table.read(link, piece))]
        if not piece.whole:
            wanted = Counter(_split(seen.held[: version.held * HASH]))
            own = list(_within(own, wanted))
        item = described(b"", table.columns, own)
        return own if (item.size, item.content) == (version.size, version.content) else None


def _count(look: Look, counts: Iterable[tuple[Chunk, int]], known: Mapping[str, Seen]) -> None:
    """Look at every closed block by the number of its records."""
    for piece, count in counts:
        if piece.block >= look.first_open:
            continue
        seen = known.get(piece.name)
        if seen is not None and seen.in_table == count and seen.evidence != STALE:
            look.stays[piece.name] = seen
        else:
            look.due[piece.name] = Seen(b"", 0, (), b"", ())


def _keep(look: Look, closed: Mapping[str, Chunk], known: Mapping[str, Seen]) -> None:
    """Keep the closed blocks that were read; read those of which slots were known until now."""
    for name, piece in closed.items():
        if piece.whole and known[name].evidence != STALE:
            look.stays[name] = known[name]
    for piece in closed.values():
        name = block_name(piece.block, timed=piece.timed)
        if name not in look.stays:
            look.due[name] = Seen(b"", 0, (), b"", ())


def _name(spec: TableSet, me: str, name: str) -> bytes:
    return spec.base + f"{me}/{name}".encode()


def _split(held: bytes) -> list[bytes]:
    return [held[at : at + HASH] for at in range(0, len(held), HASH)]


def _without(pairs: Iterable[tuple[Values, bytes]], added: Counter[bytes]) -> Iterator[Values]:
    for one, its in pairs:
        if added[its] > 0:
            added[its] -= 1
        else:
            yield one


def _within(own: Iterable[bytes], wanted: Counter[bytes]) -> Iterator[bytes]:
    for one in own:
        its = hash_of(one)
        if wanted[its] > 0:
            wanted[its] -= 1
            yield one
