"""Opens our own database: SQLite (WAL, BEGIN IMMEDIATE) by default, MariaDB or PostgreSQL by URL."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, inspect
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import OperationalError

from pbxsync_worker.core.model.errors import Retry

NEWEST = "0001"
"""The newest migration; a test holds it against the folder."""

_CACHE = 512
"""kB of pages that one SQLite connection keeps; what it keeps no more is still in the system's own cache."""

log = logging.getLogger(__name__)


class StoreBusy(Retry):
    """Our own database did not answer in time."""

    code = "store-busy"
    template = "The store did not answer: {reason}"
    remedy = "It is tried again; if it stays, check disk space and the database server."


class Database:
    """Transactions on one engine; safe to share between threads, opened anew in each process."""

    def __init__(self, url: str, *, lasting: bool = True) -> None:
        """Open it; lasting: a transaction that ended survives a power cut, else the last ones may be lost together."""
        self.url = url
        self.engine = _engine(url, lasting=lasting)
        self._passing: Database | None = None
        self._together = threading.local()

    @property
    def passing(self) -> "Database":
        """Return the same database for what is measured again in a moment: its transactions wait for no disk."""
        if self._passing is None:
            self._passing = Database(self.url, lasting=False)
        return self._passing

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make one writing transaction of everything that this thread reads and writes here meanwhile."""
        with self.write() as connection:
            self._together.connection = connection
            try:
                yield
            finally:
                self._together.connection = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One writing transaction: others wait from its start, so what it read stays true until it commits."""
        if (joined := self._joined) is not None:
            yield joined
            return
        with self._translated(), self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent look that disturbs nobody."""
        if (joined := self._joined) is not None:
            yield joined
            return
        with self._translated(), self.engine.connect() as connection:
            yield connection

    @property
    def _joined(self) -> Connection | None:
        found: Connection | None = getattr(self._together, "connection", None)
        return found

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            raise StoreBusy(reason=str(error.orig)) from error

    def migrate(self) -> None:
        """Bring the tables to the newest shape; nothing happens where they are."""
        if self._version() == NEWEST:
            return
        # Here, because no process that finds its tables in order should pay for loading Alembic.
        from alembic import command  # noqa: PLC0415
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def _version(self) -> str:
        with self.engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return ""
            return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() or "")

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()
        if self._passing is not None:
            self._passing.close()


def _engine(url: str, *, lasting: bool) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, isolation_level="READ COMMITTED")
    # isolation_level None keeps the driver from starting transactions behind our back.
    arguments = {"timeout": 30, "isolation_level": None, "check_same_thread": False}
    # The one that was used last first: in turn, all of them would fill their caches with the same pages.
    engine = create_engine(url, connect_args=arguments, pool_use_lifo=True)
    event.listen(engine, "connect", _prepare_sqlite if lasting else _prepare_passing)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON", f"cache_size=-{_CACHE}")
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def _prepare_passing(connection: Any, record: object) -> None:
    _prepare_sqlite(connection, record)
    # In WAL mode this loses whole transactions at the end of the log at worst, and harms nothing.
    connection.execute("PRAGMA synchronous=NORMAL")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
