"""What RQ calls, by name and with an id; everything else is in the store. A lost call is repeated by the sweeper."""

import logging
from itertools import count

from pbxsync_worker.core.log import about_run
from pbxsync_worker.core.model.errors import Bug, Cancelled, Fenced, PbxSyncError
from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.sync.run import run_once
from pbxsync_worker.wiring import Installation
from pbxsync_worker.wiring.beside import Beside
from pbxsync_worker.wiring.coordinate import coordinate
from pbxsync_worker.wiring.grant import grant_wish
from pbxsync_worker.wiring.lasting import Lasting

log = logging.getLogger(__name__)

LASTING = Lasting()
"""What this process keeps from task to task."""

AT_ONCE = 16
"""Job executions that are coordinated at once: of hundreds of hosts some are away, and asked in vain for a while."""

BESIDE = Beside(AT_ONCE)

SWEEP_EVERY = 10
"""Committed runs of this process after which contents that nothing needs any more are looked for."""
_COMMITS = count()


def execute(run_id: str) -> None:
    """Execute one run on this host, after recovering what was cut off."""
    execute_on(LASTING.fresh(), run_id)


def rollout(rollout_id: str) -> None:
    """Begin to bring one job to its targets, in order, beside others; returns when there is room for it."""
    here = LASTING.fresh()
    BESIDE.do(f"rollout {rollout_id}", lambda: coordinate(here, rollout_id))


def grant(wish_id: str) -> None:
    """Grant one wish, or say why not."""
    grant_wish(LASTING.fresh(), wish_id)


def execute_on(here: Installation, run_id: str) -> Run | None:
    """Execute one run; None where another process holds the host, which then goes on with it."""
    with about_run(run_id), here.host_lock() as mine:
        if not mine:
            return None
        here.recover()
        run = here.store.runs.get(run_id)
        if run.ended:
            return run
        run = here.store.runs.take(run_id)
        if run.cancel_by:
            why = Cancelled(who=run.cancel_by)
            return here.host.memory.move(run, State.CANCELLED, why.told, why.code)
        ended = _attempt(here, run)
        log.info("run ended" if ended.ended else "run waits", extra={"state": ended.state, "error": ended.error})
        if ended.state is State.COMMITTED:
            _tidy(here)
        return ended


def _tidy(here: Installation) -> None:
    """Remove what nothing needs any more; the run has ended well whether or not that goes."""
    try:
        here.tidy(thorough=next(_COMMITS) % SWEEP_EVERY == 0)
    except (PbxSyncError, OSError) as error:
        log.warning("what nothing needs any more was not removed", extra={"why": str(error)})


def _attempt(here: Installation, run: Run) -> Run:
    try:
        with here.parts(run) as parts:
            return run_once(run, parts)
    except Fenced:
        raise
    except PbxSyncError as error:
        return _broken_off(here, run, error)
    except Exception as error:  # the edge: whatever it is, the host must not stay half changed
        log.exception("run broken off")
        return _broken_off(here, run, Bug(reason=f"{type(error).__name__}: {error}"))


def _broken_off(here: Installation, run: Run, why: PbxSyncError) -> Run:
    known = here.store.runs.get(run.id)
    if known.state in (State.REQUESTED, State.WAITING):
        return here.host.memory.move(known, State.FAILED, why.told, why.code)
    here.recover(why)
    return here.store.runs.get(run.id)
