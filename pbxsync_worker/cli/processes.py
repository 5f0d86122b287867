"""The processes: `up` for all of them in the foreground, the others one by one for a service manager."""

import gc
import os
import sys

import click

from pbxsync_worker.cli.show import as_json, show
from pbxsync_worker.core import log
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.errors import Stop
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.settings import Settings, load
from pbxsync_worker.services.lean import stay_lean
from pbxsync_worker.services.up import Supervisor, commands
from pbxsync_worker.services.worker import NEW_OBJECTS, QUEUES, work
from pbxsync_worker.wiring import Installation


def _settings() -> Settings:
    settings = load()
    log.set_up(settings.log_level)
    here = Installation(settings)
    here.store.hosts.me()  # says what to do before `pbxsync init`
    return settings


@click.command()
def up() -> None:
    """Run everything in the foreground: private Redis, web, peer port, workers and monitor."""
    settings = _settings()
    Supervisor(commands(settings), SystemClock()).run()


@click.command()
def web() -> None:
    """Run the web admin alone."""
    argv = commands(_settings())["web"]
    os.execv(sys.executable, argv)  # noqa: S606 - our own interpreter with our own arguments


@click.command()
def peer() -> None:
    """Run the peer port alone."""
    from pbxsync_worker.wiring.port import serve  # noqa: PLC0415 - workers do without what serves

    gc.set_threshold(NEW_OBJECTS)
    stay_lean()
    serve(Installation(_settings()))


@click.command()
@click.argument("kind", type=click.Choice(sorted(QUEUES)))
def worker(kind: str) -> None:
    """Run one worker: `runs` for what changes this host, `tasks` for the rest."""
    work(_settings(), kind)


@click.command()
def monitor() -> None:
    """Run the monitor: sweeps up lost work."""
    from pbxsync_worker.services.monitor import watch  # noqa: PLC0415 - as above

    stay_lean()
    watch(Installation(_settings()))


@click.command()
@as_json
def recover(*, as_json: bool) -> None:
    """End whatever was cut off on this host, now."""
    here = Installation(_settings())
    with here.host_lock() as mine:
        if not mine:
            raise Stop(reason=say("a worker is at work on this host; it recovers by itself"))
        ended = here.recover()
    show(ended, lambda: "\n".join(f"{run.id} {run.state}" for run in ended) or "nothing to recover", as_json=as_json)


COMMANDS = (up, web, peer, worker, monitor, recover)
