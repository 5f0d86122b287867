"""Finds rows of one database by their names, through one connection that is closed soon."""

from collections.abc import Iterator
from contextlib import contextmanager

from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.datasets.sqlite.link import Database, Link
from pbxsync_worker.datasets.sqlite.names import Name
from pbxsync_worker.datasets.sqlite.reading import Rows, read_key
from pbxsync_worker.datasets.sqlite.schema import Table, table_named
from pbxsync_worker.datasets.sqlite.values import split_number


class Finder:
    """Rows as they are now. database, link: None where this host has no such database."""

    def __init__(self, database: Database | None, link: Link | None) -> None:
        self._database = database
        self._link = link
        self._tables: dict[bytes, Table | None] = {}

    def content(self, name: Name, item: Item) -> bytes | None:
        """Return the content of a row, None where it is another by now."""
        for row in self._rows(name) if name.kind is ItemKind.ROW else ():
            if len(row.content) == item.size and digest_of(row.content) == item.content:
                return row.content
        return None

    def _rows(self, name: Name) -> Rows:
        database, link = self._database, self._link
        if database is None or link is None:
            return ()
        if name.table not in self._tables:
            self._tables[name.table] = database.patiently(lambda: table_named(link, name.table))
        table = self._tables[name.table]
        part, _ = split_number(name.key)
        return () if table is None else database.patiently(lambda: read_key(link, table, part))


@contextmanager
def opened(database: Database | None) -> Iterator[Finder]:
    """Give what finds rows of a database, for a short time."""
    if database is None:
        yield Finder(None, None)
        return
    with database.reading() as link:
        yield Finder(database, link)
