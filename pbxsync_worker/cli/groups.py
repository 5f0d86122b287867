"""Farms, their datasets and their jobs, and the presets that datasets begin from."""

from dataclasses import replace

import click

from pbxsync_worker.cli.show import as_json, show, table
from pbxsync_worker.core.model import offers
from pbxsync_worker.core.model.dataset import BoxSet, Dataset, MessageSet
from pbxsync_worker.core.model.errors import Invalid, NotFound
from pbxsync_worker.core.model.host import Catalogue, GroupKind, Job
from pbxsync_worker.core.model.presets import as_dataset, offered
from pbxsync_worker.core.model.sentence import as_text, say
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.core.settings import load
from pbxsync_worker.wiring import Installation
from pbxsync_worker.wiring.grant import grant

_WHO = "command line"
_FILES = offers.everything()


@click.group()
def farm() -> None:
    """Farms: one primary, any number of replicas."""


@farm.command()
@click.argument("name")
@click.option("--replica", "replicas", multiple=True, required=True, metavar="HOST", help="A paired host; repeat it.")
@click.option(
    "--dataset",
    "wanted",
    multiple=True,
    metavar="PRESET",
    help=f"What travels, one of `pbxsync presets`; repeat it for one dataset of several. Without it: {_FILES.name}.",
)
@click.option("--title", default="", help="How people call the farm.")
@click.option("--federation", is_flag=True, help="Peers: each job has its own direction.")
@click.option("--probe-seconds", default=30, show_default=True, help="How long the PBX may take to prove its health.")
@as_json
def create(
    name: str,
    replicas: tuple[str, ...],
    wanted: tuple[str, ...],
    title: str,
    probe_seconds: int,
    *,
    federation: bool,
    as_json: bool,
) -> None:
    """Form a farm with this host as its primary, and a job that brings the dataset to every replica.

    Of a federation this host is the coordinator; jobs in other directions are added with `pbxsync job create`.
    """
    here = Installation(load())
    dataset = _dataset(wanted, freepbx=here.settings.freepbx_conf.exists())
    if any(one.group == name for one in here.store.catalogues.all()):
        raise Invalid(what=say("Farm {name}", name=name), problems=say("it exists already"))
    me = here.store.hosts.me()
    members = tuple(here.paired(here.store.hosts.peer(one).host.id).host for one in replicas)
    kind = GroupKind.FEDERATION if federation else GroupKind.FARM
    made = Catalogue(name, title or name, kind, me.id, 1, (me, *members))
    made = made.with_dataset(dataset)
    job = Job(f"{name}-{dataset.name}", dataset.title, dataset.name, me.id, tuple(one.id for one in members))
    made = replace(made.with_job(replace(job, probe_seconds=probe_seconds)), version=1)
    answer = grant(here, SaveCatalogue(made), _WHO)
    show(made, lambda: f"{name}: {as_text(answer)}\nNext: pbxsync plan {job.name}", as_json=as_json)


@farm.command("list")
@as_json
def list_farms(*, as_json: bool) -> None:
    """List the farms this host is a member of."""
    found = Installation(load()).store.catalogues.all()
    rows: list[tuple[object, ...]] = [
        (one.group, one.host(one.primary).name, ", ".join(host.name for host in one.hosts), one.version)
        for one in found
    ]
    show(found, lambda: table(("FARM", "PRIMARY", "MEMBERS", "VERSION"), rows), as_json=as_json)


@click.command()
@as_json
def datasets(*, as_json: bool) -> None:
    """List the datasets of every group."""
    found: list[tuple[str, Dataset]] = [
        (one.group, dataset) for one in Installation(load()).store.catalogues.all() for dataset in one.datasets
    ]
    rows: list[tuple[object, ...]] = [
        (group, dataset.name, dataset.title, *_selected(dataset)) for group, dataset in found
    ]
    show(
        found,
        lambda: table(("GROUP", "DATASET", "TITLE", "FILES BELOW", "ASTDB", "MAILBOXES", "TABLES", "SQLITE"), rows),
        as_json=as_json,
    )


@click.command()
@as_json
def presets(*, as_json: bool) -> None:
    """List what a dataset can begin from on this host."""
    found = offered(freepbx=load().freepbx_conf.exists())
    rows: list[tuple[object, ...]] = [
        (one.name, one.title, *_selected(as_dataset([one], one.name, one.title))) for one in found
    ]
    show(
        found,
        lambda: table(("PRESET", "TITLE", "FILES BELOW", "ASTDB", "MAILBOXES", "TABLES", "SQLITE"), rows),
        as_json=as_json,
    )


@click.command()
@as_json
def jobs(*, as_json: bool) -> None:
    """List the jobs of every group."""
    here = Installation(load())
    found = [(one, job) for one in here.store.catalogues.all() for job in one.jobs]
    rows: list[tuple[object, ...]] = [
        (one.group, job.name, job.dataset, _name(one, job.source), ", ".join(_name(one, host) for host in job.targets))
        for one, job in found
    ]
    value = [{"group": one.group, "job": job} for one, job in found]
    show(value, lambda: table(("GROUP", "JOB", "DATASET", "FROM", "TO"), rows), as_json=as_json)


def _name(catalogue: Catalogue, identity: str) -> str:
    try:
        return catalogue.host(identity).name
    except NotFound:
        return identity[:12]


def _dataset(wanted: tuple[str, ...], *, freepbx: bool) -> Dataset:
    names = tuple(dict.fromkeys(wanted))
    if names in ((), (_FILES.name,)):
        return _FILES
    found = [offers.offer(name, freepbx=freepbx) for name in names]
    lacking = offers.missing(found)
    if lacking:
        more = " ".join(f"--dataset {one.name}" for one in lacking)
        raise Invalid(what="The selection", problems=say("it refers to more: {more}", more=more))
    name = names[0] if len(names) == 1 else "selection"
    return as_dataset(found, name, offers.title_of(found))


def _selected(one: Dataset) -> tuple[object, ...]:
    below = " ".join(file_set.base.decode() for file_set in one.file_sets)
    families = " ".join(dict.fromkeys(family.family for family in one.families))
    chosen: tuple[BoxSet | MessageSet, ...] = (*one.boxes, *one.messages)
    boxes = " ".join(dict.fromkeys(f"{box.box}@{box.context}" for box in chosen))
    databases = " ".join(database.file.decode() for database in one.databases)
    return below, families, boxes, len(one.tables) or "", databases


COMMANDS = (farm, presets, datasets, jobs)
