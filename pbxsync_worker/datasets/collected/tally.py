"""How often each record was met while a table is staged; in a scratch file, for there may be millions of them."""

import sqlite3


class Tally:
    """Counts by the digest of a record; nothing of it outlives the object."""

    def __init__(self) -> None:
        # An empty name makes a file that SQLite removes by itself, used only where memory does not suffice.
        self._link = sqlite3.connect("", isolation_level=None)
        self._link.execute("PRAGMA journal_mode = OFF")
        self._link.execute("CREATE TABLE met (row BLOB PRIMARY KEY, here INTEGER, new INTEGER) WITHOUT ROWID")

    def here(self, row: bytes) -> int:
        """Return how many of its kind were found to be in the table already."""
        found = self._link.execute("SELECT here FROM met WHERE row = ?", (row,)).fetchone()
        return 0 if found is None else int(found[0])

    def is_here(self, row: bytes) -> None:
        """Count one that is in the table already."""
        self._link.execute("INSERT INTO met VALUES (?, 1, 0) ON CONFLICT DO UPDATE SET here = here + 1", (row,))

    def is_new(self, row: bytes) -> int:
        """Count one that is not, and return how many of its kind there are now."""
        sql = "INSERT INTO met VALUES (?, 0, 1) ON CONFLICT DO UPDATE SET new = new + 1 RETURNING new"
        return int(self._link.execute(sql, (row,)).fetchone()[0])

    def clear(self) -> None:
        """Begin anew."""
        self._link.execute("DELETE FROM met")

    def close(self) -> None:
        """Let it go."""
        self._link.close()
