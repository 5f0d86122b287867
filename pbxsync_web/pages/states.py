"""The kept known-good states that this host can return to."""

from flask import Blueprint, render_template, request

from pbxsync_web.parts import the_parts, the_store
from pbxsync_web.sheets import sheet

page = Blueprint("states", __name__)
PAGE_LENGTH = 50


@page.get("/states")
def overview() -> str:
    """Show the kept states, newest first."""
    job = request.args.get("job", "")
    shown = sheet(the_store().inventories.kept(job=job), PAGE_LENGTH, kept=(("job", job),))
    jobs = the_store().inventories.kept_jobs()
    most = the_parts().settings.keep_states
    return render_template("states/overview.html", states=shown, jobs=jobs, job=job, most=most)
