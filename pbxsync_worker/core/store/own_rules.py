"""What this host's administrators want of rows that arrive."""

from sqlalchemy import delete, insert, select

from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.own_rule import OwnRule
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.store.tables import own_rule as table
from pbxsync_worker.core.wire import pack, unpack


class OwnRules:
    """Rules by number, the oldest first: of two about one column the older decides."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[int, OwnRule]:
        """Return the rules by number."""
        with self._database.read() as connection:
            rows = connection.execute(select(table).order_by(table.c.number))
            return {row.number: unpack(row.rule, OwnRule) for row in rows}

    def add(self, rule: OwnRule) -> int:
        """Store a rule and return its number."""
        with self._database.write() as connection:
            done = connection.execute(insert(table).values(rule=pack(rule)))
            return int(done.inserted_primary_key[0])  # type: ignore[index]  # a table with a key always gives one

    def remove(self, number: int) -> OwnRule:
        """Remove a rule and return it; raise NotFound."""
        with self._database.write() as connection:
            row = connection.execute(select(table.c.rule).where(table.c.number == number)).first()
            if row is None:
                raise NotFound(what="rule", name=str(number))
            connection.execute(delete(table).where(table.c.number == number))
            return unpack(row.rule, OwnRule)
