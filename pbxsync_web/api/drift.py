"""Drift: for each job and target what differed at the last look, since when, and what was heard since."""

from pbxsync_web.api.endpoint import endpoint
from pbxsync_web.api.values import Answer
from pbxsync_web.pages.drift import changed_on, looked_at
from pbxsync_web.parts import the_store
from pbxsync_web.present import told
from pbxsync_worker.core.store.drift import Look


class DriftValue(Answer, frozen=True):
    """One target of a job; differs: null before the first look, run: the look, whose plan says what differs.

    since: when it was first seen to differ, 0 where it does not; looked_at: how old that knowledge is, 0 before the
    first look; source_changed: how much changed on the source since a host read it, null where that is not known.
    """

    group: str
    job: str
    source: str
    target: str
    differs: bool | None
    sentence: str
    since: float
    looked_at: float
    run: str
    source_changed: int | None


@endpoint("GET /drift", list[DriftValue])
def drift() -> list[DriftValue]:
    """List what differs and since when, jobs that differ first; nothing is looked at for it."""
    store = the_store()
    known, all_jobs = looked_at(store)
    changed = {source: changed_on(store, source) for source in {job.source for _group, job in all_jobs}}
    return [
        _value((one.group, job.name, job.source, target), known.get((one.group, job.name, target)), changed[job.source])
        for one, job in all_jobs
        for target in job.targets
    ]


def _value(way: tuple[str, str, str, str], look: Look | None, changed: int | None) -> DriftValue:
    if look is None:
        return DriftValue(*way, None, "", 0.0, 0.0, "", changed)
    run = look.run
    return DriftValue(*way, look.differs, told(run.sentence), look.since, run.moved_at, run.id, changed)
