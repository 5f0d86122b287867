"""One transaction over some tables of a database, tried again where others stand in its way."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

from pbxsync_worker.core.model.errors import DatabaseRefused, DatabaseSilent, TargetChanged, Unsupported
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.groups import Group
from pbxsync_worker.datasets.mysql.link import DEADLOCK, LOCK_WAIT, Link, Login
from pbxsync_worker.datasets.mysql.marker import is_marked
from pbxsync_worker.datasets.mysql.resolve import Common, resolve
from pbxsync_worker.datasets.mysql.schema import foreign_keys
from pbxsync_worker.datasets.mysql.selected import Selected
from pbxsync_worker.datasets.mysql.staging import Staged

T = TypeVar("T")
Connect = Callable[[Login], Link]

_TRIES = 8
_FIRST_PAUSE = 0.05
_COME_BACK_SECONDS = 30.0


@dataclass(frozen=True)
class Work:
    """What is to be rewritten in one table of the database as it is now."""

    selected: Selected
    groups: tuple[Group, ...]

    def back(self) -> "Work":
        """Return the way back."""
        return Work(self.selected, tuple(group.reversed for group in self.groups))


def work_of(link: Link, login: Login, staged: Staged) -> tuple[Work, ...]:
    """Return a staged change on the tables as they are now; raise TargetChanged where one is defined otherwise."""
    specs = [spec for table in staged.tables for spec in table.specs]
    common = [Common(table.spec.base, table.common) for table in staged.tables]
    try:
        found = {one.spec.base: one for one in resolve(link, login.database, specs, common)}
    except Unsupported as error:
        raise TargetChanged(name=f"A table of {staged.database}") from error
    for table in staged.tables:
        if table.spec.base not in found or found[table.spec.base].digest != table.selection:
            raise TargetChanged(name=f"Table {table.spec.table}")
    return tuple(Work(found[table.spec.base], table.groups) for table in staged.tables)


class Server:
    """The server of one database: connections, and transactions that outlive deadlocks and lost answers."""

    def __init__(self, login: Login, clock: Clock, connect: Connect = Link) -> None:
        self.login = login
        self._clock = clock
        self._connect = connect

    def connect(self) -> Link:
        """Return a new connection, for the caller to close."""
        return self._connect(self.login)

    @contextmanager
    def link(self) -> Iterator[Link]:
        """Give an open connection, closed at the end."""
        link = self.connect()
        try:
            yield link
        finally:
            link.close()

    def patiently(self, act: Callable[[], T]) -> T:
        """Do something again, after a pause that grows, as long as it meets deadlocks or locks of others."""
        pause = _FIRST_PAUSE
        for _ in range(_TRIES):
            try:
                return act()
            except DatabaseRefused as error:
                if error.fields["number"] not in (DEADLOCK, LOCK_WAIT):
                    raise
            self._clock.sleep(pause)
            pause *= 2
        raise DatabaseSilent(name=self.login.database, reason=say("others hold locks on the rows"))

    @contextmanager
    def transaction(self, link: Link) -> Iterator[None]:
        """Hold a transaction without the server's foreign key actions; it is rolled back where the caller raises.

        Foreign keys are looked at when all rows are written: their order does not matter then, and no cascade touches
        a row that is not in the plan.
        """
        link.run(b"SET SESSION foreign_key_checks = 0")
        link.run(b"START TRANSACTION")
        try:
            yield
        except BaseException:
            with suppress(DatabaseSilent, DatabaseRefused):
                link.run(b"ROLLBACK")
            raise

    def commit(self, link: Link, run: str, *, marked: bool) -> bool:
        """Commit; return whether the transaction is in the database, also where no answer came.

        marked: what it does to the marker of the run. Raise DatabaseSilent where the server stays away: then it is
        told later.
        """
        try:
            link.run(b"COMMIT")
        except DatabaseSilent:
            return self.is_marked(run) is marked
        return True

    def is_marked(self, run: str) -> bool:
        """Ask a new connection for the marker of a run, waiting for the server to come back."""
        until = self._clock.monotonic() + _COME_BACK_SECONDS
        while True:
            try:
                return self.patiently(lambda: self._ask(run))
            except DatabaseSilent:
                if self._clock.monotonic() >= until:
                    raise
            self._clock.sleep(0.2)

    def _ask(self, run: str) -> bool:
        with self.link() as link:
            return is_marked(link, run)

    def orphans(self, link: Link, work: Sequence[Work]) -> dict[str, int]:
        """Count the rows whose parent is missing, by foreign key."""
        tables = {one.selected.table.name: one.selected.table for one in work}
        keys = foreign_keys(link, self.login.database, tables)
        return {f"{one.child}.{one.name}": int(link.all(one.orphans)[0][0] or 0) for one in keys}

    def refuse_new_orphans(self, link: Link, work: Sequence[Work], before: dict[str, int]) -> None:
        """Raise Unsupported where a foreign key is more broken than before."""
        now = self.orphans(link, work)
        broken = sorted(name for name, count in now.items() if count > before.get(name, 0))
        if broken:
            reason = f"rows would be left without the row that their foreign key names: {', '.join(broken)}"
            raise Unsupported(what="Writing the rows", reason=reason)
