"""Runs: the list, one run with its live timeline and its plan, and what can be done with it."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from pbxsync_web import events
from pbxsync_web.access import admin, fresh, me, operator, quiet
from pbxsync_web.items import grouped
from pbxsync_web.pages.jobs import where_runs_are
from pbxsync_web.parts import the_parts, the_store
from pbxsync_web.present import goal_of
from pbxsync_worker.core import handover
from pbxsync_worker.core.model.attempts import id_after, is_tried_again
from pbxsync_worker.core.model.change import ChangeKind
from pbxsync_worker.core.model.errors import NotAllowed, NotFound, PlanDiffers
from pbxsync_worker.core.model.item import show_name
from pbxsync_worker.core.model.run import Mode, Run, State
from pbxsync_worker.core.store.inventories import BEFORE
from pbxsync_worker.core.store.runs import SavedPlan

page = Blueprint("runs", __name__)
PAGE_LENGTH = 25
CHANGES_LENGTH = 100
_DECIDED = 30.0
"""Seconds after which nobody asks for another attempt any more."""
WAY = (State.REQUESTED, State.SCANNING, State.PLANNED, State.STAGED, State.APPLYING, State.VERIFYING, State.COMMITTED)


@page.get("/runs")
def overview() -> str:
    """Show the runs, newest first."""
    job, state, before = request.args.get("job", ""), request.args.get("state", ""), request.args.get("before", "")
    runs = the_store().runs.find(job=job, state=state, limit=PAGE_LENGTH + 1, before=_moment(before))
    jobs = sorted({(job.name, job.title) for one in the_store().catalogues.all() for job in one.jobs})
    return render_template(
        "runs/overview.html",
        runs=runs[:PAGE_LENGTH],
        more=runs[PAGE_LENGTH - 1].requested_at if len(runs) > PAGE_LENGTH else None,
        job=job,
        state=state,
        before=before,
        jobs=jobs,
        states=list(State),
    )


@page.get("/rollouts/<identity>")
def rollout(identity: str) -> str:
    """Show the runs of one job execution, one for each target."""
    return render_template("runs/rollout.html", **_rollout(identity))


@page.get("/rollouts/<identity>/live")
@quiet
def rollout_live(identity: str) -> str:
    """Give the part of the page that changes."""
    return render_template("runs/_rollout.html", **_rollout(identity))


@page.get("/runs/<identity>")
def one(identity: str) -> str:
    """Show one run."""
    return render_template("runs/one.html", **_live(identity), **_planned(identity))


@page.get("/runs/<identity>/live")
@quiet
def live(identity: str) -> Response:
    """Give the part of the page that changes."""
    values = _live(identity)
    answer = make_response(render_template("runs/_live.html", **values))
    if values["plan_is_known"]:
        answer.headers["HX-Trigger"] = "planned"
    return answer


@page.get("/runs/<identity>/plan")
@quiet
def plan(identity: str) -> str:
    """Give the plan of a run."""
    return render_template("runs/_plan.html", run=the_store().runs.get(identity), **_planned(identity))


@page.get("/runs/<identity>/events")
@quiet
def stream(identity: str) -> Response:
    """Tell the moves of a run as they happen."""
    run = the_store().runs.get(identity)
    last = request.headers.get("Last-Event-ID") or request.args.get("after", "0")
    after = int(last) if last.isascii() and last.isdigit() and len(last) < 7 else 0
    return events.stream(the_parts(), run.id, after)


@page.get("/runs/<identity>/cancel")
@operator
def cancel(identity: str) -> str:
    """Say what cancelling means now."""
    return render_template("runs/cancel.html", run=the_store().runs.get(identity))


@page.post("/runs/<identity>/cancel")
@operator
def cancel_now(identity: str) -> AnyResponse:
    """Ask the run to stop."""
    parts = the_parts()
    run = parts.store.runs.get(identity)
    if not run.ended:
        handover.cancel(parts.store, parts.waker, run, me().name)
    return redirect(url_for("runs.one", identity=run.id), 303)


@page.post("/runs/<identity>/apply")
@operator
def apply(identity: str) -> AnyResponse:
    """Apply exactly the plan that was shown."""
    run, saved = _shown(identity, State.PREVIEWED)
    if run.goal:
        return redirect(url_for("rollback.ask", identity=goal_of(run)[0], side=goal_of(run)[1], shown=run.id), 303)
    order = handover.Order(Mode.APPLY, me().name, expect_plan=saved.digest, targets=(run.target,))
    return redirect(where_runs_are(_request(run, order)), 303)


@page.get("/runs/<identity>/approve")
@admin
@fresh
def approve(identity: str) -> str:
    """Show once more why the run was held."""
    run, saved = _held_here(identity)
    return render_template("runs/approve.html", run=run, saved=saved, kinds=list(ChangeKind))


@page.post("/runs/<identity>/approve")
@admin
@fresh
def approve_now(identity: str) -> AnyResponse:
    """Release the brake for exactly the plan that was shown."""
    run, saved = _held_here(identity)
    order = handover.Order(Mode.APPLY, me().name, expect_plan=saved.digest, approved=True, targets=(run.target,))
    return redirect(where_runs_are(_request(run, order)), 303)


def _request(run: Run, order: handover.Order) -> tuple[Run, ...]:
    parts = the_parts()
    catalogue = parts.store.catalogues.current(run.group)
    job = catalogue.job(run.job)
    return handover.request_job(parts.store, parts.waker, parts.store.hosts.me().id, catalogue, job, order)


def _held_here(identity: str) -> tuple[Run, SavedPlan]:
    run, saved = _shown(identity, State.HELD)
    if not run.here:
        raise NotAllowed(reason=_("only the people of the host that would be changed can approve it"))
    return run, saved


def _shown(identity: str, state: State) -> tuple[Run, SavedPlan]:
    runs = the_store().runs
    run = runs.get(identity)
    saved = runs.plan(run.id)
    if run.state is not state or saved is None:
        raise NotAllowed(reason=_("this run has no plan that waits for an answer"))
    if request.method == "POST" and request.form.get("plan") != saved.digest:
        raise PlanDiffers
    return run, saved


def _live(identity: str) -> dict[str, object]:
    store = the_store()
    run = store.runs.get(identity)
    moves = store.runs.moves(run.id)
    again = _again(run)
    undecided = again is None and is_tried_again(run) and the_parts().clock.now() - run.moved_at < _DECIDED
    return {
        "run": run,
        "again": again,
        "moved_on": is_tried_again(run),
        "goes_on": not run.ended or undecided,
        "moves": moves,
        "result": store.runs.result(run.id),
        "way": WAY,
        "passed": {move.after for move in moves},
        "saved_digest": _digest(run),
        "plan_is_known": run.ended or _digest(run) != "",
        "can_return": _can_return(run),
    }


def _again(run: Run) -> Run | None:
    """Return the run that follows this one on the same target, where there is one."""
    try:
        return the_store().runs.get(id_after(run))
    except NotFound:
        return None


def _digest(run: Run) -> str:
    saved = the_store().runs.plan(run.id)
    return saved.digest if saved else ""


def _can_return(run: Run) -> bool:
    if run.state is not State.COMMITTED:
        return False
    try:
        return not run.here or bool(the_store().inventories.state(run.id, BEFORE))
    except NotFound:
        return False


def _planned(identity: str) -> dict[str, object]:
    runs = the_store().runs
    saved = runs.plan(runs.get(identity).id)
    number = request.args.get("changes", "1")
    at = max(int(number), 1) if number.isascii() and number.isdigit() and len(number) < 7 else 1
    changes = grouped(saved.plan.changes) if saved else []
    unshown = [one for group, one in changes if saved and group.name and show_name(one.name) not in saved.diffs]
    return {
        "saved": saved,
        "kinds": list(ChangeKind),
        "changes": changes[(at - 1) * CHANGES_LENGTH : at * CHANGES_LENGTH],
        "at": at,
        "sides": _sides(),
        "unshown": len(unshown) if saved and saved.plan.told else 0,
        "pages": -(-len(changes) // CHANGES_LENGTH),
    }


def _sides() -> bool:
    """Tell whether diffs stand side by side; `?diff=sides` or `?diff=lines` chooses for the session."""
    asked = request.args.get("diff", "")
    if asked in ("sides", "lines"):
        session["diff"] = asked
    return session.get("diff") == "sides"


def _rollout(identity: str) -> dict[str, object]:
    runs = the_store().runs.of_rollout(identity)
    if not runs:
        raise NotFound(what="job execution", name=identity)
    return {"runs": runs, "first": runs[0], "ended": all(run.ended for run in runs)}


def _moment(text: str) -> float:
    if not text:
        return 0.0
    try:
        return float(text)
    except ValueError as error:
        raise BadRequest from error
