"""`pbxsync doctor`: checks everything a host needs, and says the remedy for what is missing."""

import click

from pbxsync_worker.cli.show import as_json, show
from pbxsync_worker.core.model.check import Check
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.settings import load
from pbxsync_worker.wiring import Installation
from pbxsync_worker.wiring.grant import look_at_everything


@click.command()
@as_json
@click.pass_context
def doctor(context: click.Context, *, as_json: bool) -> None:
    """Check everything this host needs; exit 1 where something is missing."""
    found = look_at_everything(Installation(load()))
    show(found, lambda: "\n".join(map(_line, found)), as_json=as_json)
    context.exit(0 if all(check.well for check in found) else 1)


def _line(check: Check) -> str:
    line = f"{'ok  ' if check.well else 'BAD '} {as_text(check.name)}: {as_text(check.saw)}"
    return line if check.well else f"{line}\n     {as_text(check.remedy)}"


COMMANDS = (doctor,)
