"""When jobs start by themselves: what is due, what was started, and what their sources told."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, bindparam, delete, func, insert, select, update
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

_AT_ONCE = 500
"""Occurrences that one statement names."""

JobKey = tuple[str, str]
"""Names of a group and of a job in it."""

THIS_HOST: JobKey = ("", "")
"""In place of a job: somebody says that something changed here, and whatever is taken from here is looked at."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Up to when the times of a job are dealt with, seconds since 1970, and of which schedule."""

    looked_at: float
    definition: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided for a job: the mark, what starts with its runs, what waits or is skipped.

    seen: the mark that was read, None for none; changed: what its source told, which the start answers.
    """

    job: JobKey
    seen: Watch | None
    watch: Watch
    started: Occurrence | None = None
    others: Collection[Occurrence] = ()
    runs: Sequence[Run] = ()
    changed: SourceChange | None = None


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

    def stages(self, jobs: Collection[JobKey], since: float) -> Mapping[JobKey, Mapping[int, Stage]]:
        """Return what became of the times of these jobs' schedules, and maybe of others', later than `since`."""
        found: dict[JobKey, dict[int, Stage]] = {}
        where = (*_of_any(table, jobs), table.c.cause == Cause.SCHEDULE.value, table.c.at > since)
        with self._database.read() as connection:
            for row in connection.execute(select(table.c.group, table.c.job, table.c.at, table.c.stage).where(*where)):
                found.setdefault((row.group, row.job), {})[row.at] = Stage(row.stage)
        return found

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

    def lately(self, count: int) -> Mapping[JobKey, tuple[Occurrence, ...]]:
        """Return the newest occurrences of every job whose times are dealt with here, newest first."""
        older = table.alias()
        of_job = (older.c.group == job_watch.c.group, older.c.job == job_watch.c.job)
        first = select(older.c.number).where(*of_job).order_by(older.c.number.desc()).offset(count - 1).limit(1)
        same = (table.c.group == job_watch.c.group) & (table.c.job == job_watch.c.job)
        since = func.coalesce(first.correlate(job_watch).scalar_subquery(), 0)
        query = select(table).join(job_watch, same & (table.c.number >= since)).order_by(table.c.number.desc())
        found: dict[JobKey, tuple[Occurrence, ...]] = {}
        with self._database.read() as connection:
            for row in connection.execute(query):
                key = (row.group, row.job)
                found[key] = (*found.get(key, ()), _from_row(row))
        return found

    def take(self, word: Decided) -> bool:
        """Write what was decided for a job, all or nothing.

        Gives False where another scheduler was faster; then nothing was written.
        """
        return self._take([word])

    def take_all(self, words: Sequence[Decided]) -> tuple[bool, ...]:
        """Write what was decided for several jobs, in one transaction; where another was faster, in one each."""
        if not words or self._take(words):
            return (True,) * len(words)
        return tuple(self.take(word) for word in words)

    def _take(self, words: Sequence[Decided]) -> bool:
        starting = [word for word in words if word.started is not None]
        try:
            with self._database.write() as connection:
                _mark(connection, words)
                _put(connection, [one for word in words for one in word.others])
                _put(connection, [word.started for word in starting if word.started is not None], start=True)
                for word in starting:
                    _answer(connection, word)
                add_runs(connection, [run for word in starting for run in word.runs], self._clock.now())
                _forget(connection, [word.job for word in starting])
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


def _of_any(where: Table, jobs: Collection[JobKey]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return what is true of these jobs, and of others: SQLite searches no index by pairs of values."""
    return where.c.group.in_({group for group, _ in jobs}), where.c.job.in_({job for _, job in jobs})


def _told(job: JobKey, changed: SourceChange) -> tuple[Any, Any, Any]:
    columns = source_change.c
    return columns.group == job[0], columns.job == job[1], columns.last_at == changed.last_at


