"""Return to a kept state: look at what would change, then do exactly that."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from pbxsync_web.access import fresh, may, me, operator
from pbxsync_web.parts import the_parts, the_store
from pbxsync_worker.core.handover import request_rollback
from pbxsync_worker.core.model.errors import NotAllowed, PlanDiffers
from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.core.store.inventories import AFTER, BEFORE
from pbxsync_worker.core.store.runs import SavedPlan

page = Blueprint("rollback", __name__)


@page.get("/runs/<identity>/rollback/<side>")
@operator
@fresh
def ask(identity: str, side: str) -> str:
    """Show what would be returned to; shown: a preview whose plan may be applied."""
    run = _run(identity, side)
    preview, saved = _preview(run, side, request.args.get("shown", ""))
    kept = the_store().inventories.state(run.id, side) if run.here else None
    return render_template("rollback/ask.html", run=run, side=side, preview=preview, saved=saved, kept=kept)


@page.post("/runs/<identity>/rollback/<side>")
@operator
@fresh
def start(identity: str, side: str) -> Response:
    """Start the preview, or the rollback itself."""
    parts = the_parts()
    run = _run(identity, side)
    by, digest = me().name, ""
    if request.form.get("do") == "preview":
        back = request_rollback(parts.store, parts.waker, run, side, by, plan_only=True)
        return redirect(url_for("runs.one", identity=back.id), 303)
    if shown := request.form.get("shown", ""):
        _preview_run, saved = _preview(run, side, shown)
        if saved is None or saved.digest != request.form.get("plan"):
            raise PlanDiffers
        if saved.plan.brake and not may("admin"):
            raise NotAllowed(reason=_("only an administrator releases the brake"))
        digest = saved.digest
    back = request_rollback(parts.store, parts.waker, run, side, by, expect_plan=digest)
    return redirect(url_for("runs.one", identity=back.id), 303)


def _run(identity: str, side: str) -> Run:
    if side not in (BEFORE, AFTER):
        raise BadRequest
    return the_store().runs.get(identity)


def _preview(run: Run, side: str, shown: str) -> tuple[Run | None, SavedPlan | None]:
    if not shown:
        return None, None
    runs = the_store().runs
    preview = runs.get(shown)
    if preview.goal != f"{run.id}:{side}" or preview.state not in (State.PREVIEWED, State.HELD):
        raise PlanDiffers
    return preview, runs.plan(preview.id)
