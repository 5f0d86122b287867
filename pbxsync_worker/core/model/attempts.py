"""When a run is followed by another one like it: because it met somebody at work, or as its job says."""

from collections.abc import Sequence
from hashlib import sha256

from pbxsync_worker.core.model.error_codes import all_codes
from pbxsync_worker.core.model.errors import Retry, SourceChanged, TargetChanged, TimeLimit
from pbxsync_worker.core.model.job import Retries
from pbxsync_worker.core.model.run import Mode, Run

ATTEMPTS = 3
"""Runs on one target, each planned anew, before people who keep changing things are left in peace."""

_MOVED_ON = frozenset({SourceChanged.code, TargetChanged.code})
_CUT_OFF = "interrupted"


def is_tried_again(run: Run) -> bool:
    """Tell whether a run ended because somebody changed things meanwhile; a plan that a person approved is no other."""
    return _is_like_another(run) and run.error in _MOVED_ON


def may_succeed_later(run: Run) -> bool:
    """Tell whether a run ended with what passes by itself: nobody has to do anything before it is tried again.

    A change that made the PBX ill, or that a person must look at, is never made a second time by itself.
    """
    kind = all_codes().get(run.error)
    passes = kind is not None and issubclass(kind, Retry | TimeLimit)
    return _is_like_another(run) and (passes or run.error == _CUT_OFF)


def pause_before_next(attempts: Sequence[Run], retries: Retries) -> float | None:
    """Return after how many seconds another run follows the attempts on one target, None where none does."""
    last = attempts[-1]
    if not last.ended:
        return None
    paused = [number for number, run in enumerate(attempts) if run.not_before]
    since = attempts[paused[-1] :] if paused else attempts
    if is_tried_again(last) and sum(map(is_tried_again, since)) < ATTEMPTS:
        return 0.0
    return float(retries.pause) if may_succeed_later(last) and len(paused) < retries.attempts else None


def id_after(run: Run) -> str:
    """Return the id of the run that follows one: the same whoever asks for it."""
    return sha256(f"{run.id} again".encode()).hexdigest()[:12]


def _is_like_another(run: Run) -> bool:
    return run.ended and run.mode is Mode.APPLY and not run.expect_plan
