"""Jobs: a dataset, its source, its targets; Preview and Sync now."""

from dataclasses import replace
from zoneinfo import available_timezones

from flask import Blueprint, render_template, request, url_for
from flask import redirect as go_to
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from pbxsync_web.access import admin, me, operator
from pbxsync_web.forms import Refused
from pbxsync_web.forms import jobs as form
from pbxsync_web.job_words import in_zone, job_choices, job_word
from pbxsync_web.pages.groups import managed, manages
from pbxsync_web.pages.wishes import ask
from pbxsync_web.parts import the_parts, the_store
from pbxsync_web.sheets import sheet
from pbxsync_worker.core.handover import Order, request_job
from pbxsync_worker.core.model.host import Catalogue, Job
from pbxsync_worker.core.model.run import Mode, Run
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.core.store.outlook import ahead

page = Blueprint("jobs", __name__)
PAGE_LENGTH = 50


@page.get("/jobs")
def overview() -> str:
    """Show the jobs of all farms."""
    catalogues = the_store().catalogues.all()
    jobs = [(one, job) for one in catalogues for job in one.jobs]
    shown = sheet(jobs, PAGE_LENGTH, lambda one: f"{one[1].title} {one[1].name} {one[0].title}")
    newest = the_store().runs.newest() if jobs else {}
    return render_template("jobs/overview.html", catalogues=catalogues, jobs=shown, newest=newest, manages=manages)


@page.get("/groups/<group>/jobs/<name>")
def one(group: str, name: str) -> str:
    """Show one job with its last runs and the plan shown last."""
    catalogue = the_store().catalogues.current(group)
    job = catalogue.job(name)
    runs = _runs(catalogue, job)[:10]
    plans = ((run, the_store().runs.plan(run.id)) for run in runs)
    shown = next(((run, saved) for run, saved in plans if saved is not None), None)
    return render_template(
        "jobs/one.html",
        catalogue=catalogue,
        job=job,
        runs=runs,
        shown=shown,
        here=manages(catalogue),
        ahead=ahead(the_store(), catalogue, job, the_store().hosts.me().id, the_parts().clock.now()),
        others={one.name: one.title for one in catalogue.jobs},
        job_word=job_word,
        in_zone=in_zone,
    )


@page.post("/groups/<group>/jobs/<name>/pause")
@operator
def pause(group: str, name: str) -> Response:
    """Let nothing start the job but a person, or let it start by itself again."""
    catalogue = managed(group)
    paused = request.form.get("paused") == "1"
    changed = catalogue.with_job(replace(catalogue.job(name), paused=paused))
    return ask(SaveCatalogue(changed), url_for("jobs.one", group=group, name=name))


@page.post("/groups/<group>/jobs/<name>/run")
@operator
def run(group: str, name: str) -> Response:
    """Start the job as a preview or for good."""
    mode = request.form.get("mode", "")
    if mode not in (Mode.PLAN, Mode.APPLY):
        raise BadRequest
    parts = the_parts()
    catalogue = parts.store.catalogues.current(group)
    order = Order(Mode(mode), me().name)
    runs = request_job(parts.store, parts.waker, parts.store.hosts.me().id, catalogue, catalogue.job(name), order)
    return go_to(where_runs_are(runs), 303)


def where_runs_are(runs: tuple[Run, ...]) -> str:
    """Return the page that shows what was just started."""
    if len(runs) == 1:
        return url_for("runs.one", identity=runs[0].id)
    return url_for("runs.rollout", identity=runs[0].rollout)


@page.get("/groups/<group>/jobs/new")
@admin
def new(group: str) -> str:
    """Show the form of a new job: from the primary to everybody else."""
    catalogue = managed(group)
    others = tuple(host.id for host in catalogue.hosts if host.id != catalogue.primary)
    first = catalogue.datasets[0].name if catalogue.datasets else ""
    dataset = request.args.get("dataset", first)
    return _form(catalogue, None, form.to_form(Job("", "", dataset, catalogue.primary, others)), {})


@page.post("/groups/<group>/jobs/new")
@admin
def create(group: str) -> Response | tuple[str, int]:
    """Add a job to the farm."""
    return _save(managed(group), None)


@page.get("/groups/<group>/jobs/<name>/edit")
@admin
def edit(group: str, name: str) -> str:
    """Show the form of a job."""
    catalogue = managed(group)
    job = catalogue.job(name)
    return _form(catalogue, job, form.to_form(job), {})


@page.post("/groups/<group>/jobs/<name>/edit")
@admin
def change(group: str, name: str) -> Response | tuple[str, int]:
    """Change a job."""
    catalogue = managed(group)
    return _save(catalogue, catalogue.job(name))


@page.get("/groups/<group>/jobs/<name>/remove")
@admin
def remove(group: str, name: str) -> str:
    """Ask whether the job shall go."""
    catalogue = managed(group)
    return render_template("jobs/remove.html", catalogue=catalogue, job=catalogue.job(name))


@page.post("/groups/<group>/jobs/<name>/remove")
@admin
def remove_now(group: str, name: str) -> Response:
    """Take the job out of the farm; its runs stay."""
    catalogue = managed(group)
    catalogue.job(name)
    return ask(SaveCatalogue(catalogue.without_job(name)), url_for("groups.one", group=group))


def _save(catalogue: Catalogue, known: Job | None) -> Response | tuple[str, int]:
    read = form.read(request.form, catalogue, known)
    if isinstance(read, Refused):
        return _form(catalogue, known, request.form, read.problems), 400
    then = url_for("jobs.one", group=catalogue.group, name=read.name)
    return ask(SaveCatalogue(catalogue.with_job(read)), then)


def _form(catalogue: Catalogue, known: Job | None, values: MultiDict[str, str], problems: object) -> str:
    targets = values.getlist("target")
    places = max(len(catalogue.hosts) - 1, 1)
    return render_template(
        "jobs/edit.html",
        catalogue=catalogue,
        job=known,
        values=values,
        problems=problems,
        targets=[targets[at] if at < len(targets) else "" for at in range(places)],
        zones=sorted(available_timezones()),
        choices=job_choices(),
        others=[one for one in catalogue.jobs if known is None or one.name != known.name],
    )


def _runs(catalogue: Catalogue, job: Job) -> list[Run]:
    return [run for run in the_store().runs.find(job=job.name, limit=30) if run.group == catalogue.group]
