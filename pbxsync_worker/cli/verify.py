"""Read everything anew: size and time of a file can lie."""

import click

from pbxsync_worker.cli.show import as_json, show
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.model.wish import ReadAnew
from pbxsync_worker.core.settings import load
from pbxsync_worker.wiring import Installation
from pbxsync_worker.wiring.grant import grant


@click.command()
@as_json
def verify(*, as_json: bool) -> None:
    """Let this host open every file at its next look, whatever size and time say.

    The next plan or run of a job then shows what differs although it looks the same.
    """
    here = Installation(load())
    said = grant(here, ReadAnew(), "command line")
    here.store.database.close()
    show({"anew": True}, lambda: as_text(said), as_json=as_json)


COMMANDS = (verify,)
