"""One collected table on this host: how it is cut, what is in a chunk, and how records get in and out of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pbxsync_worker.core import wire
from pbxsync_worker.core.model.dataset import TableSet
from pbxsync_worker.core.model.errors import Unsupported
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.collected.chunks import BLOCK, SLOT, Chunk, block_of, slot_of
from pbxsync_worker.datasets.collected.records import Values, hash_of
from pbxsync_worker.datasets.mysql.link import Link, Value
from pbxsync_worker.datasets.mysql.schema import Table, read_tables
from pbxsync_worker.datasets.mysql.selected import Selected, select
from pbxsync_worker.datasets.mysql.values import Column, quoted

_TIMES = frozenset({"datetime", "timestamp"})
_NUMBERS = frozenset({"int", "bigint", "mediumint"})
_AT_ONCE = 100
_INSERT_BYTES = 256 * 1024

_LEADING = (
    b"SELECT COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s"
    b" AND SEQ_IN_INDEX = 1"
)


@dataclass(frozen=True)
class Cut:
    """What of a table travels, and the column that cuts it; leading: the columns that an index begins with."""

    selected: Selected
    by: Column
    leading: frozenset[str]

    @property
    def table(self) -> Table:
        """Return the table as this host has it."""
        return self.selected.table

    @property
    def spec(self) -> TableSet:
        """Return what the dataset says of it."""
        return self.selected.spec

    @property
    def timed(self) -> bool:
        """Tell whether a time cuts it."""
        return self.by.kind in _TIMES

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of what is read, sorted."""
        return self.selected.names

    @cached_property
    def _name(self) -> bytes:
        return self.table.quoted + b"." + quoted(self.by.name)

    def _groups(self, *, slots: bool) -> bytes:
        if self.timed:
            return b"SUBSTR(" + self._name + (b", 1, 15)" if slots else b", 1, 10)")
        return self._name + b" DIV %d" % (SLOT if slots else BLOCK)

    def _from(self, condition: bytes) -> bytes:
        return self.selected.source + b" WHERE " + condition + b" AND " + self.selected.chosen[0]

    def newest(self, link: Link) -> int:
        """Return the highest number, -1 where there is no record."""
        ((value,),) = link.all(b"SELECT MAX(" + self._name + b")" + self.selected.source)
        return -1 if value is None else int(value)

    def blocks(self, link: Link) -> Iterator[tuple[Chunk, int]]:
        """Give every block with the number of its records; served by the index, no record is read."""
        query = b"SELECT " + self._groups(slots=False) + b" AS g, COUNT(*)"
        query += self._from(self._name + b" IS NOT NULL") + b" GROUP BY g"
        for group, count in link.all(query, self.selected.chosen[1]):
            yield block_of(group or b"", timed=self.timed), int(count or 0)

    def slots(self, link: Link, low: bytes) -> Iterator[tuple[Chunk, bytes]]:
        """Give every slot from a value on, with evidence that changes whenever any of its records does.

        It is the number of records and the sums of both halves of their SHA-256; b"" where the server cannot tell.
        """
        parts = [b"IFNULL(CONCAT(LENGTH(" + one + b"), ':', " + one + b"), '-')" for one in self.selected.stored]
        digest = b"SHA2(CONCAT(" + b", ".join(parts) + b"), 256)"
        halves = [b"SUM(CAST(CONV(SUBSTR(h, %d, 16), 16, 10) AS UNSIGNED))" % start for start in (1, 17)]
        query = b"SELECT g, COUNT(*), COUNT(h), " + b", ".join(halves)
        query += b" FROM (SELECT " + self._groups(slots=True) + b" AS g, " + digest + b" AS h"
        query += self._from(self._name + b" >= %s") + b") AS every GROUP BY g"
        for group, count, digested, *sums in link.all(query, [self.by.bound(low), *self.selected.chosen[1]]):
            whole = wire.pack((self.columns, count, *sums)) if count == digested else b""
            yield slot_of(group or b"", timed=self.timed), whole

    def read(self, link: Link, piece: Chunk) -> list[Values]:
        """Return the records of a chunk, in the order in which they travel."""
        query = b"SELECT " + self.selected.fields + self._from(self._name + b" BETWEEN %s AND %s")
        bounds = [self.by.bound(piece.low), self.by.bound(piece.high)]
        found = [self._values(row) for row in link.rows(query, [*bounds, *self.selected.chosen[1]])]
        at = self.columns.index(self.by.name)
        return sorted(found, key=lambda one: (len(one[at] or b"") * (not self.timed), one[at] or b"", wire.pack(one)))

    def _values(self, row: Sequence[bytes | None]) -> Values:
        return tuple(column.from_stored(value) for column, value in zip(self.selected.columns, row, strict=True))

    @cached_property
    def _finders(self) -> tuple[int, ...]:
        """Return the places of the columns by which a record is looked for: those with an index, the server chooses."""
        found = tuple(at for at, name in enumerate(self.columns) if name in self.leading)
        return found or tuple(range(len(self.columns)))

    def _finds(self, values: Values) -> tuple[bytes, tuple[Value, ...]]:
        columns = [(self.selected.columns[at], values[at]) for at in self._finders]
        condition = b" AND ".join(column.finds(self.table.quoted, value) for column, value in columns)
        return condition, tuple(column.bound(value) for column, value in columns if value is not None)

    def _near(self, records: Sequence[Values]) -> Iterator[tuple[bytes, tuple[Value, ...]]]:
        """Give conditions that find every row like one of the records, and perhaps others."""
        if self.timed and self.by.name in self.leading:
            times = [one[self.columns.index(self.by.name)] for one in records]
            known = [one for one in times if one is not None]
            yield self._name + b" BETWEEN %s AND %s", (self.by.bound(min(known)), self.by.bound(max(known)))
            return
        ways = list(dict.fromkeys(map(self._finds, records)))
        for start in range(0, len(ways), _AT_ONCE):
            some = ways[start : start + _AT_ONCE]
            condition = b" OR ".join(b"(" + way + b")" for way, _ in some)
            yield condition, tuple(value for _, bound in some for value in bound)

    def count(self, link: Link, records: Sequence[Values]) -> Counter[bytes]:
        """Return how many rows there are like each of some records, by the digest of what travels."""
        found: Counter[bytes] = Counter()
        wanted = {digest(one) for one in records}
        for condition, bound in self._near(records) if records else ():
            query = b"SELECT " + self.selected.fields + self.selected.source + b" WHERE " + condition
            for row in link.rows(query, bound):
                one = digest(self._values(row))
                if one in wanted:
                    found[one] += 1
        return found

    def insert(self, link: Link, records: Sequence[Values]) -> None:
        """Insert records."""
        columns = self.selected.columns
        one_row = b"(" + b", ".join(one.write for one in columns) + b")"
        head = b"INSERT INTO " + self.table.quoted + b" (" + b", ".join(quoted(one.name) for one in columns)
        for some in _batches(records):
            values = [column.bound(value) for one in some for column, value in zip(columns, one, strict=True)]
            link.run(head + b") VALUES " + b", ".join([one_row] * len(some)), values)

    def delete(self, link: Link, record: Values, most: int) -> int:
        """Delete at most so many rows that are like a record, the newest first; return how many."""
        condition, bound = self._finds(record)
        values = list(bound)
        for column, value in zip(self.selected.columns, record, strict=True):
            condition += b" AND " + column.stored(self.table.quoted) + b" <=> %s"
            values.append(None if value is None else column.to_stored(value))
        number = next((one for one in self.table.columns if one.auto_increment), None)
        newest = b"" if number is None else b" ORDER BY " + quoted(number.name) + b" DESC"
        return link.run(
            b"DELETE FROM " + self.table.quoted + b" WHERE " + condition + newest + b" LIMIT %d" % most, values
        )

    @cached_property
    def _rooms(self) -> tuple[int, ...]:
        return tuple((one.letters or 0) if one.kind == "varchar" else -1 for one in self.selected.columns)

    def problem(self, values: Values) -> str:
        """Return why this host's table cannot hold a record, "" where it can."""
        for column, room, value in zip(self.selected.columns, self._rooms, values, strict=True):
            # Most values are short and plain: looked at once, not letter by letter.
            if value is not None and len(value) <= room and value.isascii():
                continue
            if why := column.problem(value):
                return f"column {column.name}: {why}"
        return ""


