"""Reads what differs between the hosts of a job, as it was seen when somebody or something last looked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, String, column, func, select, values

from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.store.runs import run_from_row
from pbxsync_worker.core.store.tables import run as table

DIFFERS = (State.PREVIEWED, State.HELD)
IN_STEP = (State.UNCHANGED, State.COMMITTED)
Key = tuple[str, str, str]
"""Group, job and target."""

_AT_ONCE = 1000  # databases limit how many values one statement may bring


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


def looks(database: Database, asked: Iterable[Key]) -> Mapping[Key, Look]:
    """Return the last look at each key that had one; a rollback to an older state compares no hosts."""
    keys = list(asked)
    with database.read() as connection:
        runs = [one for start in range(0, len(keys), _AT_ONCE) for one in _last(connection, keys[start:][:_AT_ONCE])]
        begun = _begun(connection, [one for one in runs if one.state in DIFFERS])
    return {
        (one.group, one.job, one.target): Look(one, begun.get((one.group, one.job, one.target), 0.0)) for one in runs
    }


def _last(connection: Connection, keys: Sequence[Key]) -> Sequence[Run]:
    """Find each from the newest run of its job backwards, so that a long history costs nothing."""
    wanted = values(*(column(name, String) for name in ("group", "job", "target"))).data(keys).cte("wanted")
    mine = table.alias("mine")
    newest = (
        select(mine.c.id)
        .where(*(mine.c[name] == wanted.c[name] for name in ("group", "job", "target")))
        .where(mine.c.goal == "", mine.c.state.in_([state.value for state in (*DIFFERS, *IN_STEP)]))
        .order_by(mine.c.requested_at.desc())
        .limit(1)
        .correlate(wanted)
        .scalar_subquery()
    )
    return [run_from_row(row) for row in connection.execute(select(table).join(wanted, table.c.id == newest))]


def _begun(connection: Connection, runs: Sequence[Run]) -> Mapping[tuple[str, str, str], float]:
    """Return when a difference was first seen since the two were last in step; of few jobs, so only those are read."""
    if not runs:
        return {}
    key = (table.c.group, table.c.job, table.c.target)
    of_jobs = (table.c.goal == "", table.c.job.in_({one.job for one in runs}))
    well = select(*key, func.max(table.c.requested_at).label("at")).where(*of_jobs, _one_of(IN_STEP)).group_by(*key)
    was_well = {(row.group, row.job, row.target): float(row.at) for row in connection.execute(well)}
    seen = select(*key, table.c.requested_at).where(*of_jobs, _one_of(DIFFERS)).order_by(table.c.requested_at.desc())
    found: dict[tuple[str, str, str], float] = {}
    for group, job, target, at in connection.execute(seen):
        if at > was_well.get((group, job, target), 0.0):
            found[group, job, target] = float(at)
    return found


def _one_of(states: tuple[State, ...]) -> ColumnElement[bool]:
    return table.c.state.in_([state.value for state in states])
