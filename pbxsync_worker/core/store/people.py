"""People who use the web admin: names, roles, Argon2 passwords, and the throttle on wrong ones."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from pbxsync_worker.core.model.errors import Invalid, NotFound
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import join, say
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.store.tables import attempt, used_ticket
from pbxsync_worker.core.store.tables import person as table

# RFC 9106's second recommendation scaled to a PBX's memory: 19 MiB, 2 passes.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
MIN_PASSWORD = 12
GUEST = "@pbx"
"""Ends the names of guests, and of nobody else."""
_REMEMBERED = 3600.0
"""Seconds for which a used ticket is remembered; it is good for much less."""


_HOW_MANY = select(func.count()).where(table.c.password != "")


class Role(StrEnum):
    """What a person may do: look; also run jobs and roll back; also change everything."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can log in.

    epoch: rises with a new password, and ends older sessions; guest: has no password here, the PBX's own panel
    vouches for them each time.
    """

    id: int
    name: str
    role: Role
    language: str
    epoch: int
    guest: bool = False


class People:
    """Everyone who can log in."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def count(self) -> int:
        """Return how many people have a password; 0 means that the first administrator is still to be made."""
        with self._database.read() as connection:
            return connection.execute(_HOW_MANY).scalar_one()

    def all(self) -> tuple[Person, ...]:
        """Return everyone by name."""
        with self._database.read() as connection:
            return tuple(_from_row(row) for row in connection.execute(select(table).order_by(table.c.name)))

    def get(self, identity: int) -> Person:
        """Return one person; raise NotFound."""
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.id == identity)).first()
        if row is None:
            raise NotFound(what="person", name=str(identity))
        return _from_row(row)

    def add(self, name: str, password: str, role: Role, language: str = "", *, first: bool = False) -> Person:
        """Add a person; first: only if nobody is there yet. Raise Invalid with all problems."""
        problems = _problems(name, password)
        if problems:
            raise Invalid(what="Person", problems=join(problems))
        hashed = _HASHER.hash(password)
        try:
            with self._database.write() as connection:
                if first and connection.execute(_HOW_MANY).scalar_one():
                    raise Invalid(what="Person", problems=say("the first administrator exists already"))
                values = {"password": hashed, "role": role.value, "language": language, "epoch": 1}
                connection.execute(insert(table).values(name=name, **values))
                row = connection.execute(select(table).where(table.c.name == name)).one()
        except IntegrityError as error:
            raise Invalid(what="Person", problems=say("the name {name} is taken", name=name)) from error
        return _from_row(row)

    def welcome(self, name: str, role: Role, ticket: str) -> Person | None:
        """Return the guest whom a ticket names, made or brought to this role; None for a ticket that was used before.

        name: as the panel calls them; ticket: what is on no other ticket.
        """
        if not self.burn(ticket):
            return None
        values = {"role": role.value, "password": "", "language": ""}
        known = select(table).where(table.c.name == f"{name}{GUEST}", table.c.password == "")
        with self._database.write() as connection:
            row = connection.execute(known).first()
            if row is None:
                connection.execute(insert(table).values(name=f"{name}{GUEST}", epoch=1, **values))
            elif row.role != role.value:
                connection.execute(update(table).where(table.c.id == row.id).values(role=role.value))
            return _from_row(connection.execute(known).one())

    def burn(self, ticket: str) -> bool:
        """Note that a ticket was used; False where it was used before."""
        now = self._clock.now()
        try:
            with self._database.write() as connection:
                connection.execute(delete(used_ticket).where(used_ticket.c.at < now - _REMEMBERED))
                connection.execute(insert(used_ticket).values(id=ticket, at=now))
        except IntegrityError:
            return False
        return True

    def check(self, name: str, password: str) -> Person | None:
        """Return the person whose password this is; None otherwise, after the same amount of work."""
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.name == name)).first()
        try:
            _HASHER.verify(row.password if row else _NOBODY, password)
        except (VerificationError, InvalidHashError):
            return None
        return _from_row(row) if row else None

    def set_password(self, identity: int, password: str) -> None:
        """Give a new password and end every session; raise Invalid for a weak one, or for a guest."""
        problems = _problems("name", password)
        if self.get(identity).guest:
            problems = [say("people of the panel have no password here")]
        if problems:
            raise Invalid(what="Password", problems=join(problems))
        values = {"password": _HASHER.hash(password), "epoch": table.c.epoch + 1}
        with self._database.write() as connection:
            connection.execute(update(table).where(table.c.id == identity).values(**values))

    def end_sessions(self, identity: int) -> None:
        """End every session of a person, stolen ones too."""
        with self._database.write() as connection:
            connection.execute(update(table).where(table.c.id == identity).values(epoch=table.c.epoch + 1))

    def set_role(self, identity: int, role: Role) -> None:
        """Change a role; raise Invalid where the last administrator would be lost."""
        with self._database.write() as connection:
            self._keep_an_admin(connection, identity, stays=role is Role.ADMIN)
            connection.execute(update(table).where(table.c.id == identity).values(role=role.value))

    def set_language(self, identity: int, language: str) -> None:
        """Remember the language a person reads."""
        with self._database.write() as connection:
            connection.execute(update(table).where(table.c.id == identity).values(language=language))

    def remove(self, identity: int) -> None:
        """Remove a person; raise Invalid where the last administrator would be lost."""
        with self._database.write() as connection:
            self._keep_an_admin(connection, identity, stays=False)
            connection.execute(delete(table).where(table.c.id == identity))

    def _keep_an_admin(self, connection: Any, identity: int, *, stays: bool) -> None:
        admins = (table.c.role == Role.ADMIN.value, table.c.password != "", table.c.id != identity)
        others = select(func.count()).where(*admins)
        if not stays and connection.execute(others).scalar_one() == 0:
            raise Invalid(what="Person", problems=say("somebody must stay administrator"))

    def failed(self, kind: str, who: str, within: float) -> int:
        """Return how many failures of this kind were noted for somebody within the last seconds."""
        since = self._clock.now() - within
        query = select(func.count()).where(attempt.c.kind == kind, attempt.c.who == who[:128], attempt.c.at > since)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one()

    def note_failure(self, kind: str, who: str) -> None:
        """Note a failure: a wrong password, a wrong pairing code."""
        now = self._clock.now()
        with self._database.write() as connection:
            connection.execute(delete(attempt).where(attempt.c.at < now - 86400))
            connection.execute(insert(attempt).values(kind=kind, who=who[:128], at=now))


_NOBODY = _HASHER.hash("nobody has this password")


def _problems(name: str, password: str) -> list[str]:
    problems = []
    if not 1 <= len(name) <= 64 or not name.isprintable() or name != name.strip():
        problems.append(say("a name has 1 to 64 printable characters"))
    if name.endswith(GUEST):
        problems.append(say("names that end with {guest} belong to the people of the panel", guest=GUEST))
    if len(password) < MIN_PASSWORD:
        problems.append(say("a password has at least {least} characters", least=MIN_PASSWORD))
    if len(password) > 256:
        problems.append(say("a password has at most {most} characters", most=256))
    return problems


def _from_row(row: Row[Any]) -> Person:
    return Person(row.id, row.name, Role(row.role), row.language, row.epoch, guest=not row.password)
