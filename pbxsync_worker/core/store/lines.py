"""How the other hosts are reached, and the errands that wait for those that nobody can call."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import delete, func, insert, select, update

from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.report import LineState
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.store.tables import errand as errands
from pbxsync_worker.core.store.tables import host_line
from pbxsync_worker.core.wire import pack, unpack

WAITING, TAKEN, ANSWERED = "waiting", "taken", "answered"
LIFE = 120.0
"""Seconds after which nobody waits for an errand any more."""
MOST_WAITING = 32
"""Errands that wait for one host at most."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A request that its host takes by itself; path, body: as at the peer port."""

    number: int
    host: str
    path: str
    body: bytes


class Lines:
    """The ways to the other hosts, by identity."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def of(self, host: str) -> LineState:
        """Return how a host is reached; the beginning of it where nothing is known."""
        with self._database.read() as connection:
            body = connection.execute(select(host_line.c.body).where(host_line.c.host == host)).scalar()
        return LineState() if body is None else unpack(body, LineState)

    def all(self) -> Mapping[str, LineState]:
        """Return how every host is reached that was ever tried or heard."""
        with self._database.read() as connection:
            return {row.host: unpack(row.body, LineState) for row in connection.execute(select(host_line))}

    def count(self) -> int:
        """Return of how many hosts something is known."""
        with self._database.read() as connection:
            return connection.execute(select(func.count()).select_from(host_line)).scalar_one()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make one transaction of what is written here, of facts and of versions: all of them are of passing worth."""
        with self._database.together():
            yield

    def save(self, host: str, line: LineState) -> None:
        """Store how a host is reached."""
        with self._database.write() as connection:
            if connection.execute(update(host_line).where(host_line.c.host == host).values(body=pack(line))).rowcount:
                return
            connection.execute(insert(host_line).values(host=host, body=pack(line)))

    def heard(self, host: str, software: str, offset_s: float, *, polls: bool) -> None:
        """Remember that a host has called: it is there, whether or not it can be called."""
        now, line = self._clock.now(), self.of(host)
        since = line.since if line.state == "reachable" else now
        self.save(
            host,
            replace(
                line, state="reachable", sentence="", since=since, heard_at=now, failures=0, software=software,
                offset_s=offset_s, polls=polls,
            ),
        )  # fmt: skip

    def forget(self, host: str) -> None:
        """Forget a host."""
        with self._database.write() as connection:
            for table in (host_line, errands):
                connection.execute(delete(table).where(table.c.host == host))

    def send(self, host: str, path: str, body: bytes) -> int | None:
        """Let a request wait for a host; return its number, None where too many wait already."""
        now = self._clock.now()
        with self._database.write() as connection:
            connection.execute(delete(errands).where(errands.c.at < now - LIFE))
            held = connection.execute(select(errands.c.number).where(errands.c.host == host)).all()
            if len(held) >= MOST_WAITING:
                return None
            values = {"host": host, "path": path, "body": body, "state": WAITING, "answer": b"", "at": now}
            key = connection.execute(insert(errands).values(**values)).inserted_primary_key
        return None if key is None else int(key[0])

    def waiting(self) -> frozenset[str]:
        """Return the hosts for which something waits."""
        query = select(errands.c.host).where(errands.c.state == WAITING, errands.c.at >= self._clock.now() - LIFE)
        with self._database.read() as connection:
            return frozenset(connection.execute(query.distinct()).scalars())

    def take(self, host: str) -> tuple[Errand, ...]:
        """Give a host what waits for it, each errand once."""
        where = (errands.c.host == host, errands.c.state == WAITING, errands.c.at >= self._clock.now() - LIFE)
        with self._database.read() as connection:
            if connection.execute(select(errands.c.number).where(*where).limit(1)).first() is None:
                return ()  # most often nothing waits, and nobody else is kept from writing
        with self._database.write() as connection:
            rows = connection.execute(select(errands).where(*where).order_by(errands.c.number)).all()
            connection.execute(update(errands).where(*where).values(state=TAKEN))
        return tuple(Errand(row.number, row.host, row.path, row.body) for row in rows)

    def answer(self, host: str, number: int, body: bytes) -> bool:
        """Store the answer to an errand that this host took; False where nobody waits for it any more."""
        where = (errands.c.number == number, errands.c.host == host, errands.c.state == TAKEN)
        with self._database.write() as connection:
            return connection.execute(update(errands).where(*where).values(state=ANSWERED, answer=body)).rowcount == 1

    def answered(self, number: int) -> bytes | None:
        """Return the answer to an errand, and forget it; None where there is none yet."""
        where = (errands.c.number == number, errands.c.state == ANSWERED)
        with self._database.read() as connection:
            body: bytes | None = connection.execute(select(errands.c.answer).where(*where)).scalar()
        if body is not None:
            self.give_up(number)
        return body

    def give_up(self, number: int) -> None:
        """Forget an errand."""
        with self._database.write() as connection:
            connection.execute(delete(errands).where(errands.c.number == number))
