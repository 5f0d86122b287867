"""Farms, their datasets and their jobs."""

from dataclasses import replace

import click

from pbxsync_worker.cli.show import as_json, show, table
from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.errors import Invalid, NotFound
from pbxsync_worker.core.model.host import Catalogue, GroupKind, Job
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.model.starters import STARTERS, everything
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.core.settings import load
from pbxsync_worker.wiring import Installation
from pbxsync_worker.wiring.grant import grant

_WHO = "command line"
_OFFERED = {one.name: one for one in (*STARTERS, everything())}


@click.group()
def farm() -> None:
    """Farms: one primary, any number of replicas."""


@farm.command()
@click.argument("name")
@click.option("--replica", "replicas", multiple=True, required=True, metavar="HOST", help="A paired host; repeat it.")
@click.option("--dataset", default="pbx-files", type=click.Choice(sorted(_OFFERED)), show_default=True)
@click.option("--title", default="", help="How people call the farm.")
@click.option("--probe-seconds", default=30, show_default=True, help="How long the PBX may take to prove its health.")
@as_json
def create(
    name: str, replicas: tuple[str, ...], dataset: str, title: str, probe_seconds: int, *, as_json: bool
) -> None:
    """Form a farm with this host as its primary, and a job that brings the dataset to every replica."""
    here = Installation(load())
    if any(one.group == name for one in here.store.catalogues.all()):
        raise Invalid(what=f"Farm {name}", problems="it exists already")
    me = here.store.hosts.me()
    members = tuple(here.paired(here.store.hosts.peer(one).host.id).host for one in replicas)
    made = Catalogue(name, title or name, GroupKind.FARM, me.id, 1, (me, *members))
    made = made.with_dataset(_OFFERED[dataset])
    job = Job(f"{name}-{dataset}", _OFFERED[dataset].title, dataset, me.id, tuple(one.id for one in members))
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
        (group, dataset.name, dataset.title, " ".join(file_set.base.decode() for file_set in dataset.file_sets))
        for group, dataset in found
    ]
    show(found, lambda: table(("GROUP", "DATASET", "TITLE", "FILES BELOW"), rows), as_json=as_json)


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


COMMANDS = (farm, datasets, jobs)
