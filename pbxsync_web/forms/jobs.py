"""The job form: what travels, from which host, to which hosts in which order, when it starts and what limits it."""

from dataclasses import replace
from enum import StrEnum
from typing import TypeVar

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from pbxsync_web.forms import Refused, new_name, read_number, read_title
from pbxsync_web.present import told
from pbxsync_worker.core.model.coherence import LIMITS, problems
from pbxsync_worker.core.model.host import Catalogue, Job
from pbxsync_worker.core.model.job import Missed, OnChange, OnFailure, Retries, Schedule, TargetOrder, Trigger
from pbxsync_worker.core.model.schedule import MAX_JITTER
from pbxsync_worker.core.model.schedule import problem as problem_of

PROBE_SECONDS = (5, 600)
KILO = 1000
BANDWIDTH = (0, LIMITS["bandwidth"][1] // KILO)

Form = MultiDict[str, str]
Choice = TypeVar("Choice", bound=StrEnum)


def to_form(job: Job) -> Form:
    """Return a job as the texts of its form; bandwidth in kilobytes."""
    schedule, change = job.schedule, job.on_change
    values = {
        "title": job.title, "dataset": job.dataset, "source": job.source, "probe_seconds": job.probe_seconds,
        "order": job.order, "parallel": job.parallel, "on_failure": job.on_failure,
        "bandwidth": -(-job.bandwidth // KILO), "time_limit": job.time_limit, "attempts": job.retries.attempts,
        "pause": job.retries.pause, "when": schedule.when, "zone": schedule.zone, "missed": schedule.missed,
        "jitter": schedule.jitter, "trigger": change.trigger, "debounce": change.debounce, "longest": change.longest,
    }  # fmt: skip
    form: Form = MultiDict({name: str(value) for name, value in values.items()})
    form.setlist("target", list(job.targets))
    form.setlist("after", list(job.after))
    return form


def read(form: Form, catalogue: Catalogue, known: Job | None) -> Job | Refused:
    """Return the job that a form describes; known: the one that is edited."""
    problems_: dict[str, str] = {}
    title = read_title(form.get("title", ""), problems_)
    name = known.name if known else new_name(title, {job.name for job in catalogue.jobs}, problems_)
    dataset, source, targets = _read_way(form, catalogue, problems_)
    seconds = read_number(form.get("probe_seconds", ""), *PROBE_SECONDS, problems_, "probe_seconds")
    before = replace(known, title=title) if known else Job(name, title, "", "", ())
    job = replace(before, dataset=dataset, source=source, targets=targets, probe_seconds=seconds)
    job = _with_starts(_with_limits(job, form, problems_), form, problems_)
    if not problems_:
        _together(catalogue.with_job(job), problems_)
    return Refused(problems_) if problems_ else job


def _read_way(form: Form, catalogue: Catalogue, wrong: dict[str, str]) -> tuple[str, str, tuple[str, ...]]:
    members = {host.id for host in catalogue.hosts}
    dataset, source = form.get("dataset", ""), form.get("source", "")
    if dataset not in {one.name for one in catalogue.datasets}:
        wrong["dataset"] = _("Choose a dataset.")
    if source not in members:
        wrong["source"] = _("Choose a host of the farm.")
    targets = tuple(target for target in form.getlist("target") if target)
    if not targets or not set(targets) <= members:
        wrong["target"] = _("Choose at least one host of the farm.")
    elif source in targets:
        wrong["target"] = _("The source cannot be a target as well.")
    elif len(set(targets)) != len(targets):
        wrong["target"] = _("Choose each target once.")
    return dataset, source, targets


def _with_limits(job: Job, form: Form, wrong: dict[str, str]) -> Job:
    plain = to_form(job)

    def number(name: str, low: int, high: int) -> int:
        return read_number(form.get(name, plain[name]), low, high, wrong, name)

    kilobytes = number("bandwidth", *BANDWIDTH)
    same = form.get("bandwidth", plain["bandwidth"]) == plain["bandwidth"]
    return replace(
        job,
        order=_read_choice(TargetOrder, form, plain, "order", wrong),
        parallel=number("parallel", *LIMITS["parallel"]),
        on_failure=_read_choice(OnFailure, form, plain, "on_failure", wrong),
        bandwidth=job.bandwidth if same else kilobytes * KILO,
        time_limit=number("time_limit", *LIMITS["time_limit"]),
        retries=Retries(number("attempts", *LIMITS["attempts"]), number("pause", *LIMITS["pause"])),
    )


def _with_starts(job: Job, form: Form, wrong: dict[str, str]) -> Job:
    plain = to_form(job)

    def number(name: str, low: int, high: int) -> int:
        return read_number(form.get(name, plain[name]), low, high, wrong, name)

    schedule = Schedule(
        " ".join(form.get("when", plain["when"]).split()),
        form.get("zone", plain["zone"]).strip(),
        _read_choice(Missed, form, plain, "missed", wrong),
        number("jitter", 0, MAX_JITTER),
    )
    said = problem_of(schedule)
    if said:
        wrong.setdefault("when", str(told(said)))
    debounce, longest = number("debounce", *LIMITS["debounce"]), number("longest", *LIMITS["longest"])
    change = OnChange(_read_choice(Trigger, form, plain, "trigger", wrong), debounce, longest)
    after = tuple(name for name in form.getlist("after") if name)
    return replace(job, schedule=schedule, on_change=change, after=after)


def _read_choice(kind: type[Choice], form: Form, plain: Form, name: str, wrong: dict[str, str]) -> Choice:
    try:
        return kind(form.get(name, plain[name]))
    except ValueError:
        wrong[name] = _("Choose one of the values.")
        return kind(plain[name])


def _together(catalogue: Catalogue, wrong: dict[str, str]) -> None:
    """Write down where the jobs of the group would not fit together any more."""
    for said in problems(catalogue):
        wrong.setdefault("target", str(told(said)))
