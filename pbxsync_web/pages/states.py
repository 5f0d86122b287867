"""The kept known-good states that this host can return to."""

from flask import Blueprint, render_template, request

from pbxsync_web.parts import the_parts, the_store

page = Blueprint("states", __name__)


@page.get("/states")
def overview() -> str:
    """Show the kept states, newest first."""
    job = request.args.get("job", "")
    kept = the_store().inventories.kept()
    shown = [one for one in kept if not job or one.job == job]
    jobs = sorted({one.job for one in kept})
    most = the_parts().settings.keep_states
    return render_template("states/overview.html", states=shown, jobs=jobs, job=job, most=most)
