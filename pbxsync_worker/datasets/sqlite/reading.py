"""Rows as contents: all of a table for an inventory, or those of some keys."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.datasets.groups import Contents
from pbxsync_worker.datasets.sqlite.link import Link, statement
from pbxsync_worker.datasets.sqlite.schema import Table, quoted
from pbxsync_worker.datasets.sqlite.values import (
    Key,
    bound,
    decode_key,
    encode_row,
    numbered,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is: its content, and its hidden row number, None where it has none."""

    content: bytes
    rowid: int | None


Rows = tuple[Row, ...]


def contents(rows: Rows) -> Contents:
    """Return what rows hold."""
    return tuple(one.content for one in rows)


def scan(link: Link, table: Table, base: bytes) -> Iterator[Item]:
    """Give the items of all rows of a table; base: what their names begin with."""
    versions: dict[bytes, list[tuple[bytes, int]]] = {}
    for row in link.rows(statement("SELECT", table.fields, "FROM", table.quoted)):
        fields = table.fields_of(row)
        content = encode_row(fields)
        versions.setdefault(table.key_part(fields), []).append((digest_of(content), len(content)))
    for part, several in versions.items():
        for position, (digest, size) in enumerate(sorted(several) if len(several) > 1 else several):
            yield Item(base + numbered(part, position), ItemKind.ROW, size, digest)


def read_key(link: Link, table: Table, part: bytes) -> Rows:
    """Return the rows of one key, sorted by digest; raise PeerLied for a key that no row of this table can have."""
    key = decode_key(part, len(table.keys))
    condition, values = ("TRUE", []) if key is None else finds(table, key)
    found = []
    for row in link.all(statement("SELECT", table.fields, "FROM", table.quoted, "WHERE", condition), values):
        fields = table.fields_of(row)
        # A collation, or a hashed key, may find others too.
        if table.key_part(fields) == part:
            found.append(Row(encode_row(fields), row[-1]))
    return tuple(sorted(found, key=lambda one: digest_of(one.content)) if len(found) > 1 else found)


def finds(table: Table, key: Key) -> tuple[str, Sequence[object]]:
    """Return a condition that finds the rows of a key, and perhaps others, and its bound values."""
    conditions: list[str] = []
    values: list[object] = []
    for name, value in zip(table.keys, key, strict=True):
        if value[0] == "n":
            conditions.append(f"{quoted(name)} IS NULL")
        else:
            conditions.append(f"{quoted(name)} = {bound(value)}")
            values.append(table.bound(value))
    return " AND ".join(conditions), values
