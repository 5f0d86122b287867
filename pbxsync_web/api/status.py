"""This host at a glance."""

from pbxsync_web.api.endpoint import endpoint
from pbxsync_web.api.values import JobStatus, Status
from pbxsync_web.parts import the_store
from pbxsync_web.present import told
from pbxsync_worker.core.model.host import Catalogue, Job
from pbxsync_worker.core.model.run import ENDED, State

_BAD = frozenset({State.HELD, State.FAILED, State.ROLLED_BACK})


@endpoint("GET /status", Status)
def status() -> Status:
    """Tell how this host and each of its jobs fare."""
    store = the_store()
    me = store.hosts.me()
    jobs = [_status_of(one, job) for one in store.catalogues.all() for job in one.jobs]
    return Status(
        host=me.name,
        id=me.id,
        good=not any(job.state in _BAD for job in jobs),
        running=sum(1 for job in jobs if job.state and State(job.state) not in ENDED),
        held=sum(1 for job in jobs if job.state == State.HELD),
        jobs=jobs,
    )


def _status_of(catalogue: Catalogue, job: Job) -> JobStatus:
    runs = [run for run in the_store().runs.find(job=job.name, limit=50) if run.group == catalogue.group]
    last = runs[0] if runs else None
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
        good_at=next((run.moved_at for run in runs if run.state in (State.COMMITTED, State.UNCHANGED)), 0.0),
    )
