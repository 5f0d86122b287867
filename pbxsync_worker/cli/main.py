"""The command itself: joins the groups of commands and turns errors into sentences and exit codes."""

import json
import logging
import sys

import click

from pbxsync_worker.cli import (
    alerts,
    arrival,
    asterisk,
    audit,
    coverage,
    doctor,
    drift,
    facts,
    groups,
    hosts,
    people,
    processes,
    promote,
    rules,
    runs,
    schedule,
    setup,
    tokens,
    verify,
)
from pbxsync_worker.core.model.errors import Bug, PbxSyncError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Keep Asterisk and FreePBX hosts in step.

    Exit codes: 0 done and good; 1 a run ended badly; 2 a person must decide; 70 a bug; 75 try again later.
    PBXSYNC_HOME names the folder of this installation (/var/lib/pbxsync).
    """


for module in (
    setup,
    people,
    processes,
    hosts,
    facts,
    groups,
    promote,
    arrival,
    rules,
    alerts,
    asterisk,
    runs,
    schedule,
    drift,
    coverage,
    verify,
    tokens,
    audit,
    doctor,
):
    for command in module.COMMANDS:
        cli.add_command(command)


def main() -> None:
    """Run the command line."""
    # What a command has to say it says itself; the services set up their own log.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        status = cli.main(standalone_mode=False)
    except PbxSyncError as error:
        _tell(error)
        sys.exit(error.exit_status)
    except click.ClickException as error:
        _tell_usage(error)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except Exception as error:  # the edge: whoever called us gets a sentence and a status
        logging.getLogger(__name__).exception("broken off")  # seen where a service has set up its log
        bug = Bug(reason=f"{type(error).__name__}: {error}")
        _tell(bug)
        sys.exit(bug.exit_status)
    sys.exit(status if isinstance(status, int) else 0)


def _tell_usage(error: click.ClickException) -> None:
    if "--json" in sys.argv:
        click.echo(json.dumps({"error": "usage", "sentence": error.format_message(), "remedy": "pbxsync --help"}))
    else:
        error.show()


def _tell(error: PbxSyncError) -> None:
    if "--json" in sys.argv:
        click.echo(json.dumps({"error": error.code, "sentence": error.sentence, "remedy": error.advice}))
    else:
        click.echo(f"{error.sentence} [{error.code}]\n{error.advice}".rstrip(), err=True)
