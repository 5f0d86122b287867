"""Approvals: the held runs that wait for somebody, why, and what they would change."""

from flask import Blueprint, render_template

from pbxsync_web.parts import the_store
from pbxsync_worker.core.model.change import ChangeKind

page = Blueprint("approvals", __name__)
MOST = 50


@page.get("/approvals")
def overview() -> str:
    """Show the held runs, newest first."""
    runs = the_store().runs
    found = runs.held(MOST + 1)
    held = [(run, runs.plan(run.id)) for run in found[:MOST]]
    return render_template("approvals/overview.html", held=held, more=len(found) > MOST, kinds=list(ChangeKind))
