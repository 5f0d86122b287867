"""Who is told what, and what holds for all alerts of this host."""

from sqlalchemy import Connection, delete, insert, select, update

from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.letter import OPEN, LetterState
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.subscription import AlertSettings, Subscription, check, wrong_in, wrong_in_settings
from pbxsync_worker.core.store.alert_tables import alert_server, alert_settings, delivery, letter
from pbxsync_worker.core.store.alert_tables import subscription as table
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.wire import pack, unpack


class Subscriptions:
    """Subscriptions by number, and the settings."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def all(self) -> dict[int, Subscription]:
        """Return the subscriptions by number."""
        with self._database.read() as connection:
            return all_of(connection)

    def get(self, number: int) -> Subscription:
        """Return one; raise NotFound."""
        found = self.all().get(number)
        if found is None:
            raise NotFound(what="recipient", name=str(number))
        return found

    def add(self, one: Subscription) -> int:
        """Store a subscription and return its number; raise Invalid."""
        check("Recipient", wrong_in(one))
        with self._database.write() as connection:
            # Its first digest is the one after now.
            done = connection.execute(insert(table).values(document=pack(one), digest_at=self._clock.now()))
            return int(done.inserted_primary_key[0])  # type: ignore[index]  # a table with a key always gives one

    def save(self, number: int, one: Subscription) -> None:
        """Replace a subscription; raise Invalid, NotFound."""
        check("Recipient", wrong_in(one))
        with self._database.write() as connection:
            done = connection.execute(update(table).where(table.c.number == number).values(document=pack(one)))
            if done.rowcount != 1:
                raise NotFound(what="recipient", name=str(number))

    def remove(self, number: int) -> Subscription:
        """Remove a subscription with everything that was still to be sent to it; raise NotFound."""
        gone = self.get(number)
        unsent = (letter.c.subscription == number, letter.c.state.in_([state.value for state in OPEN]))
        with self._database.write() as connection:
            connection.execute(delete(table).where(table.c.number == number))
            connection.execute(delete(delivery).where(delivery.c.subscription == number, delivery.c.letter == 0))
            values = {"state": LetterState.DROPPED.value, "ended_at": self._clock.now()}
            connection.execute(update(letter).where(*unsent).values(**values))
        return gone

    def settings(self) -> AlertSettings:
        """Return what holds for all alerts."""
        with self._database.read() as connection:
            return settings_of(connection)

    def set_settings(self, settings: AlertSettings) -> None:
        """Change what holds for all alerts; servers in trouble are tried at once. Raise Invalid."""
        check("Alerts", wrong_in_settings(settings))
        with self._database.write() as connection:
            connection.execute(delete(alert_settings))
            connection.execute(insert(alert_settings).values(number=1, document=pack(settings)))
            connection.execute(update(alert_server).values(next_at=0.0))


def all_of(connection: Connection) -> dict[int, Subscription]:
    """Return the subscriptions by number, within a transaction of the caller."""
    rows = connection.execute(select(table).order_by(table.c.number))
    return {row.number: unpack(row.document, Subscription) for row in rows}


def settings_of(connection: Connection) -> AlertSettings:
    """Return what holds for all alerts, within a transaction of the caller."""
    row = connection.execute(select(alert_settings.c.document)).first()
    return unpack(row.document, AlertSettings) if row else AlertSettings()
