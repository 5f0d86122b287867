"""Jobs one by one, when they start, and word of a change at the source."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from pbxsync_worker.cli.show import as_json, show, table, when
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.host import Catalogue, Job
from pbxsync_worker.core.model.job import Missed, OnFailure, TargetOrder, Trigger
from pbxsync_worker.core.model.sentence import as_text, say
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.core.settings import load
from pbxsync_worker.core.store.occurrences import THIS_HOST
from pbxsync_worker.core.store.outlook import ahead, aheads
from pbxsync_worker.wiring import Installation
from pbxsync_worker.wiring.grant import grant

_WHO = "command line"
_KILO = 1000

Option = Callable[[Any], Any]


def _options(*options: Option) -> Option:
    def decorated(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorated


_SETTINGS = _options(
    click.option("--title", help="How people call it."),
    click.option("--target", "targets", multiple=True, metavar="HOST", help="A host it goes to; repeat it, in order."),
    click.option("--order", type=click.Choice([one.value for one in TargetOrder]), help="Turns of the targets."),
    click.option("--parallel", type=int, help="Targets at once, where the order allows several."),
    click.option("--on-failure", type=click.Choice([one.value for one in OnFailure]), help="When a target fails."),
    click.option("--bandwidth", type=int, metavar="KB/S", help="At most so fast to each target; 0 for no limit."),
    click.option("--time-limit", type=int, metavar="S", help="A run that has not begun to write by then is cancelled."),
    click.option("--retries", type=int, help="How often a failed run is tried again."),
    click.option("--retry-pause", type=int, metavar="S", help="After how many seconds."),
    click.option("--after", multiple=True, metavar="JOB", help="Start after this job; repeat it; '' for none."),
    click.option("--schedule", "when_", metavar="WHEN", help="'every 15 min', 'mon-fri 20:00', cron; '' for none."),
    click.option("--zone", help="Time zone of the schedule, such as Europe/Madrid."),
    click.option("--missed", type=click.Choice([one.value for one in Missed]), help="What becomes of missed times."),
    click.option("--jitter", type=int, metavar="S", help="Put each start off by so many seconds at most."),
    click.option("--on-change", type=click.Choice([one.value for one in Trigger]), help="Which change starts it."),
    click.option("--debounce", type=int, metavar="S", help="Seconds of quiet before a change starts it."),
    click.option("--longest", type=int, metavar="S", help="Seconds after which a change starts it anyway."),
    click.option("--probe-seconds", type=int, metavar="S", help="How long the PBX may take to prove its health."),
)  # fmt: skip


@click.group()
def job() -> None:
    """Jobs one by one: made, changed, paused, resumed, removed."""


@job.command()
@click.argument("name")
@click.option("--group", required=True, help="The farm or federation it belongs to.")
@click.option("--dataset", required=True, help="What travels.")
@click.option("--source", default="", metavar="HOST", help="From where; without it, this host.")
@_SETTINGS
@as_json
def create(name: str, group: str, dataset: str, source: str, *, as_json: bool, **given: Any) -> None:
    """Make a job; it starts when a person says so, unless a schedule or a change is named."""
    here = Installation(load())
    catalogue = here.store.catalogues.current(group)
    if any(one.name == name for one in catalogue.jobs):
        raise Invalid(what=say("Job {name}", name=name), problems=say("it exists already"))
    host = member(catalogue, source) if source else here.store.hosts.me().id
    made = Job(name, name, dataset, host, ())
    _save(here, catalogue, _changed(catalogue, made, given), as_json=as_json)


@job.command()
@click.argument("name")
@_SETTINGS
@as_json
def change(name: str, *, as_json: bool, **given: Any) -> None:
    """Change what is named, and nothing else."""
    here = Installation(load())
    catalogue = here.store.catalogues.find_job(name)
    known = catalogue.job(name.rpartition("/")[2])
    _save(here, catalogue, _changed(catalogue, known, given), as_json=as_json)


@job.command()
@click.argument("name")
@as_json
def pause(name: str, *, as_json: bool) -> None:
    """Let nothing start a job but a person."""
    _pause(name, paused=True, as_json=as_json)


@job.command()
@click.argument("name")
@as_json
def resume(name: str, *, as_json: bool) -> None:
    """Let a job start by itself again; what it missed is not made up."""
    _pause(name, paused=False, as_json=as_json)


@job.command("remove")
@click.argument("name")
@as_json
def remove_job(name: str, *, as_json: bool) -> None:
    """Take a job out of its group; its runs stay."""
    here = Installation(load())
    catalogue = here.store.catalogues.find_job(name)
    answer = grant(here, SaveCatalogue(catalogue.without_job(name.rpartition("/")[2])), _WHO)
    show({"removed": name}, lambda: f"{name}: {as_text(answer)}", as_json=as_json)


@click.command()
@click.argument("name", default="")
@as_json
def schedule(name: str, *, as_json: bool) -> None:
    """Show what is due and when: of one job, or the next start of each."""
    here = Installation(load())
    me, now = here.store.hosts.me().id, here.clock.now()
    wanted = here.store.catalogues.find_job(name) if name else None
    if wanted is None:
        found = aheads(here.store, here.store.catalogues.all(), me, now)
    else:
        job = wanted.job(name.rpartition("/")[2])
        found = ((wanted, job, ahead(here.store, wanted, job, me, now)),)
    value = [
        {"group": one.group, "job": job.name, "why": seen.why, "next": seen.next, "past": seen.past}
        for one, job, seen in found
    ]
    rows: list[tuple[object, ...]] = []
    for one, job, seen in found:
        times = [_local(at, job) for at in seen.next] or ["-"]
        rows.append((one.group, job.name, job.schedule.when or "-", times[0], as_text(seen.why)))
        rows += [("", "", "", later, "") for later in times[1:] if name]
        if name:
            rows += [
                ("", "", past.stage, when(past.started_at or past.due), as_text(past.sentence)) for past in seen.past
            ]
    show(value, lambda: table(("GROUP", "JOB", "SCHEDULE", "NEXT", "NOW"), rows), as_json=as_json)


@click.command()
@as_json
def changed(*, as_json: bool) -> None:
    """Say that something changed on this host; jobs that listen look at it. Returns at once."""
    Installation(load()).store.occurrences.tell_change([THIS_HOST])
    show({"told": True}, lambda: "Jobs that listen to changes will look.", as_json=as_json)


def _pause(name: str, *, paused: bool, as_json: bool) -> None:
    here = Installation(load())
    catalogue = here.store.catalogues.find_job(name)
    known = catalogue.job(name.rpartition("/")[2])
    _save(here, catalogue, replace(known, paused=paused), as_json=as_json)


def _save(here: Installation, catalogue: Catalogue, job: Job, *, as_json: bool) -> None:
    answer = grant(here, SaveCatalogue(catalogue.with_job(job)), _WHO)
    show(job, lambda: f"{job.name}: {as_text(answer)}", as_json=as_json)


def _changed(catalogue: Catalogue, job: Job, given: dict[str, Any]) -> Job:
    """Return a job with the options that were given."""
    plain = {name: given[name] for name in ("title", "parallel", "time_limit", "probe_seconds")}
    plain["bandwidth"] = None if given["bandwidth"] is None else given["bandwidth"] * _KILO
    plain["order"] = _one_of(TargetOrder, given["order"])
    plain["on_failure"] = _one_of(OnFailure, given["on_failure"])
    plain["targets"] = tuple(member(catalogue, one) for one in given["targets"]) or None
    plain["after"] = tuple(one for one in given["after"] if one) if given["after"] else None
    times = {"when": given["when_"], "zone": given["zone"], "jitter": given["jitter"]}
    change = {
        "trigger": _one_of(Trigger, given["on_change"]),
        "debounce": given["debounce"],
        "longest": given["longest"],
    }
    return replace(
        job,
        **_given(plain),
        schedule=replace(job.schedule, **_given(times | {"missed": _one_of(Missed, given["missed"])})),
        on_change=replace(job.on_change, **_given(change)),
        retries=replace(job.retries, **_given({"attempts": given["retries"], "pause": given["retry_pause"]})),
    )


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _one_of(kind: Callable[[str], Any], text: str | None) -> Any:
    return None if text is None else kind(text)


def member(catalogue: Catalogue, name: str) -> str:
    """Return the identity of a member given by name or identity; raise Invalid where it is not one alone."""
    found = [host.id for host in catalogue.hosts if name in (host.id, host.name)]
    if len(found) != 1:
        raise Invalid(
            what=say("Host {name}", name=name),
            problems=say("no member of {group} has this name alone", group=catalogue.group),
        )
    return found[0]


def _local(at: int, job: Job) -> str:
    return datetime.fromtimestamp(at, ZoneInfo(job.schedule.zone)).strftime("%Y-%m-%d %H:%M %Z")


COMMANDS = (job, schedule, changed)
