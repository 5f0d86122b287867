"""The marker: one row per run in the same database, written in the same transaction as its rows.

It tells whether a transaction happened when the process was killed around its commit. Its table is made by the first
run that needs it and goes with the last marker, so nothing of ours stays in a database.
"""

from pbxsync_worker.datasets.sqlite.link import Link, statement
from pbxsync_worker.datasets.sqlite.schema import MARKER, quoted

_TABLE = f"main.{quoted(MARKER)}"


def is_marked(link: Link, run: str) -> bool:
    """Tell whether the run's transaction happened."""
    return _has_table(link) and bool(link.all(statement("SELECT 1 FROM", _TABLE, "WHERE run = ?"), [run.encode()]))


def set_marker(link: Link, run: str) -> None:
    """Write the marker in the open transaction."""
    link.run(statement("CREATE TABLE IF NOT EXISTS", _TABLE, "(run BLOB NOT NULL PRIMARY KEY) WITHOUT ROWID"))
    link.run(statement("INSERT OR ABORT INTO", _TABLE, "VALUES (?)"), [run.encode()])


def remove_marker(link: Link, run: str) -> None:
    """Remove the marker, and the table with the last one, in the open transaction."""
    if not _has_table(link):
        return
    link.run(statement("DELETE FROM", _TABLE, "WHERE run = ?"), [run.encode()])
    if not link.all(statement("SELECT 1 FROM", _TABLE, "LIMIT 1")):
        link.run(statement("DROP TABLE", _TABLE))


def _has_table(link: Link) -> bool:
    return bool(link.all("SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = ?1", [MARKER]))
