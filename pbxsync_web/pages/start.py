"""The start page: hosts, farms, jobs with their big button, the last runs; and the next step while there is little."""

from flask import Blueprint, render_template

from pbxsync_web.parts import the_store
from pbxsync_web.present import this_host
from pbxsync_worker.core.model.host import PeerState
from pbxsync_worker.core.model.run import State

page = Blueprint("start", __name__)


@page.get("/")
def overview() -> str:
    """Show this host and its surroundings."""
    store = the_store()
    catalogues = store.catalogues.all()
    peers = tuple(peer for peer in store.hosts.peers() if peer.state is not PeerState.REVOKED)
    done = {
        "identity": this_host() is not None,
        "host": any(peer.state is PeerState.PAIRED for peer in peers),
        "group": bool(catalogues),
        "dataset": any(one.datasets for one in catalogues),
        "job": any(one.jobs for one in catalogues),
    }
    return render_template(
        "start/overview.html",
        catalogues=catalogues,
        peers=peers,
        jobs=[(one, job, last_run(job.name, one.group)) for one in catalogues for job in one.jobs],
        runs=store.runs.find(limit=8),
        held=store.runs.find(state=State.HELD.value, limit=5),
        done=done,
    )


def last_run(job: str, group: str) -> object:
    """Return the newest run of a job, None before the first."""
    return next((run for run in the_store().runs.find(job=job, limit=20) if run.group == group), None)
