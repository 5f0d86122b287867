"""Doctor: what this host needs, whether it is well, and the remedy where it is not."""

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from pbxsync_web.access import operator
from pbxsync_web.pages.wishes import ask
from pbxsync_web.parts import the_store
from pbxsync_worker.core.model.check import restored
from pbxsync_worker.core.model.wish import LookAtEverything, ReadAnew

page = Blueprint("doctor", __name__)


@page.get("/doctor")
def overview() -> str:
    """Show what a worker found when it last looked."""
    asked = the_store().wishes.newest(LookAtEverything)
    checks = restored(asked.answer) if asked else ()
    return render_template("doctor/overview.html", asked=asked, checks=sorted(checks, key=lambda one: one.well))


@page.post("/doctor")
@operator
def look() -> Response:
    """Ask a worker to look."""
    return ask(LookAtEverything(), url_for("doctor.overview"))


@page.post("/doctor/verify")
@operator
def read_anew() -> Response:
    """Ask a worker to let this host open every file at its next look."""
    return ask(ReadAnew(), url_for("doctor.overview"), stay=True)