def _tell(connection: Connection, job: JobKey, now: float) -> None:
    where = (source_change.c.group == job[0], source_change.c.job == job[1])
    if not connection.execute(update(source_change).where(*where).values(last_at=now)).rowcount:
        connection.execute(insert(source_change).values(group=job[0], job=job[1], first_at=now, last_at=now))


def _mark(connection: Connection, words: Sequence[Decided]) -> None:
    # Locked where the database can: SQLite lets nobody else write anyway.
    query = select(job_watch).where(*_of_any(job_watch, [word.job for word in words])).with_for_update()
    known = {(row.group, row.job): Watch(row.looked_at, row.definition) for row in connection.execute(query)}
    if any(known.get(word.job) != word.seen for word in words):
        raise _TakenError
    new = [{"group": word.job[0], "job": word.job[1], **asdict(word.watch)} for word in words if word.seen is None]
    moved = [
        {"of_group": word.job[0], "of_job": word.job[1], **asdict(word.watch)}
        for word in words
        if word.seen not in (None, word.watch)
    ]
    if new:
        connection.execute(insert(job_watch), new)
    if moved:
        named = (job_watch.c.group == bindparam("of_group"), job_watch.c.job == bindparam("of_job"))
        connection.execute(update(job_watch).where(*named), moved)


def _put(connection: Connection, ones: Sequence[Occurrence], *, start: bool = False) -> None:
    """Write occurrences; what was started stays as it is, and if it is to start again the transaction ends."""
    for first in range(0, len(ones), _AT_ONCE):
        _put_some(connection, ones[first : first + _AT_ONCE], start=start)


def _put_some(connection: Connection, ones: Sequence[Occurrence], *, start: bool) -> None:
    columns = (table.c.group, table.c.job, table.c.cause, table.c.at)
    names = [(one.group, one.job, one.cause.value, one.at) for one in ones]
    times = table.c.at.between(min(one.at for one in ones), max(one.at for one in ones))
    where = (*_of_any(table, [name[:2] for name in names]), table.c.cause.in_({name[2] for name in names}), times)
    query = select(table.c.number, table.c.stage, *columns).where(*where).with_for_update()
    known = {tuple(row[2:]): row for row in connection.execute(query)}
    new, changed = [], []
    for name, one in zip(names, ones, strict=True):
        values = {**asdict(one), "cause": one.cause.value, "stage": one.stage.value}
        if name not in known:
            new.append(values)
        elif known[name].stage != Stage.STARTED.value:
            changed.append({**values, "of_number": known[name].number})
        elif start:
            raise _TakenError
    if new:
        connection.execute(insert(table), new)
    if changed:
        connection.execute(update(table).where(table.c.number == bindparam("of_number")), changed)


def _answer(connection: Connection, word: Decided) -> None:
    if word.changed is None or word.started is None:
        return
    gone = connection.execute(delete(source_change).where(*_told(word.job, word.changed))).rowcount
    if not gone and word.started.cause is Cause.CHANGE:
        raise _TakenError


def _forget(connection: Connection, jobs: Collection[JobKey]) -> None:
    many = select(table.c.group, table.c.job).where(*_of_any(table, jobs)).group_by(table.c.group, table.c.job)
    for group, job in connection.execute(many.having(func.count() > KEPT)).all():
        of_job = _of((group, job))
        newest = select(table.c.number).where(*of_job).order_by(table.c.number.desc())
        oldest = connection.execute(newest.offset(KEPT).limit(1)).scalar_one()
        old = (*of_job, table.c.number <= oldest, table.c.stage != Stage.WAITING.value)
        connection.execute(delete(table).where(*old))


def _from_row(row: Row[Any]) -> Occurrence:
    values = {**row._mapping, "cause": Cause(row.cause), "stage": Stage(row.stage)}  # noqa: SLF001 - as SQLAlchemy says
    values.pop("number")
    return Occurrence(**values)