def digest(values: Values) -> bytes:
    """Return what a record is known by among those with the same columns."""
    return hash_of(wire.pack(values))


def cut(link: Link, database: str, spec: TableSet, columns: Sequence[str] = (), *, numbered: bool) -> Cut | None:
    """Return a table as this host has it, None where it has none and that is fine; raise Unsupported.

    columns: the only ones that are wanted, () for all that travel; numbered: with the number that cuts the table,
    which belongs to one host: it is read at the source and never written.
    """
    table = read_tables(link, database, [spec.table]).get(spec.table)
    if table is None:
        if spec.optional:
            return None
        raise Unsupported(
            what=say("Table {table}", table=spec.table),
            reason=say("the database {database} has none of this name", database=database),
        )
    by = table.column(spec.by)
    counts = by is not None and by.kind in _NUMBERS and by.auto_increment
    if by is None or not (counts or by.kind in _TIMES):
        reason = f"its column {spec.by} is neither a time nor a number that counts up by itself"
        raise Unsupported(what=say("Table {table}", table=spec.table), reason=reason)
    drop = {*spec.drop, spec.by} if counts and not numbered else set(spec.drop) - {spec.by}
    taken = replace(spec, drop=tuple(sorted(drop)))
    leading = frozenset(
        (row[0] or b"").decode() for row in link.all(_LEADING, [database.encode(), spec.table.encode()])
    )
    return Cut(select([taken], table, None, columns), by, leading)


def _batches(records: Sequence[Values]) -> Iterator[list[Values]]:
    batch: list[Values] = []
    size = 0
    for one in records:
        weight = sum(len(value or b"") + 4 for value in one)
        if batch and (len(batch) == _AT_ONCE or size + weight > _INSERT_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += weight
    if batch:
        yield batch
