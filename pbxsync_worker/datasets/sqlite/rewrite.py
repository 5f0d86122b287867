"""Rewrite rows inside an open transaction: look that all are as expected, write, look that all are as meant.

All rows that go or change are taken out first, then what comes is put in: a unique value can move between rows. A row
that changes keeps its hidden row number.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from pbxsync_worker.core.model.errors import TargetChanged, Unsupported
from pbxsync_worker.core.model.item import show_name
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.groups import Group
from pbxsync_worker.datasets.sqlite.link import Link, statement
from pbxsync_worker.datasets.sqlite.reading import Row, Rows, contents, finds, read_key
from pbxsync_worker.datasets.sqlite.schema import Table, quoted
from pbxsync_worker.datasets.sqlite.values import bound, decode_row


class Rewrite:
    """Changes rows of one table; base: what their names begin with."""

    def __init__(self, link: Link, table: Table, base: bytes) -> None:
        self._link = link
        self._table = table
        self._base = base

    def now(self, groups: Sequence[Group]) -> Iterator[tuple[Group, Rows]]:
        """Give every group with its rows as they are."""
        return ((one, read_key(self._link, self._table, one.part)) for one in groups)

    def write(self, groups: Sequence[Group]) -> None:
        """Write groups whose rows are all as they were before; raise TargetChanged where one is not."""
        found: list[tuple[Group, Rows]] = []
        for group, rows in self.now(groups):
            if contents(rows) != group.before:
                raise TargetChanged(name=self.name(group))
            found.append((group, rows))
        coming: list[tuple[bytes, int | None]] = []
        for group, rows in found:
            gone, new = _difference(group, rows)
            for row in gone:
                self._delete(row)
            numbers = [row.rowid for row in gone]
            coming += [(content, numbers[at] if at < len(numbers) else None) for at, content in enumerate(new)]
        # A new row may be given any free number, so those that have one come first.
        for content, rowid in sorted(coming, key=lambda pair: pair[1] is None):
            self._insert(content, rowid)
        for group, rows in self.now(groups):
            if contents(rows) != group.after:
                raise Unsupported(
                    what=say("Writing {name}", name=self.name(group)),
                    reason=say("the database made something else of it"),
                )

    def name(self, group: Group) -> str:
        """Return the name of a group for people."""
        return show_name(self._base + group.part)

    def _delete(self, row: Row) -> None:
        if row.rowid is not None:
            wrote = self._link.run(
                statement("DELETE FROM", self._table.quoted, "WHERE", quoted(self._table.rowid), "= ?"), [row.rowid]
            )
        else:
            condition, values = finds(self._table, self._table.key_of(decode_row(row.content)))
            wrote = self._link.run(statement("DELETE FROM", self._table.quoted, "WHERE", condition), values)
        if wrote != 1:
            raise TargetChanged(name=f"A row of {self._table.name}")

    def _insert(self, content: bytes, rowid: int | None) -> None:
        fields = decode_row(content)
        names = [quoted(name) for name, _, _ in fields]
        places = [bound((kind, scalar)) for _, kind, scalar in fields]
        values = [self._table.bound((kind, scalar)) for _, kind, scalar in fields]
        alias = any(one.key == 1 and one.type.upper() == "INTEGER" for one in self._table.columns)
        single = len(self._table.keys) == 1
        if rowid is not None and self._table.rowid not in self._table.keys and not (alias and single):
            names, places, values = [quoted(self._table.rowid), *names], ["?", *places], [rowid, *values]
        # OR ABORT: a table may say itself that a row silently takes the place of another.
        given = f"({', '.join(names)}) VALUES ({', '.join(places)})"
        self._link.run(statement("INSERT OR ABORT INTO", self._table.quoted, given), values)


def _difference(group: Group, rows: Rows) -> tuple[list[Row], list[bytes]]:
    """Return the rows that go, and the contents that come; equal rows of a key are interchangeable."""
    going = Counter(group.before) - Counter(group.after)
    gone = []
    for row in rows:
        if going[row.content] > 0:
            going[row.content] -= 1
            gone.append(row)
    return gone, list((Counter(group.after) - Counter(group.before)).elements())


def fits(table: Table, content: bytes) -> None:
    """Raise Unsupported where a row has other columns than the table."""
    names = tuple(name for name, _, _ in decode_row(content))
    if names != table.names:
        reason = f"the source has other columns: {', '.join(sorted(set(names) ^ set(table.names)))}"
        raise Unsupported(what=say("Writing into table {name}", name=table.name), reason=reason)
