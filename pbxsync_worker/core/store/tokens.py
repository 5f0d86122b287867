"""Tokens of the API: a name, a role, an end; what is stored cannot be used to log in."""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from pbxsync_worker.core.model.errors import Invalid, NotFound
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import join, say
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.store.people import Role
from pbxsync_worker.core.store.tables import token as table

_MARK = "pbxsync"
_DAY = 86400.0
MOST_DAYS = 3650
_NOTED = 60.0
"""Seconds between two notes of when a token was used."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret; times in seconds since 1970, used_at: 0 for never."""

    id: str
    name: str
    role: Role
    made_by: str
    made_at: float
    expires_at: float
    used_at: float


class Tokens:
    """The tokens that programs use instead of a person's password."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def all(self) -> tuple[Token, ...]:
        """Return the tokens by name, expired ones too."""
        with self._database.read() as connection:
            return tuple(_from_row(row) for row in connection.execute(select(table).order_by(table.c.name)))

    def get(self, identity: str) -> Token:
        """Return one token; raise NotFound."""
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.id == identity)).first()
        if row is None:
            raise NotFound(what="token", name=identity)
        return _from_row(row)

    def add(self, name: str, role: Role, days: int, by: str) -> str:
        """Make a token and return its text, which nobody can show again; raise Invalid with all problems.

        A name is given once: whoever asked for something is known by it.
        """
        problems = []
        if not 1 <= len(name) <= 64 or not name.isprintable() or name != name.strip():
            problems.append(say("a name has 1 to 64 printable characters"))
        if not 1 <= days <= MOST_DAYS:
            problems.append(say("a token lives 1 to {most} days", most=MOST_DAYS))
        if problems:
            raise Invalid(what="Token", problems=join(problems))
        identity, secret, now = secrets.token_hex(6), secrets.token_urlsafe(32), self._clock.now()
        times = {"made_at": now, "expires_at": now + days * _DAY, "used_at": 0.0}
        values = {"id": identity, "name": name, "role": role.value, "made_by": by, "hash": _hash(secret), **times}
        with self._database.write() as connection:
            if connection.execute(select(table.c.id).where(table.c.name == name)).first():
                raise Invalid(what="Token", problems=say("another token has this name: take that token back first"))
            connection.execute(insert(table).values(**values))
        return f"{_MARK}_{identity}_{secret}"

    def check(self, text: str) -> Token | None:
        """Return the token whose text this is, None for any that is unknown or has expired."""
        mark, _, rest = text.partition("_")
        identity, _, secret = rest.partition("_")
        now = self._clock.now()
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.id == identity)).first()
        right = hmac.compare_digest(row.hash if row else _hash(""), _hash(secret))
        if row is None or not right or mark != _MARK or now >= row.expires_at:
            return None
        if now - row.used_at > _NOTED:
            with self._database.write() as connection:
                connection.execute(update(table).where(table.c.id == identity).values(used_at=now))
        return _from_row(row)

    def remove(self, identity: str) -> Token:
        """Take a token back, at once; raise NotFound."""
        gone = self.get(identity)
        with self._database.write() as connection:
            connection.execute(delete(table).where(table.c.id == identity))
        return gone


def _hash(secret: str) -> str:
    # The secret has 256 random bits: nothing that a slow hash would protect from guessing.
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def _from_row(row: Row[Any]) -> Token:
    times = (row.made_at, row.expires_at, row.used_at)
    return Token(row.id, row.name, Role(row.role), row.made_by, *times)
