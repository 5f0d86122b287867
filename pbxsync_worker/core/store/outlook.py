"""What is known of a job's next start, for the people who look at it."""

from dataclasses import dataclass

from pbxsync_worker.core.model.host import Catalogue, Job
from pbxsync_worker.core.model.occurrence import Occurrence
from pbxsync_worker.core.model.schedule import next_due, next_times
from pbxsync_worker.core.model.why import Outlook, why_not
from pbxsync_worker.core.store import Store

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
    watch = store.occurrences.watches().get(key)
    standing = store.runs.standing(*key)
    due = None if job.paused or watch is None else next_due(job.schedule, "/".join(key), watch.looked_at)
    seen = Outlook(
        job,
        "" if catalogue.primary == me else catalogue.host(catalogue.primary).name,
        standing.busy,
        store.occurrences.waiting().get(key, ()),
        store.occurrences.changes().get(key),
        0.0 if due is None else now - due,
        tuple(
            catalogue.job(name).title
            for name in job.after
            if store.runs.standing(catalogue.group, name).ended_well <= standing.started_at
        ),
    )
    times = () if job.paused else next_times(job.schedule, now, SHOWN)
    return Ahead(why_not(seen), times, store.occurrences.last(key, SHOWN))
