"""When a run is followed by another one like it: because it met somebody at work on either host."""

from pbxsync_worker.core.model.errors import SourceChanged, TargetChanged
from pbxsync_worker.core.model.run import Mode, Run

ATTEMPTS = 3
"""Runs on one target, each planned anew, before people who keep changing things are left in peace."""

_MOVED_ON = frozenset({SourceChanged.code, TargetChanged.code})


def is_tried_again(run: Run) -> bool:
    """Tell whether a run ended because somebody changed things meanwhile; a plan that a person approved is no other."""
    return run.ended and run.error in _MOVED_ON and run.mode is Mode.APPLY and not run.expect_plan
