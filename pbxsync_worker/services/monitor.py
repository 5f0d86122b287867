"""The sweeper: looks every few seconds whether anything was asked for and not begun, and wakes who should."""

import logging

from pbxsync_worker.core.locks import held
from pbxsync_worker.core.model.errors import Retry
from pbxsync_worker.sync.sweep import PATIENCE, due
from pbxsync_worker.wiring import Installation

log = logging.getLogger(__name__)

INTERVAL = 5.0


def watch(here: Installation) -> None:
    """Sweep until the process is ended."""
    while True:
        try:
            sweep(here)
        except Retry as error:
            log.warning("could not sweep", extra={"why": error.sentence})
        here.clock.sleep(INTERVAL)


def sweep(here: Installation) -> None:
    """Wake whoever has something to do that nobody is doing."""
    now = here.clock.now()
    found = due(here.store.runs.unfinished(), now)
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
        if now - asked.at > PATIENCE:
            here.waker.grant(asked.id)
