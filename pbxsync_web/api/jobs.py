"""Jobs: start one, make, change or remove one."""

from dataclasses import replace
from http import HTTPStatus

from msgspec import UNSET
from msgspec.structs import asdict

from pbxsync_web.access import me
from pbxsync_web.api.endpoint import endpoint, name_in
from pbxsync_web.api.groups import job_value
from pbxsync_web.api.values import AskedValue, JobValue, SaveJob, Started, StartRun
from pbxsync_web.api.wishes import asked_value, wish
from pbxsync_web.pages.groups import managed
from pbxsync_web.parts import the_parts, the_store
from pbxsync_worker.core.handover import Order, request_job
from pbxsync_worker.core.model.coherence import check_jobs
from pbxsync_worker.core.model.errors import Invalid, NotFound
from pbxsync_worker.core.model.host import Catalogue, Job
from pbxsync_worker.core.model.run import Mode
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.core.store.people import Role


@endpoint("GET /groups/<group>/jobs/<name>", JobValue)
def job_one(group: str, name: str) -> JobValue:
    """Tell of one job."""
    return job_value(the_store().catalogues.current(group).job(name))


@endpoint(
    "POST /groups/<group>/jobs/<name>/runs",
    Started,
    role=Role.OPERATOR,
    body=StartRun,
    status=HTTPStatus.ACCEPTED,
)
def start_run(group: str, name: str, body: StartRun) -> Started:
    """Start a job, or show what it would do."""
    parts = the_parts()
    catalogue = parts.store.catalogues.current(group)
    order = Order(Mode(body.mode), me().name, targets=tuple(body.targets))
    runs = request_job(parts.store, parts.waker, parts.store.hosts.me().id, catalogue, catalogue.job(name), order)
    return Started(runs[0].rollout, [run.id for run in runs])


@endpoint("PUT /groups/<group>/jobs/<name>", AskedValue, role=Role.ADMIN, body=SaveJob, status=HTTPStatus.ACCEPTED)
def save_job(group: str, name: str, body: SaveJob) -> AskedValue:
    """Make a job, or change one; every member of the group gets the new catalogue."""
    catalogue = managed(group)
    job = _job(catalogue, name, body)
    if job.source in job.targets or len(set(job.targets)) != len(job.targets):
        raise Invalid(what=say("Job {name}", name=name), problems=say("each target once, and not the source"))
    changed = catalogue.with_job(job)
    check_jobs(changed)
    return asked_value(wish(SaveCatalogue(changed), me().name))


@endpoint("POST /groups/<group>/jobs/<name>/pause", AskedValue, role=Role.OPERATOR, status=HTTPStatus.ACCEPTED)
def pause_job(group: str, name: str) -> AskedValue:
    """Let nothing start the job but a person."""
    return _pause(managed(group), name, paused=True)


@endpoint("POST /groups/<group>/jobs/<name>/resume", AskedValue, role=Role.OPERATOR, status=HTTPStatus.ACCEPTED)
def resume_job(group: str, name: str) -> AskedValue:
    """Let the job start by itself again; what it missed is not made up."""
    return _pause(managed(group), name, paused=False)


@endpoint("DELETE /groups/<group>/jobs/<name>", AskedValue, role=Role.ADMIN, status=HTTPStatus.ACCEPTED)
def remove_job(group: str, name: str) -> AskedValue:
    """Take a job out of its group; its runs stay."""
    catalogue = managed(group)
    catalogue.job(name)
    return asked_value(wish(SaveCatalogue(catalogue.without_job(name)), me().name))


def _pause(catalogue: Catalogue, name: str, *, paused: bool) -> AskedValue:
    changed = catalogue.with_job(replace(catalogue.job(name), paused=paused))
    return asked_value(wish(SaveCatalogue(changed), me().name))


def _job(catalogue: Catalogue, name: str, body: SaveJob) -> Job:
    try:
        known = catalogue.job(name)
    except NotFound:
        known = Job(name_in("job", name), body.title, body.dataset, body.source, ())
    given = {one: value for one, value in asdict(body).items() if value is not UNSET}
    return replace(known, **given | {"targets": tuple(body.targets)})
