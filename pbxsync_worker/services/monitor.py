"""The sweeper: looks every few seconds whether anything was asked for and not begun, and wakes who should."""

import logging

from pbxsync_worker.core.locks import held
from pbxsync_worker.core.model.errors import Retry
from pbxsync_worker.sync.sweep import due
from pbxsync_worker.wiring import Installation

log = logging.getLogger(__name__)

LOOKS = 3
"""How often the monitor looks within the patience of the sweeper."""


def watch(here: Installation) -> None:
    """Sweep until the process is ended."""
    while True:
        try:
            sweep(here)
        except Retry as error:
            log.warning("could not sweep", extra={"why": error.sentence})
        here.clock.sleep(here.settings.sweep_seconds / LOOKS)


def sweep(here: Installation) -> None:
    """Wake whoever has something to do that nobody is doing."""
    now, patience = here.clock.now(), here.settings.sweep_seconds
    found = due(here.store.runs.unfinished(), now, patience)
    for run in found.execute:
        with here.host_lock() as free:
            pass
        if free:  # nobody is at work on this host
            here.waker.execute(run)
    for rollout in found.rollouts:
        with held(here.rollout_lock(rollout)) as free:
            pass
        if free:
            here.waker.rollout(rollout)
    for asked in here.store.wishes.waiting():
        if now - asked.at > patience:
            here.waker.grant(asked.id)
