"""Rows as contents: all of a table for an inventory, or those of some keys."""

from collections.abc import Iterator, Sequence

from pbxsync_worker.core import wire
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.datasets.groups import Contents, sort_rows
from pbxsync_worker.datasets.mysql.link import Link, Value
from pbxsync_worker.datasets.mysql.names import decode_key, numbered
from pbxsync_worker.datasets.mysql.selected import Selected

KEYS_AT_ONCE = 100

Known = dict[bytes, tuple[int, bytes]]
"""Size and digest of every row of a table by the last part of its name."""


def scan(link: Link, selected: Selected) -> Known:
    """Read every row of a table; contents are digested one by one and not kept."""
    return scan_parts(link, selected, b"0", ()).get(0, {})


def scan_parts(link: Link, selected: Selected, part: bytes, only: Sequence[int]) -> dict[int, Known]:
    """Read the rows of a table by their parts; part: the expression for the number of it; only: these, () for all."""
    condition, values = selected.chosen
    query = b"SELECT " + selected.fields + b", " + part + selected.source + b" WHERE " + condition
    if only:
        query += b" AND " + part + b" IN (" + b", ".join(b"%d" % one for one in only) + b")"
    versions: dict[int, dict[bytes, list[tuple[bytes, int]]]] = {}
    for row in link.rows(query, values):
        fields = selected.fields_of(row[:-1])
        content = wire.pack(fields)
        ours = versions.setdefault(int(row[-1] or 0), {})
        ours.setdefault(selected.key_part(fields), []).append((digest_of(content), len(content)))
    return {number: _numbered(ours) for number, ours in versions.items()}


def _numbered(versions: dict[bytes, list[tuple[bytes, int]]]) -> Known:
    return {
        numbered(part, position): (size, digest)
        for part, several in versions.items()
        for position, (digest, size) in enumerate(sorted(several) if len(several) > 1 else several)
    }


def read_keys(
    link: Link, selected: Selected, parts: Sequence[bytes], *, lock: bool = False
) -> tuple[dict[bytes, Contents], set[bytes]]:
    """Return the rows of some keys by key part, and the keys with rows that the dataset does not choose.

    lock: hold them, and the gaps where they would be, until the transaction ends; it then reads the newest version.
    """
    found: dict[bytes, list[bytes]] = {part: [] for part in parts}
    outside: set[bytes] = set()
    chosen, chosen_values = selected.chosen
    for condition, values in _conditions(selected, parts):
        sql = b"SELECT " + selected.fields + b", " + chosen + selected.source + b" WHERE " + condition
        for row in link.rows(sql + (b" FOR UPDATE" if lock else b""), [*chosen_values, *values]):
            fields = selected.fields_of(row[:-1])
            part = selected.key_part(fields)
            if part not in found:
                continue  # equal to one of the keys for the server's collation only
            if row[-1] == b"1":
                found[part].append(wire.pack(fields))
            else:
                outside.add(part)
    return {part: sort_rows(rows) for part, rows in found.items()}, outside


def _conditions(selected: Selected, parts: Sequence[bytes]) -> Iterator[tuple[bytes, list[Value]]]:
    columns = len(selected.key_columns)
    keys = [decode_key(part, columns) for part in parts]
    if any(key is None for key in keys):
        yield b"TRUE", []  # a hashed key tells no value to look for
        return
    for start in range(0, len(keys), KEYS_AT_ONCE):
        ways = [selected.finds(key) for key in keys[start : start + KEYS_AT_ONCE] if key is not None]
        yield b" OR ".join(way for way, _ in ways), [value for _, bound in ways for value in bound]
