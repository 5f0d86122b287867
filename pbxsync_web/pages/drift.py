"""Drift: for each job and target what differed at the last look, since when, and what was heard since."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, render_template
from flask_babel import gettext as _

from pbxsync_web.items import Group, group_name, item_name
from pbxsync_web.parts import the_store
from pbxsync_web.sheets import sheet
from pbxsync_worker.core.model.change import ChangeKind
from pbxsync_worker.core.model.host import Catalogue, Job
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.store.drift import Look, looks
from pbxsync_worker.core.store.runs import SavedPlan

page = Blueprint("drift", __name__)
PAGE_LENGTH = 25
MOST_TOLD = 5
"""Sentences, names and places of one target; the page of its run has all."""
Looks = Mapping[tuple[str, str, str], Look]
MOST_PLANS = 50
"""Plans that are read for one page; of more targets that differ only the sentence is shown."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One target; look: None before the first; saved: its plan, where something differs."""

    target: str
    look: Look | None
    saved: SavedPlan | None

    @property
    def edits(self) -> tuple[str, ...]:
        """Return the names of what somebody changed on the target and a run would overwrite."""
        changes = self.saved.plan.changes if self.saved else ()
        return tuple(item_name(change.name) for change in changes if change.local_edit)

    @property
    def places(self) -> tuple[tuple[str, int], ...]:
        """Return how much differs where: in which table, family, mailbox or database, files together."""
        counts = Counter(group_name(change.name) for change in self.saved.plan.changes) if self.saved else Counter()
        return tuple((Group(name).title if name else _("Files"), count) for name, count in counts.most_common())


@page.get("/drift")
def overview() -> str:
    """Show what differs, jobs that differ first."""
    store = the_store()
    known, all_jobs = looked_at(store)
    shown = sheet(all_jobs, PAGE_LENGTH, lambda one: f"{one[1].title} {one[1].name} {one[0].title}")
    changed = {source: changed_on(store, source) for source in {job.source for _group, job in shown.items}}
    left = MOST_PLANS

    def standing(catalogue: Catalogue, job: Job, target: str) -> Standing:
        nonlocal left
        look = known.get((catalogue.group, job.name, target))
        wanted = look is not None and look.differs and left > 0
        left -= wanted
        return Standing(target, look, store.runs.plan(look.run.id) if look and wanted else None)

    jobs = [
        (one, job, [standing(one, job, target) for target in job.targets], changed[job.source])
        for one, job in shown.items
    ]
    return render_template("drift/overview.html", jobs=jobs, sheet=shown, kinds=list(ChangeKind), most=MOST_TOLD)


def looked_at(store: Store) -> tuple[Looks, list[tuple[Catalogue, Job]]]:
    """Return the last looks, and all jobs with their groups, jobs that differ first."""
    all_jobs = [(one, job) for one in store.catalogues.all() for job in one.jobs]
    known = looks(store.database, [(one.group, job.name, target) for one, job in all_jobs for target in job.targets])

    def differs(one: tuple[Catalogue, Job]) -> bool:
        found = (known.get((one[0].group, one[1].name, target)) for target in one[1].targets)
        return any(look is not None and look.differs for look in found)

    return known, sorted(all_jobs, key=lambda one: not differs(one))


def changed_on(store: Store, source: str) -> int | None:
    """Return how much changed on a host since another one read it; None where that is not known."""
    told = store.facts.known(source).get("data.changed_items")
    return told.value if told is not None and type(told.value) is int else None
