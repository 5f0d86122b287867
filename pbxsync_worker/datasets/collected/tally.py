"""How often each record was met while a table is staged; in memory, and in a scratch file where there are millions."""

import sqlite3

_IN_MEMORY = 100_000


class Tally:
    """Counts by the digest of a record; nothing of it outlives the object."""

    def __init__(self) -> None:
        self._met: dict[bytes, tuple[int, int]] = {}
        self._spilled: sqlite3.Connection | None = None

    def here(self, row: bytes) -> int:
        """Return how many of its kind were found to be in the table already."""
        return self._counts(row)[0]

    def is_here(self, row: bytes) -> None:
        """Count one that is in the table already."""
        here, new = self._counts(row)
        self._keep(row, here + 1, new)

    def is_new(self, row: bytes) -> int:
        """Count one that is not, and return how many of its kind there are now."""
        here, new = self._counts(row)
        self._keep(row, here, new + 1)
        return new + 1

    def _counts(self, row: bytes) -> tuple[int, int]:
        if row in self._met or self._spilled is None:
            return self._met.get(row, (0, 0))
        found = self._spilled.execute("SELECT here, new FROM met WHERE row = ?", (row,)).fetchall()
        return (int(found[0][0]), int(found[0][1])) if found else (0, 0)

    def _keep(self, row: bytes, here: int, new: int) -> None:
        self._met[row] = (here, new)
        if len(self._met) < _IN_MEMORY:
            return
        if self._spilled is None:
            # An empty name makes a file that SQLite removes by itself; nothing of its one transaction is ever wanted.
            self._spilled = sqlite3.connect("", isolation_level=None)
            self._spilled.execute("CREATE TABLE met (row BLOB PRIMARY KEY, here INTEGER, new INTEGER) WITHOUT ROWID")
            self._spilled.execute("BEGIN")
        self._spilled.executemany(
            "INSERT OR REPLACE INTO met VALUES (?, ?, ?)", ((one, *counts) for one, counts in self._met.items())
        )
        self._met.clear()

    def clear(self) -> None:
        """Begin anew."""
        self._met.clear()
        self.close()

    def close(self) -> None:
        """Let it go."""
        if self._spilled is not None:
            self._spilled.close()
            self._spilled = None
