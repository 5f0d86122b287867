"""When the server wrote its tables last, as far as that proves that nothing was written since.

MariaDB tells it in seconds and forgets it when it restarts, or when it drops a table's definition from its memory. So
a stamp also holds when the server was started and when the table was made; where no time is told, or a MyISAM table
could be put in the place of another, also how many tables were ever opened: whatever makes the server forget, and every
TRUNCATE, ALTER and RENAME, makes it open a table again. MySQL answers from a cache that is a day old, so its times
count for nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pbxsync_worker.datasets.mysql.link import Link

SETTLED = 60
"""Seconds without a write before a look, after which its stamp proves something: two writes may have the same second,
and a transaction is seen a moment before or after its time is noted."""

TRUSTED = 3600
"""Seconds after which a table is looked at all the same: somebody may have put other files in its place."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Equal stamps: nothing was written in between. opened: 0 where the time of the last write tells enough."""

    started: int
    created: bytes
    written: int | None
    opened: int


@dataclass(frozen=True, slots=True)
class Stamps:
    """The stamps of some tables at one moment, in seconds since 1970 by the server's clock.

    opened: how many tables were ever opened, with when the server was started; None where the server tells nothing
    that counts.
    """

    at: int = 0
    opened: tuple[int, int] | None = None
    tables: Mapping[str, Stamp] = field(default_factory=dict)

    def same(self, before: "Stamps", proven: int, names: Sequence[str]) -> bool:
        """Tell whether nothing was written to some tables since they were read.

        before: what was told just before that, proven: the moment of it.
        """
        if not proven <= self.at < proven + TRUSTED:
            return False
        return all(self._same(before.tables.get(name), proven, name) for name in names)

    def _same(self, before: Stamp | None, proven: int, name: str) -> bool:
        if before is None or self.tables.get(name) != before:
            return False
        return before.written is None or before.written <= proven - SETTLED

    def same_schema(self, before: "Stamps") -> bool:
        """Tell whether no table was made, altered or removed since."""
        return self.opened is not None and self.opened == before.opened and self.tables.keys() == before.tables.keys()


NOTHING_TOLD = Stamps()


def read_stamps(link: Link, database: str, names: Sequence[str]) -> Stamps:
    """Ask for the stamps of some tables; three small queries whatever their number."""
    ((version,),) = link.all(b"SELECT VERSION()")
    if b"MariaDB" not in (version or b"") or not names:
        return NOTHING_TOLD
    wanted = b", ".join([b"%s"] * len(names))
    told = link.all(_TIMES + b"(" + wanted + b")", [database.encode(), *(name.encode() for name in names)])
    # Afterwards, because the question itself opens what was closed since.
    found = {name: (int(at or 0), int(value or 0)) for at, name, value in link.all(_STATUS)}
    at, uptime = found[b"UPTIME"]
    opened = (found[b"OPENED_TABLES"][1], at - uptime)
    return Stamps(at, opened, dict(_stamps(told, *opened)))


def _stamps(told: Sequence[Sequence[bytes | None]], opened: int, started: int) -> Iterator[tuple[str, Stamp]]:
    for name, engine, created, written in told:
        time = None if written is None else int(written)
        enough = time is not None and engine == b"InnoDB"
        yield (name or b"").decode(), Stamp(started, created or b"", time, 0 if enough else opened)


_TIMES = (
    b"SELECT TABLE_NAME, ENGINE, CREATE_TIME, UNIX_TIMESTAMP(UPDATE_TIME) FROM information_schema.TABLES"
    b" WHERE TABLE_TYPE = 'BASE TABLE' AND ENGINE IN ('InnoDB', 'MyISAM') AND INSTR(CREATE_OPTIONS, 'partitioned') = 0"
    b" AND TABLE_SCHEMA = %s AND TABLE_NAME IN "
)
_STATUS = (
    b"SELECT UNIX_TIMESTAMP(), VARIABLE_NAME, VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS"
    b" WHERE VARIABLE_NAME IN ('UPTIME', 'OPENED_TABLES')"
)
