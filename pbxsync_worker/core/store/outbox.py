"""The outbox: alerts become letters here, and each letter is marked before it is sent and after.

A letter that was being sent when the power went is sent again under the same Message-ID, by which a mail server or a
reader knows it. Nothing is taken out because a server is away; `docs/alerts.md` says what becomes of it.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from pbxsync_worker.core.model.alert import Alert
from pbxsync_worker.core.model.errors import Invalid, NotFound
from pbxsync_worker.core.model.letter import OPEN, Letter, LetterState, Waiting, gather, server_of
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.subscription import Channel, Subscription
from pbxsync_worker.core.store.alert_tables import alert, alert_server, delivery, incident
from pbxsync_worker.core.store.alert_tables import letter as table
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.store.subscriptions import all_of
from pbxsync_worker.core.wire import unpack

_HOUR = 3600.0
_KEPT = 30 * 24 * 3600.0
_ROWS = 500
_OPEN = [state.value for state in OPEN]


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter as the outbox holds it.

    count: alerts in it; tries: how often it was begun to be sent; answer: what the server said last.
    """

    number: int
    letter: Letter
    count: int
    server: str
    state: LetterState
    tries: int
    next_at: float
    ended_at: float
    answer: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """A server that took nothing when it was last tried; since, next_at: seconds since 1970; trouble: a sentence."""

    name: str
    failures: int
    since: float
    next_at: float
    trouble: str


