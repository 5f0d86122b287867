"""A table of a dataset as this host has it: what is read of it and how, or why that is not possible."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import attrgetter

from pbxsync_worker.core import wire
from pbxsync_worker.core.model.dataset import Condition, DeletePolicy, Match, TableSet
from pbxsync_worker.core.model.errors import Unsupported
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.sentence import join, say
from pbxsync_worker.datasets.mysql.link import Row, Value
from pbxsync_worker.datasets.mysql.names import Fields, Key, encode_key
from pbxsync_worker.datasets.mysql.schema import Table
from pbxsync_worker.datasets.mysql.values import Column, quoted

_COMPARE = {Match.IN: b" IN (", Match.NOT_IN: b" NOT IN (", Match.LIKE: b" LIKE ", Match.NOT_LIKE: b" NOT LIKE "}
STORE = "kvstore:"
_BLOB_FIELDS = ("@content", "@type")


@dataclass(frozen=True)
class Selected:
    """Rows of one table.

    spec: what the dataset says, but for its conditions; choices: one group of conditions is enough, within a group all
    hold; columns: what travels, sorted by name; blobs: the table of long values, None without one.
    """

    spec: TableSet
    choices: tuple[tuple[Condition, ...], ...]
    table: Table
    columns: tuple[Column, ...]
    blobs: Table | None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the fields of a content, in their order."""
        return (*(_BLOB_FIELDS if self.blobs else ()), *(one.name for one in self.columns))

    @cached_property
    def key_columns(self) -> tuple[Column, ...]:
        """Return the columns that name a row: those of the dataset, or all where it names none."""
        by_name = {one.name: one for one in self.columns}
        return tuple(by_name[name] for name in self.spec.key) if self.spec.key else self.columns

    @cached_property
    def _key_places(self) -> tuple[int, ...]:
        return tuple(self.names.index(one.name) for one in self.key_columns)

    @cached_property
    def source(self) -> bytes:
        """Return the FROM part of every query."""
        source = b" FROM " + self.table.quoted
        if self.blobs is None:
            return source
        value, uuid = self.table.column("val"), self.blobs.column("uuid")
        # Different collations cannot be compared as texts, the same ones can use the index.
        same = value is not None and uuid is not None and value.collation == uuid.collation
        name = self.table.quoted + b".`val`"
        wanted = name if same else b"CAST(" + name + b" AS BINARY)"
        joined = b" LEFT JOIN " + self.blobs.quoted + b" AS b ON " + self.table.quoted + b".`type` = 'blob'"
        return source + joined + b" AND b.`uuid` = " + wanted

    @cached_property
    def fields(self) -> bytes:
        """Return the expressions of a row, in the order of `names`."""
        blobs = [b"b.`content`", b"b.`type`"] if self.blobs else []
        return b", ".join([*blobs, *(one.read(self.table.quoted) for one in self.columns)])

    @cached_property
    def stored(self) -> tuple[bytes, ...]:
        """Return the expressions for the bytes of a row, to be digested by the server."""
        return tuple(one.stored(self.table.quoted) for one in self.columns)

    def part(self, parts: int) -> bytes:
        """Return the expression for the number of the part, of so many, that a row belongs to by its key."""
        keys = (b"IFNULL(" + one.stored(self.table.quoted) + b", '')" for one in self.key_columns)
        return b"IFNULL(CRC32(CONCAT(" + b", ".join(keys) + b")), 0) MOD %d" % parts

    @cached_property
    def chosen(self) -> tuple[bytes, tuple[Value, ...]]:
        """Return the condition that the dataset sets, which is never NULL, and its bound values."""
        if not all(self.choices):
            return b"TRUE", ()
        groups = [b" AND ".join(_condition(self.table, one) for one in group) for group in self.choices]
        values = [value.encode() for group in self.choices for one in group for value in one.values]
        return b"(" + b" OR ".join(groups) + b")", tuple(values)

    @cached_property
    def digest(self) -> bytes:
        """Return what changes whenever the same rows would be read otherwise."""
        return digest_of(wire.pack((self.spec, self.choices, self.columns, self.blobs is not None)))

    def fields_of(self, row: Row) -> Fields:
        """Return the fields of a row that was read by `fields`."""
        skip = len(self.names) - len(self.columns)
        values = [column.from_stored(value) for column, value in zip(self.columns, row[skip:], strict=True)]
        return tuple(zip(self.names, [*row[:skip], *values], strict=True))

    def key_of(self, fields: Fields) -> Key:
        """Return the key of a row with all fields."""
        return tuple(fields[place][1] for place in self._key_places)

    def key_part(self, fields: Fields) -> bytes:
        """Return the part of its name that tells the key of a row."""
        return encode_key(self.key_of(fields))

    def finds(self, key: Key) -> tuple[bytes, list[Value]]:
        """Return a condition that finds the rows of a key, and perhaps others, and its bound values."""
        pairs = list(zip(self.key_columns, key, strict=True))
        if any(value is not None and column.problem(value) for column, value in pairs):
            return b"FALSE", []  # what a column cannot hold is in no row
        condition = b" AND ".join(column.finds(self.table.quoted, value) for column, value in pairs)
        return b"(" + condition + b")", [column.bound(value) for column, value in pairs if value is not None]

    @property
    def rolls_back(self) -> bool:
        """Tell whether a transaction covers everything of it."""
        return self.table.rolls_back and (self.blobs is None or self.blobs.rolls_back)


