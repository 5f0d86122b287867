"""Reads what differs between the hosts of a job, as it was seen when somebody or something last looked."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, select

from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.store.runs import run_from_row
from pbxsync_worker.core.store.tables import run as table

DIFFERS = (State.PREVIEWED, State.HELD)
IN_STEP = (State.UNCHANGED, State.COMMITTED)


@dataclass(frozen=True, slots=True)
class Look:
    """The last run that compared a job's source with one target.

    since: when a difference was first seen after both were last in step, seconds since 1970; 0 where nothing differed.
    """

    run: Run
    since: float

    @property
    def differs(self) -> bool:
        """Tell whether something differed."""
        return self.run.state in DIFFERS


def looks(database: Database) -> Mapping[tuple[str, str, str], Look]:
    """Return the last look by (group, job, target); a rollback to an older state does not compare two hosts."""
    key = (table.c.group, table.c.job, table.c.target)
    differs, in_step = _one_of(DIFFERS), _one_of(IN_STEP)
    compared = (table.c.goal == "", differs | in_step)
    well = func.max(case((in_step, table.c.requested_at), else_=0.0))
    last = (
        select(*key, func.max(table.c.requested_at).label("last"), well.label("well")).where(*compared).group_by(*key)
    )
    known = last.subquery()
    same = and_(*(column == known.c[column.name] for column in key))
    newest = select(table).join(known, and_(same, table.c.requested_at == known.c.last)).where(*compared)
    first = select(*key, func.min(table.c.requested_at).label("first")).join(known, same)
    first = first.where(table.c.goal == "", differs, table.c.requested_at > known.c.well).group_by(*key)
    with database.read() as connection:
        begun = {tuple(row)[:3]: float(row.first) for row in connection.execute(first)}
        runs = [run_from_row(row) for row in connection.execute(newest)]
    return {
        (one.group, one.job, one.target): Look(one, begun.get((one.group, one.job, one.target), 0.0)) for one in runs
    }


def _one_of(states: tuple[State, ...]) -> ColumnElement[bool]:
    return table.c.state.in_([state.value for state in states])
