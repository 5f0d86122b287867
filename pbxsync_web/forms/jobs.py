"""The job form: what travels, from which host, to which hosts in which order."""

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from pbxsync_web.forms import Refused, new_name, read_number, read_title
from pbxsync_worker.core.model.host import Catalogue, Job

PROBE_SECONDS = (5, 600)


def to_form(job: Job) -> MultiDict[str, str]:
    """Return a job as the texts of its form."""
    form: MultiDict[str, str] = MultiDict(
        {"title": job.title, "dataset": job.dataset, "source": job.source, "probe_seconds": str(job.probe_seconds)}
    )
    form.setlist("target", list(job.targets))
    return form


def read(form: MultiDict[str, str], catalogue: Catalogue, known: Job | None) -> Job | Refused:
    """Return the job that a form describes; known: the one that is edited."""
    problems: dict[str, str] = {}
    title = read_title(form.get("title", ""), problems)
    name = known.name if known else new_name(title, {job.name for job in catalogue.jobs} | {"new"}, problems)
    members = {host.id for host in catalogue.hosts}
    dataset, source = form.get("dataset", ""), form.get("source", "")
    if dataset not in {one.name for one in catalogue.datasets}:
        problems["dataset"] = _("Choose a dataset.")
    if source not in members:
        problems["source"] = _("Choose a host of the farm.")
    targets = tuple(target for target in form.getlist("target") if target)
    if not targets or not set(targets) <= members:
        problems["target"] = _("Choose at least one host of the farm.")
    elif source in targets:
        problems["target"] = _("The source cannot be a target as well.")
    elif len(set(targets)) != len(targets):
        problems["target"] = _("Choose each target once.")
    seconds = read_number(form.get("probe_seconds", ""), *PROBE_SECONDS, problems, "probe_seconds")
    return Refused(problems) if problems else Job(name, title, dataset, source, targets, seconds)
