"""The rows of the table: what changes, how much there is of it, and what the product wants to reach."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """What a row must show.

    wire: bytes both ways; wire_of_best: or this share of the best peer's; wire_of_bound: or this share of the fewest
    possible (bound.py); wan, lan: seconds, as a share of the best peer's; of_rsync: and on "wan" of the best rsync's.
    """

    wire: int = 0
    wire_of_best: float = 0.0
    wire_of_bound: float = 0.0
    wan: float = 0.0
    lan: float = 0.0
    of_rsync: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """One row; lasts: it is measured only once.

    part: what of the work it needs: tree, big, monitor, astdb, sql, cdr or cdr-large.
    """

    name: str
    title: str
    part: str
    goal: Goal
    lasts: bool = False


ROWS = (
    Row("K0", "nothing changed", "tree", Goal(1500, wan=0.35, lan=1.0)),
    Row("K0M", "nothing changed, 100,000 recordings more", "monitor", Goal(1500, wan=0.25, lan=1.0)),
    Row("K1", "one extension edited", "tree", Goal(10_000, wan=0.4, lan=1.2)),
    Row("K1R", "and 120 files rewritten the same", "tree", Goal(10_000, wan=0.4, lan=1.2)),
    Row("K2", "a typical day", "tree", Goal(wire_of_bound=1.15, wan=0.5, lan=1.0)),
    Row("K3", "64 KiB inserted at the head of 200 MB", "big", Goal(wire_of_best=1.1, wan=0.6, lan=1.2)),
    Row("K4", "first copy", "tree", Goal(wire_of_best=0.9, wan=0.95, lan=1.3), lasts=True),
    Row("K5", "300 recordings moved", "tree", Goal(10_000, wan=0.2, lan=1.0, of_rsync=0.1)),
    Row("A1", "AstDB, 3 of 50,000 keys", "astdb", Goal(1000, wan=0.4, lan=1.0)),
    Row("S1", "SQL, 6 of 76,000 rows in 150 tables", "sql", Goal(3000, wan=0.2, lan=0.5)),
    Row("S2", "SQL, 530 rows, 200,000 of cdr beside them", "cdr", Goal(60_000, wan=0.4, lan=0.8)),
    Row("S2L", "SQL, 530 rows, 2,000,000 of cdr beside them", "cdr-large", Goal(60_000)),
)
MEMORY = 150_000_000
"""Bytes: the goal for any process in any row."""


def row(name: str) -> Row:
    """Return a row by name; raise KeyError."""
    return {one.name: one for one in ROWS}[name]
