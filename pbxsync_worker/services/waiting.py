"""Looks after the runs that wait: wakes each one as soon as the rules say something else, and tells why it waits."""

from pbxsync_worker.core.model.decision import Verdict
from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.core.store.memory import RunMemory
from pbxsync_worker.wiring import Installation
from pbxsync_worker.wiring.rules import Case, judged

EVERY = 1.0
"""Seconds between two looks, where no changed fact rings before."""

PATIENCE = 5.0
"""Seconds for a worker to begin before it is woken again."""


class Waiting:
    """The waiting runs of this host; `step` is one look at all of them."""

    def __init__(self, here: Installation) -> None:
        self._here = here
        self._woken: dict[str, float] = {}

    def step(self) -> None:
        """Look at every waiting run once."""
        waiting = [run for run in self._here.store.runs.unfinished() if run.here and run.state is State.WAITING]
        self._woken = {run.id: self._woken[run.id] for run in waiting if run.id in self._woken}
        for run in waiting:
            if run.cancel_by or not self._still_waits(run):
                self._wake(run)

    def _still_waits(self, run: Run) -> bool:
        store, now = self._here.store, self._here.clock.now()
        try:
            catalogue = store.catalogues.current(run.group)
            job = catalogue.job(run.job)
        except NotFound:
            return False  # the worker says what became of it
        saved = store.runs.plan(run.id)
        since = RunMemory(store).waits_since(run)
        plan = None if saved is None else saved.plan
        waited = None if since is None else now - since
        decision = judged(store, Case(catalogue, job, run.target, now, plan=plan, waited=waited))
        if decision.verdict is not Verdict.WAIT:
            return False
        store.runs.retell(run, decision.sentence)
        return True

    def _wake(self, run: Run) -> None:
        now = self._here.clock.monotonic()
        if now - self._woken.get(run.id, -PATIENCE) >= PATIENCE:
            self._woken[run.id] = now
            self._here.waker.execute(run.id)
