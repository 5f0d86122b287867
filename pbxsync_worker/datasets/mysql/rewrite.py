"""Rewrite rows: look that all are as expected, write the difference, look that all are as meant.

Every UPDATE and DELETE names the whole row that it replaces, bit by bit; a row that is another by now is not found and
the rewrite raises TargetChanged. Deletes come first, inserts last, so that a unique value can move between rows.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from pbxsync_worker.core.model.errors import DatabaseRefused, TargetChanged, Unsupported
from pbxsync_worker.core.model.item import show_name
from pbxsync_worker.core.model.sentence import join, say
from pbxsync_worker.datasets.groups import Contents, Group
from pbxsync_worker.datasets.mysql.link import DUPLICATE, Link, Value
from pbxsync_worker.datasets.mysql.names import Fields, decode_row
from pbxsync_worker.datasets.mysql.reading import KEYS_AT_ONCE, read_keys
from pbxsync_worker.datasets.mysql.selected import Selected, select
from pbxsync_worker.datasets.mysql.values import quoted

_INSERT_BYTES = 256 * 1024
_INSERT_ROWS = 1000
_TIMES = frozenset({"timestamp", "datetime"})

Pair = tuple[Fields, Fields]


@dataclass(frozen=True)
class Difference:
    """What turns the rows of some keys into others: rows that go, rows that become another, rows that come."""

    gone: list[Fields] = field(default_factory=list)
    changed: list[Pair] = field(default_factory=list)
    new: list[Fields] = field(default_factory=list)

    @classmethod
    def of(cls, groups: Sequence[Group]) -> "Difference":
        """Return the difference of all groups; equal rows of a key are interchangeable."""
        whole = cls()
        for group in groups:
            gone = [decode_row(one) for one in (Counter(group.before) - Counter(group.after)).elements()]
            new = [decode_row(one) for one in (Counter(group.after) - Counter(group.before)).elements()]
            both = min(len(gone), len(new))
            whole.changed.extend(zip(gone, new, strict=False))
            whole.gone.extend(gone[both:])
            whole.new.extend(new[both:])
        return whole


class Rewrite:
    """Changes rows of one table through one connection; the caller holds the transaction or the table's lock."""

    def __init__(self, link: Link, selected: Selected) -> None:
        self._link = link
        self._selected = selected
        self._table = selected.table.quoted

    def now(self, groups: Sequence[Group]) -> Iterator[tuple[Group, Contents]]:
        """Give every group with its rows as they are, locked."""
        for start in range(0, len(groups), KEYS_AT_ONCE):
            some = groups[start : start + KEYS_AT_ONCE]
            found, _ = read_keys(self._link, self._selected, [one.part for one in some], lock=True)
            yield from ((one, found[one.part]) for one in some)

    def expect(self, groups: Sequence[Group], rows: Callable[[Group], Contents]) -> None:
        """Lock the rows; raise TargetChanged where they are others than expected."""
        for group, found in self.now(groups):
            if found != rows(group):
                raise TargetChanged(name=self.name(group))

    def name(self, group: Group) -> str:
        """Return the name of a group for people."""
        return show_name(self._selected.spec.base + group.part)

    def write(self, groups: Sequence[Group]) -> None:
        """Write the difference; raise TargetChanged where a row is not the expected one, or a new key is taken."""
        whole = Difference.of(groups)
        for row in whole.gone:
            self._delete(row)
        self._update_all(whole.changed)
        self._insert_all(whole.new)

    def _where(self, row: Fields) -> tuple[bytes, list[Value]]:
        """Return the condition that finds exactly this row, served by an index where the key has one."""
        condition, values = self._selected.finds(self._selected.key_of(row))
        values_of = dict(row)
        for column in self._selected.columns:
            value = values_of[column.name]
            condition += b" AND " + column.stored(self._table) + b" <=> %s"
            values.append(None if value is None else column.to_stored(value))
        return condition, values

    def _delete(self, row: Fields) -> None:
        condition, values = self._where(row)
        self._one(b"DELETE FROM " + self._table + b" WHERE " + condition + b" LIMIT 1", values)
        self._blob(row, ())

    def _one(self, sql: bytes, values: Sequence[Value]) -> None:
        if self._link.run(sql, values) != 1:
            raise TargetChanged(name=f"A row of {self._selected.spec.table}")

    def _update_all(self, pairs: Sequence[Pair]) -> None:
        """Update row by row; one that needs a unique value that another row still has waits for that one."""
        waiting = list(pairs)
        while waiting:
            stuck = [pair for pair in waiting if not self._updated(*pair)]
            if len(stuck) == len(waiting):
                self._exchange(stuck)
                return
            waiting = stuck

    def _updated(self, before: Fields, after: Fields) -> bool:
        old, new = dict(before), dict(after)
        columns = [one for one in self._selected.columns if one.name in new]
        # A time that follows every update by itself must be told to stay.
        columns = [one for one in columns if new[one.name] != old.get(one.name) or one.kind in _TIMES]
        if columns:
            settings = b", ".join(quoted(one.name) + b" = " + one.write for one in columns)
            condition, values = self._where(before)
            bound = [one.bound(new[one.name]) for one in columns]
            try:
                sql = b"UPDATE " + self._table + b" SET " + settings + b" WHERE " + condition + b" LIMIT 1"
                self._one(sql, [*bound, *values])
            except DatabaseRefused as error:
                if error.fields["number"] != DUPLICATE:
                    raise
                return False
        self._blob(before, after)
        return True

    def _exchange(self, pairs: Sequence[Pair]) -> None:
        """Take rows that exchange unique values out together and put them back changed, with all their columns."""
        if len(pairs) == 1:
            raise TargetChanged(name=f"A row of {self._selected.spec.table}")
        spec = replace(self._selected.spec, columns=(), drop=())
        whole = Rewrite(self._link, select([spec], self._selected.table, self._selected.blobs))
        rows: list[Fields] = []
        for before, after in pairs:
            condition, values = self._where(before)
            query = b"SELECT " + whole._selected.fields + whole._selected.source + b" WHERE " + condition + b" LIMIT 1"
            found = self._link.all(query, values)
            if not found:
                raise TargetChanged(name=f"A row of {self._selected.spec.table}")
            rows.append(tuple((dict(whole._selected.fields_of(found[0])) | dict(after)).items()))
            self._delete(before)
        whole._insert_all(rows)

    def _insert_all(self, rows: Sequence[Fields]) -> None:
        """Insert many rows with few statements; rows with the same columns share one."""
        by_columns: dict[tuple[str, ...], list[Fields]] = {}
        for row in rows:
            by_columns.setdefault(tuple(name for name, _ in row), []).append(row)
        for names, alike in by_columns.items():
            for batch in _batches(alike):
                self._insert(names, batch)

    def _insert(self, names: Sequence[str], rows: Sequence[Fields]) -> None:
        columns = [one for one in self._selected.columns if one.name in names]
        one_row = b"(" + b", ".join(one.write for one in columns) + b")"
        sql = b"INSERT INTO " + self._table + b" (" + b", ".join(quoted(one.name) for one in columns) + b") VALUES "
        values: list[Value] = []
        for row in rows:
            given = dict(row)
            values += [one.bound(given[one.name]) for one in columns]
        self._new(sql + b", ".join([one_row] * len(rows)), values)
        for row in rows:
            self._blob((), row)

    def _blob(self, before: Fields, after: Fields) -> None:
        """Write the long value that belongs to a row of a key-value store."""
        blobs = self._selected.blobs
        if blobs is None:
            return
        old, new = _long_value(before), _long_value(after)
        if old == new:
            return
        if old is not None:
            self._link.run(b"DELETE FROM " + blobs.quoted + b" WHERE `uuid` = _ascii %s", [old[0]])
        if new is not None:
            sql = b"INSERT INTO " + blobs.quoted + b" (`uuid`, `type`, `content`) VALUES (%s, %s, %s)"
            self._new(sql, [new[0], new[1], new[2]])

    def _new(self, sql: bytes, values: Sequence[Value]) -> None:
        try:
            self._link.run(sql, values)
        except DatabaseRefused as error:
            if error.fields["number"] != DUPLICATE:
                raise
            raise TargetChanged(name=f"A row of {self._selected.spec.table}") from error


