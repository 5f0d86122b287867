"""From chunks that came to records that are missing here.

A record is known by its key within its origin: one that changed at its origin after it came is not a new one. One
that the table has already, exactly as it comes, is not added either, wherever it is from: so a host that was cloned, or
whose ledger was lost, gets nothing twice.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from pbxsync_worker.core import wire
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import TableSet
from pbxsync_worker.core.model.errors import NotAllowed, PeerLied, TargetChanged, Unsupported
from pbxsync_worker.core.model.item import Item, show_name
from pbxsync_worker.core.model.ports import Content
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.collected.chunks import Chunk, split
from pbxsync_worker.datasets.collected.ledger import Ledger, Taken
from pbxsync_worker.datasets.collected.records import Arrived, Values, hash_of, rows_of
from pbxsync_worker.datasets.collected.staging import Batch, Coming, Part, Piece
from pbxsync_worker.datasets.collected.table import Cut, cut, digest
from pbxsync_worker.datasets.collected.tally import Tally
from pbxsync_worker.datasets.mysql.link import Link

BATCH = 500

Layout = tuple[str, ...]
Known = dict[bytes, Counter[tuple[bytes, Layout]]]


class Missing:
    """Which records of a chunk have not come before, told while they come; as many of a key as there are more now."""

    def __init__(self, columns: Layout, known: Known) -> None:
        self._columns = columns
        self._known = known
        self._had = Counter({key: several.total() for key, several in known.items()})
        self._left = {key: Counter(several) for key, several in known.items()}
        self._came: Counter[bytes] = Counter()
        self._waiting: dict[bytes, list[tuple[bytes, Values]]] = {}

    def take(self, key: bytes, values: Values) -> Iterator[tuple[bytes, bytes, Values]]:
        """Take one record and give those that are now known to be new."""
        row = digest(values)
        self._came[key] += 1
        left = self._left.get(key)
        if left is not None and left[row, self._columns] > 0:
            left[row, self._columns] -= 1
        else:
            self._waiting.setdefault(key, []).append((row, values))
        waiting = self._waiting.get(key, [])
        while waiting and self._came[key] > self._had[key]:
            self._had[key] += 1
            yield key, *waiting.pop(0)


class Stager:
    """Stages the chunks of one table."""

    def __init__(self, link: Link, database: str, spec: TableSet, ledger: Ledger) -> None:
        self._link = link
        self._database = database
        self._spec = spec
        self._ledger = ledger
        self._cuts: dict[Layout, Cut] = {}
        self._tally = Tally()

    def close(self) -> None:
        """Let the counts go."""
        self._tally.close()

    def parts(self, changes: Sequence[Change], content: Callable[[Change], Content]) -> Iterator[Part]:
        """Give what is to be written down for the changes, as their contents come.

        Raise NotAllowed for a removal, TargetChanged where a chunk was taken since the plan, PeerLied for what no
        honest host sends, Unsupported for a record that this host's table cannot hold.
        """
        for change in changes:
            if change.after is None:
                raise NotAllowed(
                    reason=say("{name}: records are collected, never removed", name=show_name(change.name))
                )
            _, origin, piece = split(change.name)
            last = self._ledger.last(self._spec.base, origin, piece.name)
            if last is not None and last.size and change.before is not None and last.content != change.before.content:
                raise TargetChanged(name=change.after.text)
            yield from self._chunk(change.after, origin, piece, last, content(change))

    def _chunk(self, item: Item, origin: str, piece: Chunk, last: Taken | None, content: Content) -> Iterator[Part]:
        arrived = Arrived(item, content)
        table = self._cut(arrived.columns, piece)
        taken = Taken(origin, piece.name, piece.block, item.size, item.content, rows_of(item))
        yield Piece(taken, last, table.columns)
        reader = _Reader(table, piece, arrived.columns, item)
        missing = Missing(table.columns, self._ledger.known(self._spec.base, origin, piece.block))
        if table.timed:
            self._tally.clear()  # a record has its time, so that no other chunk has one like it
        batch: list[tuple[bytes, bytes, Values]] = []
        for _, values in arrived:
            batch += missing.take(*reader.read(values))
            if len(batch) >= BATCH:
                yield self._batch(table, origin, batch)
                batch = []
        if batch:
            yield self._batch(table, origin, batch)

    def _batch(self, table: Cut, origin: str, batch: Sequence[tuple[bytes, bytes, Values]]) -> Batch:
        """Look which records are in the table already, beyond those that came from there before."""
        now = table.count(self._link, [values for _, _, values in batch])
        rows = [row for _, row, _ in batch]
        came = self._ledger.seen(self._spec.base, origin, table.columns, rows) if now else Counter[bytes]()
        records: list[Coming] = []
        for key, row, values in batch:
            if now[row] - came[row] > self._tally.here(row):
                self._tally.is_here(row)
                records.append(Coming(key, row, None))
            else:
                records.append(Coming(key, row, values, now[row], self._tally.is_new(row)))
        return Batch(tuple(records))

    def _cut(self, theirs: Layout, piece: Chunk) -> Cut:
        """Return the table with the columns that both hosts have."""
        if theirs not in self._cuts:
            whole = cut(self._link, self._database, self._spec, numbered=False)
            if whole is None:
                raise Unsupported(
                    what=say("Table {table}", table=self._spec.table), reason=say("this host has none of this name")
                )
            common = tuple(name for name in whole.columns if name in theirs)
            lacking = {self._spec.by, *(self._spec.key if piece.timed else ())} - set(theirs)
            if lacking or not common:
                reason = f"the source has no column {min(lacking) if lacking else 'in common'}"
                raise Unsupported(what=say("Table {table}", table=self._spec.table), reason=reason)
            found = cut(self._link, self._database, self._spec, common, numbered=False)
            if found is None or found.timed is not piece.timed:
                raise Unsupported(
                    what=say("Table {table}", table=self._spec.table),
                    reason=say("it is cut in another way at the source"),
                )
            self._cuts[theirs] = found
        return self._cuts[theirs]


class _Reader:
    """Reads records of one chunk: from the source's columns to this host's."""

    def __init__(self, table: Cut, piece: Chunk, theirs: Layout, item: Item) -> None:
        self._table = table
        self._piece = piece
        self._item = item
        self._by = theirs.index(table.by.name)
        self._own = [theirs.index(name) for name in table.columns]
        # A number that counts up names its record; with a time it takes the whole key, and without one the record.
        names = table.spec.key if table.timed else (table.by.name,)
        self._key = [self._by, *(theirs.index(name) for name in names or table.columns)]

    def read(self, values: Values) -> tuple[bytes, Values]:
        """Return the digest of a record's key, and its values here; raise PeerLied, Unsupported."""
        if not self._piece.holds(values[self._by]):
            raise PeerLied(host="", reason=f"{self._item.text} holds a record that does not belong to it")
        own = tuple(values[at] for at in self._own)
        why = self._table.problem(own)
        if why:
            raise Unsupported(what=say("Writing a record of {table}", table=self._table.spec.table), reason=why)
        return hash_of(wire.pack(tuple(values[at] for at in self._key))), own
