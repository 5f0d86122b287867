"""Alerts and incidents: what happened is noted here with who is to hear of it, in one transaction; nobody waits.

`news` holds the runs that ended since the last look: their rows are written by the move itself (`store/runs.py`), and
go in the transaction that writes the alerts. So a crash at any point neither loses an alert nor makes one twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from pbxsync_worker.core.model.alert import ENDS, ONCE, Alert, AlertKind, Event
from pbxsync_worker.core.model.letter import due_at, last_minute
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.run import Run
from pbxsync_worker.core.model.subscription import Subscription, zone_of
from pbxsync_worker.core.store.alert_tables import alert, alert_news, delivery, subscription
from pbxsync_worker.core.store.alert_tables import incident as table
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.store.runs import run_from_row
from pbxsync_worker.core.store.subscriptions import all_of, settings_of
from pbxsync_worker.core.store.tables import run as run_table
from pbxsync_worker.core.wire import pack

_HOUR = 3600
_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Incident:
    """What belongs together.

    ended_at: 0 while it lasts; subject, kind, error: of what was noted last; told_at: when it was told last, or will
    be; count: its alerts so far.
    """

    number: int
    name: str
    opened_at: float
    ended_at: float
    told_at: float
    subject: str
    kind: AlertKind
    error: str
    count: int


class Alerts:
    """What happened that somebody should know."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def raise_alert(self, *alerts: Alert) -> None:
        """Note alerts for whoever wants to hear of them; durable on return, and sent by the monitor when it can."""
        self.note({}, [Event(alerts)])

    def news(self, most: int = 50) -> dict[int, Run]:
        """Return runs that ended and were not noted yet, oldest first, by the number to give to `note`."""
        query = select(alert_news.c.number.label("news"), run_table).join(run_table, alert_news.c.run == run_table.c.id)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(alert_news.c.number).limit(most)).all()
        return {row.news: run_from_row(row, "news") for row in rows}

    def note(self, news: Mapping[int, Event], others: Sequence[Event] = ()) -> None:
        """Note what news, and other events, mean; news that somebody else noted meanwhile are passed over."""
        with self._database.write() as connection:
            mine = [event for number, event in news.items() if _take(connection, number)]
            events = [*mine, *others]
            if any(event.alerts or event.over for event in events):
                _Notes(connection, self._clock.now()).take(events)

    def open(self, beginning: str = "", most: int = 1000) -> tuple[Incident, ...]:
        """Return incidents that last, newest first; beginning: only those whose name begins so."""
        query = select(table).where(table.c.ended_at == 0).order_by(table.c.number.desc()).limit(most)
        if beginning:
            query = query.where(table.c.name.startswith(beginning, autoescape=True))
        with self._database.read() as connection:
            return tuple(_incident(row) for row in connection.execute(query))

    def digests_due(self) -> tuple[int, ...]:
        """Return the subscriptions whose digest of the day is to be made now."""
        now = self._clock.now()
        with self._database.read() as connection:
            done = {row.number: row.digest_at for row in connection.execute(select(subscription))}
            wanted = {number: one for number, one in all_of(connection).items() if _wants_digest(one)}
        return tuple(number for number, one in wanted.items() if done[number] < _last_digest(one, now))

    def note_digest(self, number: int, digest: Alert) -> None:
        """Note the digest of the day of one subscription, once."""
        now = self._clock.now()
        with self._database.write() as connection:
            one = all_of(connection).get(number)
            if one is None:
                return
            where = (subscription.c.number == number, subscription.c.digest_at < _last_digest(one, now))
            if connection.execute(update(subscription).where(*where).values(digest_at=now)).rowcount:
                _Notes(connection, now, {number: one}).take([Event((digest,))])

    def runs_since(self, at: float) -> dict[str, int]:
        """Return how many runs that were asked for since a moment are in which state."""
        query = select(run_table.c.state, func.count()).where(run_table.c.requested_at > at)
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query.group_by(run_table.c.state))}


class _Notes:
    """Writes alerts, incidents and deliveries within one transaction."""

    def __init__(self, connection: Connection, now: float, who: Mapping[int, Subscription] | None = None) -> None:
        self._connection = connection
        self._now = now
        self._who = all_of(connection) if who is None else who
        self._again_after = settings_of(connection).repeat_hours * _HOUR

    def take(self, events: Sequence[Event]) -> None:
        for event in events:
            for one in event.alerts:
                self._note(replace(one, at=one.at or self._now, incident=one.incident[:_LONGEST_NAME]))
            for name in event.over:
                self._end(name)

    def _note(self, one: Alert) -> None:
        number, due = self._belongs(one) if one.incident else (0, one.at)
        if number is None:
            return
        values = {"incident": number, "at": one.at, "document": pack(one)}
        done = self._connection.execute(insert(alert).values(**values))
        identity = done.inserted_primary_key[0]  # type: ignore[index]  # a table with a key always gives one
        rows = [
            {
                "alert": identity,
                "incident": number,
                "subscription": who,
                "letter": 0,
                "at": one.at,
                "due_at": max(due, due_at(wish, one.kind, one.at)),
            }
            for who, wish in self._who.items()
            if wish.wants(one)
        ]
        if rows:
            self._connection.execute(insert(delivery), rows)

    def _belongs(self, one: Alert) -> tuple[int | None, float]:
        """Return (number of its incident, when it is due); None where it is not to be told."""
        where = (table.c.name == one.incident, table.c.ended_at == 0)
        row = self._connection.execute(select(table).where(*where)).first()
        known = _incident(row) if row else None
        if (known is None and one.kind in ENDS) or (known is not None and one.kind in ONCE):
            return None, 0.0
        due = told = _when_told(known, one, self._again_after)
        ended = one.at if one.kind in ENDS else 0.0
        last = {"subject": one.subject, "kind": one.kind.value, "error": one.error}
        values = {"ended_at": ended, "told_at": told, **last}
        if known is None:
            fresh = {"name": one.incident, "opened_at": one.at, "count": 1}
            done = self._connection.execute(insert(table).values(**fresh, **values))
            return int(done.inserted_primary_key[0]), due  # type: ignore[index]  # a table with a key always gives one
        values["count"] = known.count + 1
        self._connection.execute(update(table).where(table.c.number == known.number).values(**values))
        return known.number, due

    def _end(self, name: str) -> None:
        where = (table.c.name == name[:_LONGEST_NAME], table.c.ended_at == 0)
        self._connection.execute(update(table).where(*where).values(ended_at=self._now))


def _when_told(known: Incident | None, one: Alert, again_after: float) -> float:
    """Return when an alert of an incident is to be told: at once, but the same trouble only after a while."""
    if known is None or (known.kind, known.error) != (one.kind, one.error) or one.at >= known.told_at + again_after:
        return one.at
    # `told_at` lies ahead where something of the incident waits already: this waits with it.
    return known.told_at if one.at < known.told_at else known.told_at + again_after


def _take(connection: Connection, number: int) -> bool:
    return connection.execute(delete(alert_news).where(alert_news.c.number == number)).rowcount == 1


def _wants_digest(one: Subscription) -> bool:
    return one.active and AlertKind.DIGEST in one.kinds


def _last_digest(one: Subscription, now: float) -> float:
    return last_minute(now, one.day_at, zone_of(one.zone))


def _incident(row: Row[Any]) -> Incident:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to a row's names
    return Incident(**{**values, "kind": AlertKind(row.kind)})
