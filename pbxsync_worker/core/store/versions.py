"""Who has which version of what, since when: of this host from its own runs, of the others as they tell."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete, insert, select

from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.report import Version
from pbxsync_worker.core.model.run import Mode, State
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.store.tables import baseline, host_version, run

SAME = 3.0
"""Seconds by which the times of one and the same run may differ."""

_WELL = (State.COMMITTED.value, State.UNCHANGED.value)


@dataclass(frozen=True, slots=True)
class HostVersion:
    """What a host has of a job; at: when its last run ended well, since: since when it has this, both since 1970."""

    host: str
    group: str
    job: str
    source: str
    run: str
    root: str
    since: float
    at: float


class Versions:
    """What each host has of each job."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def current(self, me: str, group: str, job: str) -> Version | None:
        """Return what this host has of a job since its last run that ended well, None before the first."""
        of = (run.c.group == group, run.c.job == job, run.c.target == me, run.c.here.is_(True))
        newest = select(run).where(*of, run.c.mode == Mode.APPLY.value, run.c.state.in_(_WELL))
        base = select(baseline).where(baseline.c.group == group, baseline.c.job == job)
        with self._database.read() as connection:
            good = connection.execute(newest.order_by(run.c.requested_at.desc()).limit(1)).first()
            known = connection.execute(base).first()
            if good is None or known is None:
                return None
            since = connection.execute(select(run.c.moved_at).where(run.c.id == known.run)).scalar()
        now = self._clock.now()
        ages = (max(0.0, now - good.requested_at), max(0.0, now - (since or good.moved_at)))
        return Version(group, job, good.source, known.run, known.theirs, *ages)

    def forget(self, host: str) -> None:
        """Forget a host."""
        with self._database.write() as connection:
            connection.execute(delete(host_version).where(host_version.c.host == host))

    def keep(self, host: str, versions: Sequence[Version]) -> None:
        """Store what a host says it has; nothing is written where nothing changed but its age."""
        now = self._clock.now()
        rows = [
            HostVersion(host, one.group, one.job, one.source, one.run, one.root, now - one.since_s, now - one.age_s)
            for one in versions
        ]
        rows.sort(key=lambda one: (one.group, one.job))
        known = self.of(host)
        if len(known) == len(rows) and all(map(_alike, known, rows)):
            return
        with self._database.write() as connection:
            connection.execute(delete(host_version).where(host_version.c.host == host))
            for one in rows:
                connection.execute(insert(host_version).values(**{name: getattr(one, name) for name in _COLUMNS}))

    def of(self, host: str = "") -> tuple[HostVersion, ...]:
        """Return what a host has of each job, or what every host has, sorted."""
        query = select(host_version).order_by(host_version.c.host, host_version.c.group, host_version.c.job)
        if host:
            query = query.where(host_version.c.host == host)
        with self._database.read() as connection:
            return tuple(
                HostVersion(**{name: getattr(row, name) for name in _COLUMNS}) for row in connection.execute(query)
            )


_COLUMNS = ("host", "group", "job", "source", "run", "root", "since", "at")


def _alike(one: HostVersion, other: HostVersion) -> bool:
    """Tell whether two say the same; ages that travelled make times that differ a little."""
    apart = max(abs(one.at - other.at), abs(one.since - other.since))
    return replace(one, at=0.0, since=0.0) == replace(other, at=0.0, since=0.0) and apart < SAME
