"""The marker: one row per run in the same database, written in the same transaction as its rows.

It decides whether a transaction happened when nobody heard the answer to COMMIT. It is the first row a transaction
writes: whoever asks while that transaction is still open waits for its end, and is never told too early.
"""

from pbxsync_worker.core.model.errors import DatabaseRefused
from pbxsync_worker.datasets.mysql.link import DUPLICATE, Link
from pbxsync_worker.datasets.mysql.schema import MARKER
from pbxsync_worker.datasets.mysql.values import quoted

_TABLE = quoted(MARKER)
_NO_TABLE = 1146


def make_table(link: Link) -> None:
    """Make the table where it is missing; DDL, so it is done long before the transaction."""
    exists = link.all(
        b"SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = %s",
        [MARKER.encode()],
    )
    if not exists:
        link.run(
            b"CREATE TABLE IF NOT EXISTS " + _TABLE + b" (`run` VARBINARY(120) NOT NULL PRIMARY KEY,"
            b" `at` DATETIME(6) NOT NULL) ENGINE=InnoDB COMMENT='PBXSync: runs that are not settled'"
        )


def set_marker(link: Link, run: str) -> bool:
    """Write the marker in the open transaction; return False where it is there already."""
    try:
        link.run(b"INSERT INTO " + _TABLE + b" (`run`, `at`) VALUES (%s, UTC_TIMESTAMP(6))", [run.encode()])
    except DatabaseRefused as error:
        if error.fields["number"] != DUPLICATE:
            raise
        return False
    return True


def is_marked(link: Link, run: str) -> bool:
    """Tell whether the run's transaction happened, waiting for one that is still open; hold the marker."""
    try:
        return bool(link.all(b"SELECT 1 FROM " + _TABLE + b" WHERE `run` = %s FOR UPDATE", [run.encode()]))
    except DatabaseRefused as error:
        if error.fields["number"] != _NO_TABLE:
            raise
        return False


def remove_marker(link: Link, run: str) -> None:
    """Remove the marker. Repeatable."""
    if is_marked(link, run):
        link.run(b"DELETE FROM " + _TABLE + b" WHERE `run` = %s", [run.encode()])
