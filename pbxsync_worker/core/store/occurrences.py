"""When jobs start by themselves: what is due, what was started, and what their sources told."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from pbxsync_worker.core.model.occurrence import Cause, Occurrence, SourceChange, Stage
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.run import Run
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.store.runs import add_runs
from pbxsync_worker.core.store.tables import job_watch, source_change, source_root
from pbxsync_worker.core.store.tables import occurrence as table

KEPT = 5000
"""Occurrences of a job that are remembered, by their number, not their time: a clock that jumps must not forget."""

JobKey = tuple[str, str]
"""Names of a group and of a job in it."""

THIS_HOST: JobKey = ("", "")
"""In place of a job: somebody says that something changed here, and whatever is taken from here is looked at."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Up to when the times of a job are dealt with, seconds since 1970, and of which schedule."""

    looked_at: float
    definition: str


class _TakenError(Exception):
    """Ends the transaction that would start what another scheduler has started."""


class Occurrences:
    """What started by itself, and when; each call is one transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def watches(self) -> Mapping[JobKey, Watch]:
        """Return how far every job is dealt with."""
        with self._database.read() as connection:
            rows = connection.execute(select(job_watch))
            return {(row.group, row.job): Watch(row.looked_at, row.definition) for row in rows}

    def waiting(self) -> Mapping[JobKey, tuple[Occurrence, ...]]:
        """Return what is due and has not started, of every job."""
        found: dict[JobKey, tuple[Occurrence, ...]] = {}
        with self._database.read() as connection:
            for row in connection.execute(select(table).where(table.c.stage == Stage.WAITING.value)):
                key = (row.group, row.job)
                found[key] = (*found.get(key, ()), _from_row(row))
        return found

    def changes(self) -> Mapping[JobKey, SourceChange]:
        """Return what sources told since their jobs started last."""
        with self._database.read() as connection:
            rows = connection.execute(select(source_change))
            return {(row.group, row.job): SourceChange(row.first_at, row.last_at) for row in rows}

    def stages(self, job: JobKey, since: float) -> Mapping[int, Stage]:
        """Return what became of the times of a job's schedule that are later than `since`."""
        where = (*_of(job), table.c.cause == Cause.SCHEDULE.value, table.c.at > since)
        with self._database.read() as connection:
            rows = connection.execute(select(table.c.at, table.c.stage).where(*where))
            return {row.at: Stage(row.stage) for row in rows}

    def newest_change(self, job: JobKey) -> int:
        """Return `at` of the newest occurrence that a change made, 0 for none."""
        where = (*_of(job), table.c.cause == Cause.CHANGE.value)
        with self._database.read() as connection:
            return connection.execute(select(func.max(table.c.at)).where(*where)).scalar() or 0

    def last(self, job: JobKey, count: int) -> tuple[Occurrence, ...]:
        """Return the newest occurrences of a job, newest first."""
        query = select(table).where(*_of(job)).order_by(table.c.number.desc()).limit(count)
        with self._database.read() as connection:
            return tuple(_from_row(row) for row in connection.execute(query))

    def take(
        self,
        job: JobKey,
        watch: tuple[Watch | None, Watch],
        started: Occurrence | None,
        others: Collection[Occurrence] = (),
        runs: Sequence[Run] = (),
        changed: SourceChange | None = None,
    ) -> bool:
        """Write what was decided for a job, all or nothing: the mark, what starts with its runs, what waits or not.

        watch: the mark that was read and the new one; changed: what its source told, which the start answers. Gives
        False where another scheduler was faster; then nothing was written.
        """
        try:
            with self._database.write() as connection:
                _mark(connection, job, *watch)
                for one in others:
                    _put(connection, one)
                if started is not None:
                    _start(connection, started)
                    _answer(connection, job, started, changed)
                    add_runs(connection, runs, self._clock.now())
                    _forget(connection, job)
        except (_TakenError, IntegrityError):
            return False
        return True

    def tell_change(self, jobs: Collection[JobKey]) -> None:
        """Write down that something changed at the source of jobs."""
        with self._database.write() as connection:
            for job in jobs:
                _tell(connection, job, self._clock.now())

    def see(self, job: JobKey, root: str) -> bool:
        """Write down what a job would take from this host now (hex); where it is another than before, as a change."""
        where = (source_root.c.group == job[0], source_root.c.job == job[1])
        with self._database.write() as connection:
            if connection.execute(select(source_root.c.root).where(*where)).scalar() == root:
                return False
            connection.execute(delete(source_root).where(*where))
            connection.execute(insert(source_root).values(group=job[0], job=job[1], root=root))
            _tell(connection, job, self._clock.now())
        return True

    def forget_change(self, job: JobKey, changed: SourceChange) -> None:
        """Forget what a source told, unless it told more since."""
        with self._database.write() as connection:
            connection.execute(delete(source_change).where(*_told(job, changed)))