def _long_value(row: Fields) -> tuple[bytes, bytes | None, bytes | None] | None:
    """Return uuid, type and content of the long value of a row, None where it has none."""
    given = dict(row)
    uuid = given.get("val")
    if given.get("type") != b"blob" or not uuid or given.get("@content") is None:
        return None
    return uuid, given.get("@type"), given["@content"]


def _batches(rows: Sequence[Fields]) -> Iterator[list[Fields]]:
    batch: list[Fields] = []
    size = 0
    for row in rows:
        weight = sum(len(value or b"") for _, value in row)
        if batch and (len(batch) == _INSERT_ROWS or size + weight > _INSERT_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += weight
    if batch:
        yield batch


def fits(selected: Selected, content: bytes) -> Fields:
    """Return the fields of a content that this table can hold; raise Unsupported, naming all that it cannot."""
    fields = decode_row(content)
    given = dict(fields)
    ours = {one.name: one for one in selected.columns}
    special = set(selected.names) - set(ours)
    problems = [
        say("there is no column {column} here", column=name)
        for name in given
        if name not in ours and name not in special
    ]
    for name, column in ours.items():
        if name not in given:
            problems.append(say("column {column} is missing on the source", column=name))
        elif column.problem(given[name]):
            problems.append(say("column {column}: {problem}", column=name, problem=column.problem(given[name])))
    if problems:
        raise Unsupported(what=say("Writing into table {table}", table=selected.spec.table), reason=join(problems))
    return fields