class Outbox:
    """Letters on their way."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def gather(self, domain: str) -> int:
        """Put what is due into letters, and return how many; domain: what their Message-IDs end with.

        One transaction for each recipient. While a server is in trouble only enough is made to try it with.
        """
        now, made = self._clock.now(), 0
        due = select(delivery.c.subscription).where(delivery.c.letter == 0, delivery.c.due_at <= now).distinct()
        with self._database.read() as connection:
            numbers = [row.subscription for row in connection.execute(due)]
        for number in numbers:
            with self._database.write() as connection:
                wish = all_of(connection).get(number)
                made += _gather_for(connection, number, wish, now, domain) if wish else 0
        return made

    def due(self, most: int = 50) -> tuple[tuple[int, str], ...]:
        """Return (number, server) of letters to send now, none for servers that are left alone for a while.

        Those that were tried least come first: a letter over which a server breaks the connection holds up no other.
        """
        now = self._clock.now()
        alone = select(alert_server.c.name).where(alert_server.c.next_at > now)
        where = (table.c.state.in_(_OPEN), table.c.next_at <= now, table.c.server.not_in(alone))
        query = select(table.c.number, table.c.server).where(*where).order_by(table.c.tries, table.c.number)
        with self._database.read() as connection:
            return tuple((row.number, row.server) for row in connection.execute(query.limit(most)))

    def begin(self, number: int) -> Posted | None:
        """Mark a letter as being sent and return it; None where it is not to be sent any more."""
        values = {"state": LetterState.SENDING.value, "tries": table.c.tries + 1}
        return self.get(number) if self._change(number, values) else None

    def sent(self, one: Posted, answer: str) -> None:
        """Mark a letter as sent; its server works."""
        self._end(one.number, LetterState.SENT, answer)
        with self._database.write() as connection:
            connection.execute(delete(alert_server).where(alert_server.c.name == one.server))

    def refused(self, one: Posted, answer: str) -> None:
        """Mark a letter that the server will not take; it is not tried again."""
        self._end(one.number, LetterState.REFUSED, answer)

    def put_off(self, one: Posted, answer: str, wait: float, keep: float) -> None:
        """Let a letter wait; wait: seconds; keep: seconds after its making when it is given up."""
        now = self._clock.now()
        if now > one.letter.made_at + keep:
            self._end(one.number, LetterState.GIVEN_UP, answer)
        else:
            self._change(
                one.number, {"state": LetterState.WAITING.value, "next_at": now + wait, "answer": answer[:2000]}
            )

    def server_failed(self, name: str, trouble: str, next_at: float) -> None:
        """Leave a server alone until then."""
        now = self._clock.now()
        where = alert_server.c.name == name
        values = {"failures": alert_server.c.failures + 1, "next_at": next_at, "trouble": trouble[:2000]}
        with self._database.write() as connection:
            if connection.execute(update(alert_server).where(where).values(**values)).rowcount == 0:
                fresh = {"failures": 1, "since": now, "next_at": next_at, "trouble": trouble[:2000]}
                connection.execute(insert(alert_server).values(name=name, **fresh))

    def troubles(self) -> dict[str, Trouble]:
        """Return the servers in trouble by name."""
        with self._database.read() as connection:
            return {row.name: Trouble(*row) for row in connection.execute(select(alert_server))}

    def letters(self, state: str = "", most: int = 100, before: int = 0) -> tuple[Posted, ...]:
        """Return letters, newest first, each with its newest alert only: a digest holds thousands.

        state: only those; before: only those with a smaller number.
        """
        query = select(table).order_by(table.c.number.desc()).limit(most)
        if state:
            query = query.where(table.c.state == state)
        if before:
            query = query.where(table.c.number < before)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            newest = _newest(connection, [row.number for row in rows])
            return tuple(_posted(row, *newest[row.number]) for row in rows)

    def get(self, number: int) -> Posted:
        """Return one letter; raise NotFound."""
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.number == number)).first()
            if row is None:
                raise NotFound(what="letter", name=str(number))
            joined = select(alert.c.document).join(delivery, delivery.c.alert == alert.c.number)
            told = connection.execute(joined.where(delivery.c.letter == number).order_by(delivery.c.number))
            alerts = tuple(unpack(each.document, Alert) for each in told)
            return _posted(row, alerts, len(alerts))

    def waiting(self) -> dict[int, tuple[int, float]]:
        """Return by subscription (how many alerts are in no letter yet, when the first of them is due)."""
        query = select(delivery.c.subscription, func.count(), func.min(delivery.c.due_at)).where(delivery.c.letter == 0)
        with self._database.read() as connection:
            rows = connection.execute(query.group_by(delivery.c.subscription))
            return {number: (count, first) for number, count, first in rows}

    def counts(self) -> dict[str, int]:
        """Return how many letters are in which state."""
        with self._database.read() as connection:
            rows = connection.execute(select(table.c.state, func.count()).group_by(table.c.state))
            return {row[0]: row[1] for row in rows}

    def resend(self, number: int) -> Posted:
        """Send a letter again at once, under its Message-ID, and try its server; raise NotFound."""
        one = self.get(number)
        now = self._clock.now()
        values = {"state": LetterState.WAITING.value, "next_at": now, "tries": 0, "made_at": now, "ended_at": 0.0}
        with self._database.write() as connection:
            connection.execute(update(table).where(table.c.number == number).values(**values))
            connection.execute(update(alert_server).where(alert_server.c.name == one.server).values(next_at=now))
        return one

    def drop(self, number: int) -> Posted:
        """Send a letter no more; raise NotFound, or Invalid where it is not on its way."""
        one = self.get(number)
        if one.state not in OPEN or not self._end(number, LetterState.DROPPED, one.answer):
            raise Invalid(what=say("Letter {number}", number=number), problems=say("it is not on its way"))
        return one

    def tidy(self) -> None:
        """Forget letters that ended a month ago, with their alerts, and incidents that ended then."""
        old = self._clock.now() - _KEPT
        gone = select(table.c.number).where(table.c.ended_at > 0, table.c.ended_at < old)
        needed = select(delivery.c.alert)
        with self._database.write() as connection:
            connection.execute(delete(delivery).where(delivery.c.letter.in_(gone)))
            connection.execute(delete(table).where(table.c.ended_at > 0, table.c.ended_at < old))
            connection.execute(delete(alert).where(alert.c.at < old, alert.c.number.not_in(needed)))
            connection.execute(delete(incident).where(incident.c.ended_at > 0, incident.c.ended_at < old))

    def _end(self, number: int, state: LetterState, answer: str) -> bool:
        return self._change(number, {"state": state.value, "ended_at": self._clock.now(), "answer": answer[:2000]})

    def _change(self, number: int, values: dict[str, Any]) -> bool:
        """Change a letter that is on its way; somebody may have dropped it meanwhile."""
        where = (table.c.number == number, table.c.state.in_(_OPEN))
        with self._database.write() as connection:
            return connection.execute(update(table).where(*where).values(**values)).rowcount == 1


def _gather_for(connection: Connection, number: int, wish: Subscription, now: float, domain: str) -> int:
    open_rows = (delivery.c.subscription == number, delivery.c.letter == 0)
    columns = (delivery.c.number, delivery.c.incident, delivery.c.at, delivery.c.due_at)
    rows = connection.execute(select(*columns).where(*open_rows).order_by(delivery.c.number))
    letters = gather([Waiting(*row) for row in rows], now, _room(connection, wish, now))
    for each in letters:
        incidents = {one.incident for one in each}
        _make(connection, number, wish, each, incidents.pop() if len(incidents) == 1 else 0, now, domain)
    return len(letters)


def _room(connection: Connection, wish: Subscription, now: float) -> int:
    """Return how many letters a recipient may get now; one at a time while the server is in trouble."""
    server = server_of(wish.channel, wish.to)
    recent = (table.c.to == wish.to, table.c.channel == wish.channel.value, table.c.made_at > now - _HOUR)
    count = select(func.count()).select_from(table)
    room = wish.per_hour - int(connection.execute(count.where(*recent)).scalar_one())
    if connection.execute(select(alert_server.c.name).where(alert_server.c.name == server)).first():
        unsent = connection.execute(count.where(table.c.server == server, table.c.state.in_(_OPEN))).scalar_one()
        return min(room, 0 if unsent else 1)
    return room


def _make(
    connection: Connection,
    number: int,
    wish: Subscription,
    content: Sequence[Waiting],
    of_incident: int,
    now: float,
    domain: str,
) -> None:
    first = (table.c.subscription == number, table.c.incident == of_incident)
    thread = connection.execute(select(table.c.message_id).where(*first).order_by(table.c.number).limit(1)).scalar()
    done = connection.execute(
        insert(table).values(
            message_id=f"{secrets.token_hex(12)}@{domain}",
            thread=thread if thread and of_incident else "",
            incident=of_incident,
            subscription=number,
            channel=wish.channel.value,
            server=server_of(wish.channel, wish.to),
            to=wish.to,
            language=wish.language,
            zone=wish.zone,
            state=LetterState.WAITING.value,
            tries=0,
            next_at=now,
            made_at=now,
            ended_at=0.0,
            answer="",
        )
    )
    identity = done.inserted_primary_key[0]  # type: ignore[index]  # a table with a key always gives one
    numbers = [one.number for one in content]
    for at in range(0, len(numbers), _ROWS):
        within = delivery.c.number.in_(numbers[at : at + _ROWS])
        connection.execute(update(delivery).where(within).values(letter=identity))


def _newest(connection: Connection, letters: Sequence[int]) -> dict[int, tuple[tuple[Alert, ...], int]]:
    """Return (its newest alert, how many it holds) of each letter."""
    last = select(delivery.c.letter, func.max(delivery.c.number).label("last"), func.count().label("count"))
    within = last.where(delivery.c.letter.in_(letters)).group_by(delivery.c.letter).subquery()
    query = select(within.c.letter, within.c.count, alert.c.document)
    query = query.join(delivery, delivery.c.number == within.c.last).join(alert, alert.c.number == delivery.c.alert)
    found = {row[0]: ((unpack(row[2], Alert),), row[1]) for row in connection.execute(query)}
    return {number: found.get(number, ((), 0)) for number in letters}


def _posted(row: Row[Any], alerts: tuple[Alert, ...], count: int) -> Posted:
    names = (row.message_id, row.thread, row.subscription, Channel(row.channel), row.to, row.language, row.zone)
    letter = Letter(*names, row.made_at, alerts)
    state = LetterState(row.state)
    return Posted(row.number, letter, count, row.server, state, row.tries, row.next_at, row.ended_at, row.answer)