def _of(job: JobKey) -> tuple[Any, Any]:
    return table.c.group == job[0], table.c.job == job[1]


def _told(job: JobKey, changed: SourceChange) -> tuple[Any, Any, Any]:
    columns = source_change.c
    return columns.group == job[0], columns.job == job[1], columns.last_at == changed.last_at


def _tell(connection: Connection, job: JobKey, now: float) -> None:
    where = (source_change.c.group == job[0], source_change.c.job == job[1])
    if not connection.execute(update(source_change).where(*where).values(last_at=now)).rowcount:
        connection.execute(insert(source_change).values(group=job[0], job=job[1], first_at=now, last_at=now))


def _mark(connection: Connection, job: JobKey, seen: Watch | None, new: Watch) -> None:
    if seen is None:
        connection.execute(insert(job_watch).values(group=job[0], job=job[1], **asdict(new)))
        return
    columns = job_watch.c
    as_seen = (columns.looked_at == seen.looked_at, columns.definition == seen.definition)
    query = update(job_watch).where(columns.group == job[0], columns.job == job[1], *as_seen)
    if connection.execute(query.values(**asdict(new))).rowcount != 1:
        raise _TakenError


def _put(connection: Connection, one: Occurrence) -> bool:
    """Write an occurrence; one that was started stays as it is: then return False."""
    values = {**asdict(one), "cause": one.cause.value, "stage": one.stage.value}
    named = (*_of((one.group, one.job)), table.c.cause == one.cause.value, table.c.at == one.at)
    open_still = (*named, table.c.stage != Stage.STARTED.value)
    if connection.execute(update(table).where(*open_still).values(**values)).rowcount:
        return True
    if connection.execute(select(table.c.number).where(*named)).first():
        return False
    connection.execute(insert(table).values(**values))
    return True


def _start(connection: Connection, one: Occurrence) -> None:
    if not _put(connection, one):
        raise _TakenError


def _answer(connection: Connection, job: JobKey, started: Occurrence, changed: SourceChange | None) -> None:
    if changed is None:
        return
    gone = connection.execute(delete(source_change).where(*_told(job, changed))).rowcount
    if not gone and started.cause is Cause.CHANGE:
        raise _TakenError


def _forget(connection: Connection, job: JobKey) -> None:
    newest = select(table.c.number).where(*_of(job)).order_by(table.c.number.desc())
    oldest = connection.execute(newest.offset(KEPT).limit(1)).scalar()
    if oldest is not None:
        old = (*_of(job), table.c.number <= oldest, table.c.stage != Stage.WAITING.value)
        connection.execute(delete(table).where(*old))


def _from_row(row: Row[Any]) -> Occurrence:
    values = {**row._mapping, "cause": Cause(row.cause), "stage": Stage(row.stage)}  # noqa: SLF001 - as SQLAlchemy says
    values.pop("number")
    return Occurrence(**values)
