"""Tables and their server as another host must know them before rows travel.

Nothing of any row is read, but for the few columns of which the other host has to know what their values need.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pbxsync_worker.core.model.dataset import TableSet
from pbxsync_worker.core.model.errors import Unsupported
from pbxsync_worker.core.model.facts import Column, TableFacts
from pbxsync_worker.core.model.presets.tables import store_names
from pbxsync_worker.datasets.mysql.link import Link, Login
from pbxsync_worker.datasets.mysql.resolve import resolve
from pbxsync_worker.datasets.mysql.schema import Table, read_tables
from pbxsync_worker.datasets.mysql.values import Column as Described
from pbxsync_worker.datasets.mysql.values import quoted

_ENOUGH_TABLES = 4
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


def looked_at(link: Link, login: Login, facts: TableFacts, specs: Sequence[TableSet], names: set[str]) -> TableFacts:
    """Return a table with what the values of some columns need: how long they are, whether NULL, of other letters.

    Only rows that the dataset selects count; a column that does not travel is left as it is.
    """
    try:
        selected = next(iter(resolve(link, login.database, specs)), None)
    except Unsupported:
        return facts  # whoever reads the rows will say why it is not possible
    columns = [] if selected is None else [one for one in selected.columns if one.name in names]
    if selected is None or not columns:
        return facts
    wanted = b", ".join(_look(selected.table.quoted + b"." + quoted(one.name), one) for one in columns)
    condition, values = selected.chosen
    row = link.all(b"SELECT " + wanted + selected.source + b" WHERE " + condition, values)[0]
    seen = {one.name: row[3 * at : 3 * at + 3] for at, one in enumerate(columns)}
    return replace(facts, columns=tuple(_seen(one, seen.get(one.name)) for one in facts.columns))


def _look(name: bytes, column: Described) -> bytes:
    """Return the expressions for the longest value, as the column counts, and how many are NULL or of other letters."""
    counted = b"CHAR_LENGTH(" if column.counts_letters else b"LENGTH("
    other = b"HEX(CAST(" + name + b" AS BINARY)) REGEXP '^(..)*[89A-F]'"
    return b"MAX(" + counted + name + b")), SUM(" + name + b" IS NULL), SUM(" + other + b")"


def _seen(column: Column, found: Sequence[bytes | None] | None) -> Column:
    if found is None:
        return column
    longest, nulls, others = (int(one or b"0") for one in found)
    return replace(column, longest=longest, nulls=nulls > 0, non_ascii=others > 0)


def made_at(link: Link, database: str) -> float:
    """Return since when three quarters of all tables exist (seconds since 1970), 0 where there are too few to tell."""
    query = b"SELECT UNIX_TIMESTAMP(CREATE_TIME) FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s"
    rows = link.rows(query + b" AND TABLE_TYPE = 'BASE TABLE'", [database.encode()])
    times = sorted(float(row[0] or 0) for row in rows)
    return times[len(times) // 4] if len(times) >= _ENOUGH_TABLES else 0.0


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
