"""Drift: for each job and target what differed at the last look, since when, and what was heard since."""

from dataclasses import dataclass

from flask import Blueprint, render_template

from pbxsync_web.parts import the_store
from pbxsync_web.sheets import sheet
from pbxsync_worker.core.model.change import ChangeKind
from pbxsync_worker.core.model.fact import Value
from pbxsync_worker.core.model.host import Catalogue, Job
from pbxsync_worker.core.store.drift import Look, looks
from pbxsync_worker.core.store.runs import SavedPlan

page = Blueprint("drift", __name__)
PAGE_LENGTH = 25
MOST_PLANS = 50
"""Plans that are read for one page; of more targets that differ only the sentence is shown."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One target; look: None before the first; saved: its plan, where something differs."""

    target: str
    look: Look | None
    saved: SavedPlan | None

    @property
    def edits(self) -> int | None:
        """Tell how many of the changes would overwrite what somebody did on the target."""
        return None if self.saved is None else sum(change.local_edit for change in self.saved.plan.changes)


@page.get("/drift")
def overview() -> str:
    """Show what differs, jobs that differ first."""
    store = the_store()
    known = looks(store.database)
    all_jobs = [(one, job) for one in store.catalogues.all() for job in one.jobs]

    def differs(one: tuple[Catalogue, Job]) -> bool:
        found = (known.get((one[0].group, one[1].name, target)) for target in one[1].targets)
        return any(look is not None and look.differs for look in found)

    all_jobs.sort(key=lambda one: not differs(one))
    shown = sheet(all_jobs, PAGE_LENGTH, lambda one: f"{one[1].title} {one[1].name} {one[0].title}")
    facts = {source: store.facts.known(source) for source in {job.source for _group, job in shown.items}}
    left = MOST_PLANS

    def standing(catalogue: Catalogue, job: Job, target: str) -> Standing:
        nonlocal left
        look = known.get((catalogue.group, job.name, target))
        wanted = look is not None and look.differs and left > 0
        left -= wanted
        return Standing(target, look, store.runs.plan(look.run.id) if look and wanted else None)

    def since_then(job: Job) -> Value | None:
        told = facts[job.source].get("data.changed_items")
        return told.value if told else None

    jobs = [
        (one, job, [standing(one, job, target) for target in job.targets], since_then(job)) for one, job in shown.items
    ]
    return render_template("drift/overview.html", jobs=jobs, sheet=shown, kinds=list(ChangeKind))
