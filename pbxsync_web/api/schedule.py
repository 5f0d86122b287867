"""When jobs start by themselves: the next times, why one does not run now, and what started lately."""

from pbxsync_web.api.endpoint import endpoint
from pbxsync_web.api.values import Answer
from pbxsync_web.parts import the_parts
from pbxsync_web.present import told
from pbxsync_worker.core.model.host import Catalogue, Job
from pbxsync_worker.core.model.occurrence import Occurrence
from pbxsync_worker.core.store.outlook import Ahead, ahead, aheads


class StartValue(Answer, frozen=True):
    """A start of a job by itself; due: when it was to be; started_at: 0 where it did not; rollout: what was started."""

    cause: str
    due: float
    stage: str
    sentence: str
    rollout: str
    started_at: float


class StartsValue(Answer, frozen=True):
    """When a job starts; why: why it does not run now; next: its next times; past: newest first."""

    group: str
    job: str
    when: str
    zone: str
    paused: bool
    why: str
    next: list[float]
    past: list[StartValue]


@endpoint("GET /schedule", list[StartsValue])
def schedule() -> list[StartsValue]:
    """Tell of every job when it starts next."""
    parts = the_parts()
    catalogues = parts.store.catalogues.all()
    found = aheads(parts.store, catalogues, parts.store.hosts.me().id, parts.clock.now()) if catalogues else ()
    return [_starts(*one) for one in found]


@endpoint("GET /groups/<group>/jobs/<name>/starts", StartsValue)
def job_starts(group: str, name: str) -> StartsValue:
    """Tell of one job when it starts next, and what started by itself lately."""
    parts = the_parts()
    catalogue = parts.store.catalogues.current(group)
    job = catalogue.job(name)
    return _starts(catalogue, job, ahead(parts.store, catalogue, job, parts.store.hosts.me().id, parts.clock.now()))


def _starts(catalogue: Catalogue, job: Job, seen: Ahead) -> StartsValue:
    times, past = [float(at) for at in seen.next], [_start(one) for one in seen.past]
    schedule = job.schedule
    names = (catalogue.group, job.name, schedule.when, schedule.zone)
    return StartsValue(*names, job.paused, told(seen.why), times, past)


def _start(one: Occurrence) -> StartValue:
    return StartValue(one.cause.value, one.due, one.stage.value, told(one.sentence), one.rollout, one.started_at)
