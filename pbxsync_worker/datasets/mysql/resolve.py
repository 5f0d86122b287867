"""From a dataset to the tables of this host: which they are, and what of them travels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pbxsync_worker.core.model.dataset import TableSet
from pbxsync_worker.core.model.errors import Unsupported
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.mysql.link import Link
from pbxsync_worker.datasets.mysql.schema import BLOBS, Table, read_tables, store_names
from pbxsync_worker.datasets.mysql.selected import STORE, Selected, select


@dataclass(frozen=True, slots=True)
class Common:
    """The columns that this host and a source both have of a table; () where they have the same."""

    base: bytes
    columns: tuple[str, ...]


def resolve(
    link: Link, database: str, specs: Sequence[TableSet], common: Iterable[Common] = ()
) -> tuple[Selected, ...]:
    """Return the tables of one database as this host has them.

    database: its real name. A missing optional table is left out; raise Unsupported for any other missing one, and
    for whatever else stands in the way, before anything of a table was read.
    """
    candidates = {one.table: _candidates(one.table) for one in specs}
    tables = read_tables(link, database, names_of(specs))
    narrowed = {one.base: one.columns for one in common}
    chosen: list[Selected] = []
    for spec in {one.base: one for one in specs}.values():
        same = [one for one in specs if one.base == spec.base]
        table = next((tables[name] for name in candidates[spec.table] if name in tables), None)
        if table is not None:
            chosen.append(select(same, table, _blobs(tables), narrowed.get(spec.base, ())))
        elif not all(one.optional for one in same):
            raise Unsupported(
                what=say("Table {table}", table=spec.table),
                reason=say("the database {database} has none of this name", database=database),
            )
    return tuple(chosen)


def names_of(specs: Sequence[TableSet]) -> Sequence[str]:
    """Return every name that the tables of some datasets may have on this host, and that of their long values."""
    return sorted({BLOBS, *(name for one in specs for name in _candidates(one.table))})


def _candidates(table: str) -> tuple[str, ...]:
    return store_names(table.removeprefix(STORE)) if table.startswith(STORE) else (table,)


def _blobs(tables: dict[str, Table]) -> Table | None:
    found = tables.get(BLOBS)
    usable = found is not None and all(found.column(name) for name in ("uuid", "type", "content"))
    return found if usable else None
