"""What is known of the next starts of jobs, for the people who look at it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pbxsync_worker.core.model.host import Catalogue, Job
from pbxsync_worker.core.model.occurrence import Occurrence
from pbxsync_worker.core.model.schedule import next_due, next_times
from pbxsync_worker.core.model.why import Outlook, why_not
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.store.occurrences import JobKey

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Ahead:
    """why: a stored sentence; next: seconds since 1970, the first one first; past: what started by itself lately."""

    why: str
    next: tuple[int, ...]
    past: tuple[Occurrence, ...]


def ahead(store: Store, catalogue: Catalogue, job: Job, me: str, now: float) -> Ahead:
    """Return when a job starts next, and why it does not run now."""
    key = (catalogue.group, job.name)
    return _Known(store, {key: store.occurrences.last(key, SHOWN)}).ahead(catalogue, job, me, now)


def aheads(
    store: Store, catalogues: Sequence[Catalogue], me: str, now: float
) -> tuple[tuple[Catalogue, Job, Ahead], ...]:
    """Return it of every job; what all of them need is read once, and only jobs that come after others cost more."""
    known = _Known(store, store.occurrences.lately(SHOWN))
    return tuple((one, job, known.ahead(one, job, me, now)) for one in catalogues for job in one.jobs)


class _Known:
    """What is read once, however many jobs are told about."""

    def __init__(self, store: Store, past: Mapping[JobKey, Sequence[Occurrence]]) -> None:
        self._store = store
        self._past = past
        self._watches = store.occurrences.watches()
        self._waiting = store.occurrences.waiting()
        self._changes = store.occurrences.changes()
        self._busy = store.runs.busy()
        self._standing = cache(store.runs.standing)

    def ahead(self, catalogue: Catalogue, job: Job, me: str, now: float) -> Ahead:
        key = (catalogue.group, job.name)
        watch = self._watches.get(key)
        due = None if job.paused or watch is None else next_due(job.schedule, "/".join(key), watch.looked_at)
        seen = Outlook(
            job,
            "" if catalogue.primary == me else catalogue.host(catalogue.primary).name,
            key in self._busy,
            self._waiting.get(key, ()),
            self._changes.get(key),
            0.0 if due is None else now - due,
            tuple(self._late(catalogue, job)),
        )
        times = () if job.paused else next_times(job.schedule, now, SHOWN)
        return Ahead(why_not(seen), times, tuple(self._past.get(key, ())))

    def _late(self, catalogue: Catalogue, job: Job) -> Iterator[str]:
        """Yield the titles of the jobs that have not ended well since this one started."""
        for name in job.after:
            ended_well = self._standing(catalogue.group, name).ended_well
            if ended_well <= self._standing(catalogue.group, job.name).started_at:
                yield catalogue.job(name).title
