"""Another host becomes the primary of a group."""

import click

from pbxsync_worker.cli.schedule import member
from pbxsync_worker.cli.show import as_json, show
from pbxsync_worker.core.model.host import Catalogue, Job
from pbxsync_worker.core.model.promotion import Lack, Promotion, lacks, promotion
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.model.wish import Promote
from pbxsync_worker.core.settings import load
from pbxsync_worker.wiring import Installation
from pbxsync_worker.wiring.grant import grant

_WHO = "command line"


@click.group()
def group() -> None:
    """Groups: who is the primary."""


@group.command()
@click.argument("name")
@click.argument("host", metavar="HOST")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@as_json
def promote(name: str, host: str, *, yes: bool, as_json: bool) -> None:
    """Make HOST the primary of a group, on that host itself or on the primary of today.

    Jobs between the two are turned round and paused. Without --yes it says what that means and asks for the name;
    with --json and without --yes it only says it. `pbxsync group promote NAME OLD` takes it back.
    """
    here = Installation(load())
    catalogue = here.store.catalogues.current(name)
    found = promotion(catalogue, member(catalogue, host))
    lacking = lacks(found, here.store.hosts.me().id, here.store.hosts.peers())
    if not yes:
        show(_value(found, lacking), lambda: _words(found, lacking), as_json=as_json)
        if as_json:
            return
        if click.prompt("Type the name of the new primary to do it", default="", show_default=False) != found.new.name:
            raise click.Abort
    answer = grant(here, Promote(name, found.new.id, catalogue.version), _WHO)
    done = {**_value(found, lacking), "promoted": True, "answer": answer}
    next_job = found.turned[0].name if found.turned else ""
    more = f"\nNext: pbxsync plan {next_job}, then pbxsync job resume {next_job}" if next_job else ""
    show(done, lambda: f"{name}: {found.new.name} is the primary; {as_text(answer)}{more}", as_json=as_json)


def _value(found: Promotion, lacking: tuple[Lack, ...]) -> dict[str, object]:
    names = {part: [job.name for job in getattr(found, part)] for part in ("turned", "left", "stay")}
    rights = [{"host": one.host.name, "right": one.right.value} for one in lacking]
    return {
        "group": found.before.group, "version": found.before.version, "old": found.old.name, "new": found.new.name,
        **names, "lacks": rights, "promoted": False,
    }  # fmt: skip


def _words(found: Promotion, lacking: tuple[Lack, ...]) -> str:
    lines = [f"{found.new.name} takes the place of {found.old.name} in {found.before.group}."]
    parts = (("Turned round, and paused:", found.turned), ("Paused as they are:", found.left), ("Stays:", found.stay))
    for head, jobs in parts:
        if jobs:
            lines += [head, *(f"  {job.name}: {_way(found.after, job)}" for job in jobs)]
    lines += [f"Not allowed here yet: {one.host.name} to {one.right.value}" for one in lacking]
    lines.append(f"Trunks switched off on {found.new.name} while it stood by stay switched off.")
    lines.append(f"Every other member must let {found.new.name} coordinate and be the source there.")
    return "\n".join(lines)


def _way(catalogue: Catalogue, job: Job) -> str:
    return f"{catalogue.host(job.source).name} -> {', '.join(catalogue.host(one).name for one in job.targets)}"


COMMANDS = (group,)
