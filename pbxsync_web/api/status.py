"""This host at a glance."""

from pbxsync_web.api.endpoint import endpoint
from pbxsync_web.api.values import JobStatus, Status
from pbxsync_web.parts import the_store
from pbxsync_web.present import told
from pbxsync_worker.core.model.host import Catalogue, Job
from pbxsync_worker.core.model.run import ENDED, Run, State

_GOOD = frozenset({State.COMMITTED, State.UNCHANGED})
_BAD = frozenset({State.HELD, State.FAILED, State.ROLLED_BACK})


@endpoint("GET /status", Status)
def status() -> Status:
    """Tell how this host and each of its jobs fare."""
    store = the_store()
    me = store.hosts.me()
    newest, good = store.runs.newest(), store.runs.newest(_GOOD)

    def fares(catalogue: Catalogue, job: Job) -> JobStatus:
        key = (catalogue.group, job.name)
        return _status_of(catalogue, job, newest.get(key), good.get(key))

    jobs = [fares(one, job) for one in store.catalogues.all() for job in one.jobs]
    return Status(
        host=me.name,
        id=me.id,
        good=not any(job.state in _BAD for job in jobs),
        running=sum(1 for job in jobs if job.state and State(job.state) not in ENDED),
        held=sum(1 for job in jobs if job.state == State.HELD),
        jobs=jobs,
    )


def _status_of(catalogue: Catalogue, job: Job, last: Run | None, good: Run | None) -> JobStatus:
    return JobStatus(
        group=catalogue.group,
        name=job.name,
        title=job.title,
        source=job.source,
        targets=list(job.targets),
        state=last.state if last else "",
        sentence=told(last.sentence) if last else "",
        run=last.id if last else "",
        at=last.moved_at if last else 0.0,
        good_at=good.moved_at if good else 0.0,
    )
