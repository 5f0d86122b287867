"""Wishes waiting for a worker, and what came of them; forgotten after a day, codes after their quarter of an hour."""

from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.wish import KINDS, Asked, OfferPairing, Wish, WishState
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.store.runs import new_id
from pbxsync_worker.core.store.tables import wish as table
from pbxsync_worker.core.wire import pack, unpack

_DAY = 86400
_CODE_LIFE = 900


class Wishes:
    """What people asked for."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, wish: Wish, by: str) -> str:
        """Store a wish and return its id."""
        identity = new_id()
        now = self._clock.now()
        with self._database.write() as connection:
            connection.execute(delete(table).where(table.c.at < now - _DAY))
            old_codes = (table.c.kind == OfferPairing.__name__, table.c.at < now - _CODE_LIFE)
            connection.execute(delete(table).where(*old_codes))
            values = {"kind": type(wish).__name__, "body": pack(wish), "by": by, "at": now}
            state = {"state": WishState.WAITING.value, "answer": "", "error": ""}
            connection.execute(insert(table).values(id=identity, **values, **state))
        return identity

    def get(self, identity: str) -> Asked:
        """Return a wish; raise NotFound."""
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.id == identity)).first()
        if row is None:
            raise NotFound(what="wish", name=identity)
        return _from_row(row)

    def newest(self, kind: type[Wish]) -> Asked | None:
        """Return the newest granted wish of a kind, None where there is none."""
        where = (table.c.kind == kind.__name__, table.c.state == WishState.GRANTED.value)
        query = select(table).where(*where).order_by(table.c.at.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else _from_row(row)

    def waiting(self) -> tuple[Asked, ...]:
        """Return what no worker has answered yet, oldest first."""
        query = select(table).where(table.c.state == WishState.WAITING.value).order_by(table.c.at)
        with self._database.read() as connection:
            return tuple(_from_row(row) for row in connection.execute(query))

    def answer(self, identity: str, answer: str, error: str = "") -> None:
        """Write what came of a wish; only the first answer counts."""
        state = WishState.REFUSED if error else WishState.GRANTED
        where = (table.c.id == identity, table.c.state == WishState.WAITING.value)
        with self._database.write() as connection:
            values = {"state": state.value, "answer": answer, "error": error}
            connection.execute(update(table).where(*where).values(**values))


def _from_row(row: Row[Any]) -> Asked:
    wish = unpack(row.body, KINDS[row.kind])
    return Asked(row.id, wish, row.by, WishState(row.state), row.answer, row.error, row.at)
