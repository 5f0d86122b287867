"""The start page, the fleet at a glance: hosts, groups as drawings, jobs with their big button; and the next step."""

from flask import Blueprint, render_template

from pbxsync_web.access import may, quiet
from pbxsync_web.glance import Glance, glances
from pbxsync_web.parts import the_store
from pbxsync_web.picture import BOX_HEIGHT, BOX_WIDTH, picture
from pbxsync_web.present import this_host
from pbxsync_web.sheets import sheet
from pbxsync_web.steps import STEPS, done
from pbxsync_worker.core.model.host import PeerState
from pbxsync_worker.core.model.run import GOOD

page = Blueprint("start", __name__)
MOST_ALERTS = 5
MOST_HOSTS = 20
MOST_HELD = 5
MOST_JOBS = 6
MOST_PICTURES = 3


@page.get("/")
def overview() -> str:
    """Show the fleet and what a person would do next."""
    return render_template("start/overview.html", **_seen())


@page.get("/glance")
@quiet
def live() -> str:
    """Give the part of the page that changes."""
    return render_template("start/_glance.html", **_seen())


def _seen() -> dict[str, object]:
    store, mine = the_store(), this_host()
    catalogues = store.catalogues.all()
    peers = [peer for peer in store.hosts.peers() if peer.state is not PeerState.REVOKED]
    lines = store.lines.all()
    newest = store.runs.newest()
    drawn = [one for one in catalogues if one.jobs]
    jobs = [(one, job, newest.get((one.group, job.name))) for one in catalogues for job in one.jobs]
    jobs.sort(key=lambda one: one[2] is None or one[2].state in GOOD)  # what needs a person is seen first
    return {
        "catalogues": catalogues,
        "pending": [peer for peer in peers if peer.state is PeerState.PENDING],
        "hosts": sheet(sorted(glances(store, catalogues), key=_first), MOST_HOSTS, lambda one: one.host.name),
        "pictures": [(one, picture(one, mine.id if mine else "", lines)) for one in drawn[:MOST_PICTURES]],
        "not_drawn": len(drawn[MOST_PICTURES:]),
        "measures": (BOX_WIDTH, BOX_HEIGHT),
        "jobs": jobs[:MOST_JOBS],
        "more_jobs": len(jobs[MOST_JOBS:]),
        "runs": store.runs.find(limit=8),
        "held": store.runs.held(MOST_HELD),
        "incidents": store.alerts.open(most=MOST_ALERTS) if may("operator") else (),
        "undelivered": store.outbox.troubles().values() if may("operator") else (),
        "steps": STEPS,
        "done": done(),
    }


def _first(one: Glance) -> bool:
    """Put this host, and those that are not well, before the others."""
    return one.host.line is not None and one.tone == "good"
