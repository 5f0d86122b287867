"""Read everything anew: size and time of a file can lie."""

import click

from pbxsync_worker.cli.show import as_json, show
from pbxsync_worker.core.settings import load
from pbxsync_worker.wiring import Installation

_SAID = "This host reads every file of its datasets anew when it looks at them next; verify the other host as well."


@click.command()
@as_json
def verify(*, as_json: bool) -> None:
    """Let this host open every file at its next look, whatever size and time say.

    The next plan or run of a job then shows what differs although it looks the same.
    """
    here = Installation(load())
    here.files.read_anew()
    here.store.audit.add("command line", "verify", "every file is read anew")
    here.store.database.close()
    show({"anew": True}, lambda: _SAID, as_json=as_json)


COMMANDS = (verify,)
