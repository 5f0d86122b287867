"""Tables and their server as another host must know them before rows travel; nothing of any row is read."""

import re
from collections.abc import Iterable, Mapping

from pbxsync_worker.core.model.dataset import TableSet
from pbxsync_worker.core.model.facts import Column, TableFacts
from pbxsync_worker.core.model.presets.tables import store_names
from pbxsync_worker.datasets.mysql.link import Link, Login
from pbxsync_worker.datasets.mysql.schema import Table, read_tables
from pbxsync_worker.datasets.mysql.values import Column as Described

_WIDTH = re.compile(r"\(\d+\)")
_SIZED = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint", "year", "char", "varchar"}) | frozenset(
    {"binary", "varbinary", "tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob"}
)


def table_facts(link: Link, databases: Mapping[str, Login], wanted: Iterable[TableSet]) -> tuple[TableFacts, ...]:
    """Return those of the wanted tables that exist; one connection sees every database of a server."""
    names: dict[str, set[str]] = {}
    for one in wanted:
        names.setdefault(one.database, set()).update(store_names(one.table))
    return tuple(
        _facts(database, table)
        for database, several in names.items()
        if database in databases
        for table in read_tables(link, databases[database].database, sorted(several)).values()
    )


def server_modes(link: Link) -> tuple[frozenset[str], int]:
    """Return the SQL mode that programs get, and how the server writes names of tables."""
    (modes, names) = link.all(b"SELECT @@GLOBAL.sql_mode, @@lower_case_table_names")[0]
    return frozenset(one for one in (modes or b"").decode().split(",") if one), int(names or b"0")


def _facts(database: str, table: Table) -> TableFacts:
    columns = tuple(_column(one) for one in table.columns)
    return TableFacts(database, table.name, columns, frozenset(table.unique), table.next_number)


def _column(one: Described) -> Column:
    """Return a column; the length of a text stands apart from its type, the width of a number is for show only."""
    kind = _WIDTH.sub("", one.full.lower()) if one.kind in _SIZED else one.full
    length = one.letters if one.letters is not None else one.octets
    return Column(one.name, kind, length, one.nullable, _default(one), one.collation)


def _default(one: Described) -> str | None:
    """Return what stands where nobody gives a value; servers write the same default in different ways."""
    if one.auto_increment or one.generated:
        return "the server gives it"
    if one.default is None or one.default.upper() == "NULL":
        return None
    text = one.default
    if text.lower().startswith("current_timestamp"):
        return text.lower().replace("()", "")
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == "'" else text