def _condition(table: Table, condition: Condition) -> bytes:
    """Return a condition on a column; NULL meets NOT IN and NOT LIKE, as a person would expect, and no other."""
    column = table.column(condition.column)
    if column is None:
        raise Unsupported(
            what=say("Table {name}", name=table.name), reason=say("it has no column {column}", column=condition.column)
        )
    compare, single = _COMPARE[condition.match], condition.match in (Match.LIKE, Match.NOT_LIKE)
    if not condition.values or (single and len(condition.values) != 1):
        raise Unsupported(
            what=say("Table {name}", name=table.name),
            reason=say("a condition on {column} has no usable value", column=condition.column),
        )
    # The values are UTF-8; the introducer lets the column's own collation compare them.
    mark = b"_utf8mb4 %s" if column.charset else b"%s"
    values = mark if single else b", ".join([mark] * len(condition.values)) + b")"
    negative = b"TRUE" if condition.match in (Match.NOT_IN, Match.NOT_LIKE) else b"FALSE"
    return b"IFNULL(" + table.quoted + b"." + quoted(column.name) + compare + values + b", " + negative + b")"


def select(specs: Sequence[TableSet], table: Table, blobs: Table | None, common: Sequence[str] = ()) -> Selected:
    """Return what is read of a table; raise Unsupported, naming everything that stands in the way.

    specs: all that a dataset says of it; they may differ in their conditions and deletes only; common: the only
    columns that two hosts both have, () for all.
    """
    plain = {replace(one, rows=(), delete=DeletePolicy.MIRROR) for one in specs}
    spec = replace(specs[0], rows=(), delete=DeletePolicy.MIRROR)
    if len(plain) > 1:
        raise Unsupported(
            what=say("Table {table}", table=spec.table), reason=say("the dataset selects it twice, in different ways")
        )
    wanted = _wanted(spec, table, common)
    columns = [one for one in table.columns if one.name in wanted]
    problems = [table.unsupported, *(one.unsupported for one in columns)]
    problems += [say("it has no column {column}", column=name) for name in wanted if table.column(name) is None]
    problems += [say("key column {column} is dropped", column=name) for name in spec.key if name in spec.drop]
    if any(problems):
        raise Unsupported(what=say("Table {table}", table=spec.table), reason=join([one for one in problems if one]))
    is_store = spec.table.startswith((STORE, "kvstore_")) and {"val", "type"} <= {one.name for one in columns}
    choices = tuple(one.rows for one in specs)
    chosen = Selected(spec, choices, table, tuple(sorted(columns, key=attrgetter("name"))), blobs if is_store else None)
    _ = chosen.chosen  # refuses a condition that this table cannot have
    return chosen


def _wanted(spec: TableSet, table: Table, common: Sequence[str]) -> Sequence[str]:
    every = (*spec.key, *(spec.columns or (one.name for one in table.columns)))
    kept = (name for name in every if name not in spec.drop and (not common or name in common or name in spec.key))
    return tuple(dict.fromkeys(kept))
