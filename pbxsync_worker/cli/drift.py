"""Drift: what differed between the hosts of each job when somebody or something last looked."""

import click

from pbxsync_worker.cli.show import as_json, show, table, when
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.settings import load
from pbxsync_worker.core.store.drift import Look, looks
from pbxsync_worker.wiring import Installation


@click.command()
@as_json
def drift(*, as_json: bool) -> None:
    """Show for each target of each job whether it differs from the source, and since when; `plan` looks anew."""
    here = Installation(load())
    ways = [(one, job, target) for one in here.store.catalogues.all() for job in one.jobs for target in job.targets]
    known = looks(here.store.database, [(one.group, job.name, target) for one, job, target in ways])
    found = [
        (one.group, job.name, one.host(target).name, known.get((one.group, job.name, target)))
        for one, job, target in ways
    ]
    value = [
        {
            "group": group,
            "job": job,
            "target": target,
            "differs": look.differs if look else None,
            "sentence": look.run.sentence if look else "",
            "since": look.since if look else 0.0,
            "looked_at": look.run.moved_at if look else 0.0,
            "run": look.run.id if look else "",
        }
        for group, job, target, look in found
    ]
    rows: list[tuple[object, ...]] = [(group, job, target, *_told(look)) for group, job, target, look in found]
    heads = ("GROUP", "JOB", "TARGET", "DIFFERS", "SINCE (UTC)", "LOOKED AT (UTC)", "WHAT")
    show(value, lambda: table(heads, rows), as_json=as_json)


def _told(look: Look | None) -> tuple[str, ...]:
    if look is None:
        return "not known", "-", "-", "nobody has looked yet"
    differs = "yes" if look.differs else "no"
    return differs, when(look.since), when(look.run.moved_at), as_text(look.run.sentence)


COMMANDS = (drift,)
