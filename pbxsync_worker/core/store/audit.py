"""The audit log: who did what, each entry bound to the one before, so that a gap or a change shows."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace

from sqlalchemy import insert, select

from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.store.tables import audit as table


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log; hash: hex BLAKE2b-256 over the former hash and this line's values."""

    number: int
    at: float
    who: str
    what: str
    about: str
    hash: str


class Audit:
    """The hash-chained log."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, who: str, what: str, about: str = "") -> None:
        """Append one line."""
        self.add_all([(who, what, about)])

    def add_all(self, lines: Collection[tuple[str, str, str]]) -> None:
        """Append lines, each who, what and about what, all or none."""
        if not lines:
            return
        with self._database.write() as connection:
            last = connection.execute(select(table).order_by(table.c.number.desc()).limit(1)).first()
            number, former = (last.number + 1, last.hash) if last else (1, "")
            at, rows = round(self._clock.now(), 3), []
            for place, (who, what, about) in enumerate(lines):
                entry = Entry(number + place, at, who[:128], what[:64], about, "")
                former = _hash(former, entry)
                rows.append(asdict(replace(entry, hash=former)))
            connection.execute(insert(table), rows)

    def entries(self, limit: int = 100, before: int = 0, who: str = "") -> tuple[Entry, ...]:
        """Return lines, newest first; before: only those with a smaller number; who: only theirs."""
        query = select(table).order_by(table.c.number.desc()).limit(limit)
        if before:
            query = query.where(table.c.number < before)
        if who:
            query = query.where(table.c.who == who[:128])
        with self._database.read() as connection:
            return tuple(Entry(*row) for row in connection.execute(query))

    @staticmethod
    def broken_in(entries: Sequence[Entry]) -> int:
        """Return the number of the first of some lines, newest first, that does not fit the one before it, 0 for none.

        The oldest of them is compared with nothing, unless it is the very first line.
        """
        former, expected = "", 1
        for entry in reversed(entries):
            unknown = entry is entries[-1] and entry.number > 1
            if not unknown and (entry.number != expected or entry.hash != _hash(former, entry)):
                return expected
            former, expected = entry.hash, entry.number + 1
        return 0

    def broken_at(self) -> int:
        """Return the number of the first line that does not fit the chain, 0 where all do."""
        former = ""
        expected = 1
        with self._database.read() as connection:
            for row in connection.execute(select(table).order_by(table.c.number)):
                entry = Entry(*row)
                if entry.number != expected or entry.hash != _hash(former, entry):
                    return expected
                former, expected = entry.hash, expected + 1
        return 0


def _hash(former: str, entry: Entry) -> str:
    parts = (former, str(entry.number), f"{entry.at:.3f}", entry.who, entry.what, entry.about)
    return digest_of(b"".join(b"%d:%s" % (len(part.encode()), part.encode()) for part in parts)).hex()
