"""One connection to a MySQL or MariaDB server; the only module that knows the driver.

The session's character set is `binary`: what is sent and received are the bytes as they are stored, nothing is
converted on the way. Times are in UTC, so that no hour of the year is ambiguous.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import mysql.connector
from mysql.connector.constants import ClientFlag

from pbxsync_worker.core.model.errors import DatabaseRefused, DatabaseSilent, NoSpace

Value = bytes | int | None
"""What is bound to a `%s`: bytes as they are, a number for columns of whole numbers, or NULL."""

Row = tuple[bytes | None, ...]

DEADLOCK = 1213
LOCK_WAIT = 1205
DUPLICATE = 1062

_FULL = frozenset({1021, 1114, 28, 128, 135, 136})
_REFUSED_AT_THE_DOOR = frozenset({1044, 1045, 1049, 1129, 1130, 1524, 1698})
_GONE = frozenset({1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1317, 1927})
_FETCH = 500

# Without the modes that refuse zero dates or make a number of an empty one: what the source holds must be storable.
_SQL_MODE = "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION"
_SESSION = (
    "SET NAMES binary",
    f"SET SESSION sql_mode='{_SQL_MODE}', time_zone='+00:00', innodb_lock_wait_timeout=5, lock_wait_timeout=10",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
)


@dataclass(frozen=True, slots=True)
class Login:
    """How to reach one database of this host.

    socket: path of the unix socket, else host and port; ca: file with the authority of the server's certificate, ""
    for a connection without TLS; password: asked for at every connection, so that no copy of it is kept; database:
    its real name; seconds: how long the server may stay silent.
    """

    user: str
    password: Callable[[], str]
    database: str
    socket: str = ""
    host: str = "127.0.0.1"
    port: int = 3306
    ca: str = ""
    seconds: int = 60


class Link:
    """One open connection, in autocommit mode until a transaction is begun."""

    def __init__(self, login: Login) -> None:
        """Connect; raise DatabaseSilent, or DatabaseRefused for a login that is not taken."""
        self._name = login.database
        with self._translated():
            self._connection = mysql.connector.connect(**_arguments(login))
            try:
                for statement in _SESSION:
                    self._connection.cmd_query(statement)
                # One for all statements: the driver asks the server whether it is there for each cursor that it makes.
                self._cursor: Any = self._connection.cursor(raw=True)
            except BaseException:
                self.close()
                raise

    def rows(self, sql: bytes, values: Sequence[Value] = ()) -> Iterator[Row]:
        """Stream the rows of a query; memory holds a few hundred at a time. Must be read to its end."""
        with self._translated():
            self._cursor.execute(sql, tuple(values))
            while part := self._cursor.fetchmany(_FETCH):
                yield from part

    def all(self, sql: bytes, values: Sequence[Value] = ()) -> list[Row]:
        """Return the rows of a small query."""
        return list(self.rows(sql, values))

    def run(self, sql: bytes, values: Sequence[Value] = ()) -> int:
        """Execute a statement that changes something; return how many rows it found, changed or not."""
        with self._translated():
            self._cursor.execute(sql, tuple(values))
            return int(self._cursor.rowcount)

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back by the server."""
        with suppress(mysql.connector.Error, OSError):
            self._connection.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except mysql.connector.Error as error:
            raise _meaning(error, self._name) from error
        except OSError as error:
            raise DatabaseSilent(name=self._name, reason=error.strerror or "the connection broke") from error


def _arguments(login: Login) -> dict[str, object]:
    where: dict[str, object] = {"unix_socket": login.socket, "ssl_disabled": True}
    if not login.socket:
        where = {"host": login.host, "port": login.port, "ssl_disabled": not login.ca}
        if login.ca:
            where |= {"ssl_ca": login.ca, "ssl_verify_cert": True, "ssl_verify_identity": True}
    return where | {
        "user": login.user,
        "password": login.password(),
        "database": login.database,
        "use_pure": True,
        "charset": "utf8mb4",
        "collation": "utf8mb4_general_ci",
        "raw": True,
        "autocommit": True,
        "consume_results": True,
        "allow_local_infile": False,
        "client_flags": [ClientFlag.FOUND_ROWS],
        "connection_timeout": 10,
        "read_timeout": login.seconds,
        "write_timeout": login.seconds,
    }


def _meaning(error: mysql.connector.Error, name: str) -> DatabaseSilent | DatabaseRefused | NoSpace:
    """Translate the driver's error; numbers of 2000 to 2999 and below 1 are the client's: the connection broke."""
    number = int(error.errno or -1)
    reason = " ".join(str(error.msg or error).split())
    if number in _FULL:
        return NoSpace(path=f"the database {name}", free=0, needed="more")
    if number in _GONE or ((number < 1 or 2000 <= number < 3000) and number not in _REFUSED_AT_THE_DOOR):
        return DatabaseSilent(name=name, reason=reason)
    return DatabaseRefused(name=name, reason=reason, number=number)
