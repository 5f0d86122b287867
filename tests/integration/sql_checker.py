"""Our own independent look at two databases: plain SQL only, none of the product's ways to read or compare rows.

The only things taken from the product are the words of a dataset: tables, key, conditions, columns.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pbxsync_worker.core.model.dataset import Condition, TableSet
from scripts.lab.mariadb import MariaDb

_MARK = "@@ the next query @@"
_WORDS = {"in": "IN", "not in": "NOT IN", "like": "LIKE", "not like": "NOT LIKE"}


@dataclass
class Site:
    """The databases of one host, by the names that datasets use."""

    server: MariaDb
    databases: Mapping[str, str]

    def many(self, queries: Iterable[str], database: str) -> list[list[str]]:
        """Return the rows of many queries, sorted, by one call of the server's own client."""
        asked = list(queries)
        script = "".join(f"SELECT '{_MARK}'; {one};\n" for one in asked)
        found = self.server.client(script, self.databases[database])
        answers = [sorted(one.splitlines()) for one in found.split(f"{_MARK}\n")[1:]] if asked else []
        assert len(answers) == len(asked)
        return answers

    @cached_property
    def columns(self) -> dict[tuple[str, str], list[str]]:
        """Return the columns of every table but our own, in their order."""
        found: dict[tuple[str, str], list[str]] = {}
        query = "SELECT TABLE_NAME, LPAD(ORDINAL_POSITION, 4, '0'), COLUMN_NAME FROM information_schema.COLUMNS"
        for database in self.databases:
            (rows,) = self.many([f"{query} WHERE TABLE_SCHEMA = DATABASE()"], database)
            for table, _, column in (row.split("\t") for row in rows):
                if not table.startswith("pbxsync_"):
                    found.setdefault((database, table), []).append(column)
        return found

    def real(self, table: TableSet) -> str | None:
        """Return the real name of a table, None where there is none."""
        names = [table.table]
        if table.table.startswith("kvstore:"):
            module = table.table.removeprefix("kvstore:")
            names = [f"kvstore_FreePBX_modules_{module}", f"kvstore_{module}"]
        return next((name for name in names if (table.database, name) in self.columns), None)

    def everything(self) -> dict[tuple[str, str], list[str]]:
        """Return every row of every table but our own."""
        found: dict[tuple[str, str], list[str]] = {}
        for database in self.databases:
            tables = [table for name, table in self.columns if name == database]
            queries = [rows_of(table, self.columns[database, table]) for table in tables]
            answers = zip(tables, self.many(queries, database), strict=True)
            found |= {(database, table): rows for table, rows in answers}
        return found


def rows_of(table: str, columns: Iterable[str], where: str = "TRUE") -> str:
    """Return the query for rows as text, byte by byte; NULL is told from every text."""
    fields = ", ".join(f"IFNULL(CONCAT('=', HEX(`{one}`)), '-')" for one in columns)
    return f"SELECT {fields} FROM `{table}` WHERE {where}"


def selected(tables: Iterable[TableSet]) -> str:
    """Return the condition that a dataset's words for one table mean."""
    return "(" + " OR ".join(" AND ".join(map(_condition, one.rows)) or "TRUE" for one in tables) + ")"


def _condition(one: Condition) -> str:
    values = ", ".join("'" + value.replace("\\", "\\\\").replace("'", "''") + "'" for value in one.values)
    listed = f"({values})" if _WORDS[one.match].endswith("IN") else values
    default = "TRUE" if one.match.startswith("not") else "FALSE"
    return f"IFNULL(`{one.column}` {_WORDS[one.match]} {listed}, {default})"


def travelling(table: TableSet, here: Iterable[str]) -> list[str]:
    """Return the columns that a dataset's words mean."""
    return [
        name
        for name in here
        if (not table.columns or name in table.columns or name in table.key) and name not in table.drop
    ]
