"""The port Memory on the store: what the story of a run reads and writes."""

from collections.abc import Mapping, Sequence

from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.pbx import Finding
from pbxsync_worker.core.model.plan import Plan
from pbxsync_worker.core.model.run import Numbers, Run, State
from pbxsync_worker.core.model.sent import Sent
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.store.runs import Result


class RunMemory:
    """What this host remembers about its runs; each call is one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def move(self, run: Run, state: State, sentence: str = "", error: str = "") -> Run:
        """Move a run, and write its move row."""
        return self._store.runs.move(run, state, sentence, error)

    def cancelled_by(self, run: Run) -> str:
        """Return who asked to cancel the run, or an empty text."""
        return self._store.runs.get(run.id).cancel_by

    def retell(self, run: Run, sentence: str) -> Run:
        """Say why a run waits by now."""
        return self._store.runs.retell(run, sentence)

    def waits_since(self, run: Run) -> float | None:
        """Return when the run began to wait for the first time, None where it never did."""
        return self._store.runs.waits_since(run.id)

    def baseline(self, run: Run) -> tuple[Inventory, Inventory] | None:
        """Return (ours, theirs) after the last committed run of the same job."""
        return self._store.inventories.baseline(run.group, run.job)

    def expect(self, run: Run, before: Inventory, after: Inventory, theirs: Inventory) -> None:
        """Store what is, what will be, and what the source has."""
        self._store.inventories.expect(run, before, after, theirs)

    def remember(self, run: Run) -> None:
        """Make what was expected of a run the new baseline, and keep the states around it."""
        self._store.inventories.remember(run)

    def save_plan(self, run: Run, plan: Plan, diffs: Mapping[str, str]) -> None:
        """Store the plan for people to see."""
        self._store.runs.save_plan(run.id, plan, diffs)

    def note(
        self, run: Run, numbers: Numbers, reloaded: Sequence[str], findings: Sequence[Finding], sent: Sent
    ) -> None:
        """Store what the run measured and found."""
        self._store.runs.save_result(run.id, Result(numbers, tuple(reloaded), tuple(findings), sent))
