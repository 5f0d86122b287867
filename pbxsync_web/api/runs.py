"""Runs: how far they are, what they would do, and what can be done with them."""

from http import HTTPStatus

from flask import request

from pbxsync_web.access import may, me
from pbxsync_web.api.endpoint import endpoint, moment_of, number_of
from pbxsync_web.api.run_values import plan_value, run_value, whole_plan, whole_run
from pbxsync_web.api.values import PlanWhole, RollBack, RunValue, RunWhole, ShownPlan, Started
from pbxsync_web.parts import the_parts, the_store
from pbxsync_worker.core import handover
from pbxsync_worker.core.model.errors import NotAllowed, NotFound, PlanDiffers
from pbxsync_worker.core.model.run import Mode, Run, State
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store.people import Role
from pbxsync_worker.core.store.runs import SavedPlan

_FIND = (
    ("job", "only runs of this job"),
    ("state", "only runs in this state"),
    ("limit", "how many, 1 to 200 (50)"),
    ("before", "only runs that were requested earlier than this, in seconds since 1970"),
)


@endpoint("GET /runs", list[RunValue], query=_FIND)
def runs() -> list[RunValue]:
    """List runs, newest first."""
    job, state = request.args.get("job", ""), request.args.get("state", "")
    found = the_store().runs.find(job=job, state=state, limit=number_of("limit", 50), before=moment_of("before"))
    return [run_value(run) for run in found]


@endpoint("GET /rollouts/<identity>", list[RunValue])
def rollout(identity: str) -> list[RunValue]:
    """List the runs of one execution of a job, in their order."""
    found = the_store().runs.of_rollout(identity)
    if not found:
        raise NotFound(what="job execution", name=identity)
    return [run_value(run) for run in found]


@endpoint("GET /runs/<identity>", RunWhole)
def run_one(identity: str) -> RunWhole:
    """Tell how far a run is, with its timeline, its numbers and its plan in words."""
    store = the_store().runs
    run = store.get(identity)
    return whole_run(run, store.moves(run.id), store.result(run.id), store.plan(run.id))


@endpoint("GET /runs/<identity>/plan", PlanWhole)
def plan_one(identity: str) -> PlanWhole:
    """Tell every change of a plan, with the differences that may be shown."""
    store = the_store().runs
    run = store.get(identity)
    saved = store.plan(run.id)
    if saved is None:
        raise NotFound(what="plan of run", name=run.id)
    return whole_plan(plan_value(saved), saved)


@endpoint("POST /runs/<identity>/cancel", RunValue, role=Role.OPERATOR, status=HTTPStatus.ACCEPTED)
def cancel_run(identity: str) -> RunValue:
    """Ask a run to stop; one that already changes its host takes back what it changed."""
    parts = the_parts()
    run = parts.store.runs.get(identity)
    return run_value(run if run.ended else handover.cancel(parts.store, parts.waker, run, me().name))


@endpoint("POST /runs/<identity>/apply", Started, role=Role.OPERATOR, body=ShownPlan, status=HTTPStatus.ACCEPTED)
def apply_run(identity: str, body: ShownPlan) -> Started:
    """Apply exactly the plan that a preview has shown."""
    run, saved = _shown(identity, State.PREVIEWED, body.plan)
    if run.goal:
        raise NotAllowed(reason=say("a rollback is applied with `rollback`"))
    return _order(run, handover.Order(Mode.APPLY, me().name, expect_plan=saved.digest, targets=(run.target,)))


@endpoint(
    "POST /runs/<identity>/approve",
    Started,
    role=Role.ADMIN,
    body=ShownPlan,
    status=HTTPStatus.ACCEPTED,
    grave=True,
)
def approve_run(identity: str, body: ShownPlan) -> Started:
    """Release the brake of a held run, for exactly the plan that was shown; on the host that would be changed only."""
    run, saved = _shown(identity, State.HELD, body.plan)
    if not run.here:
        raise NotAllowed(reason=say("only the people of the host that would be changed can approve it"))
    order = handover.Order(Mode.APPLY, me().name, expect_plan=saved.digest, approved=True, targets=(run.target,))
    return _order(run, order)


@endpoint(
    "POST /runs/<identity>/rollback",
    Started,
    role=Role.OPERATOR,
    body=RollBack,
    status=HTTPStatus.ACCEPTED,
    grave=True,
)
def roll_back(identity: str, body: RollBack) -> Started:
    """Return to the state before or after a run, or show what that would do."""
    parts = the_parts()
    run = parts.store.runs.get(identity)
    if body.plan:
        _check_preview(run, body)
    only = body.mode == "plan"
    back = handover.request_rollback(
        parts.store, parts.waker, run, body.side, me().name, plan_only=only, expect_plan="" if only else body.plan
    )
    return Started(back.rollout, [back.id])


def _check_preview(run: Run, body: RollBack) -> None:
    """Refuse a digest that no preview of this very rollback has shown."""
    store = the_store().runs
    goal = f"{run.id}:{body.side}"
    previews = (one for one in store.find(job=run.job, limit=200) if one.goal == goal)
    saved = next(
        (one for one in map(store.plan, (run.id for run in previews)) if one and one.digest == body.plan), None
    )
    if saved is None:
        raise PlanDiffers
    if saved.plan.brake and not may("admin"):
        raise NotAllowed(reason=say("only an administrator releases the brake"))


def _shown(identity: str, state: State, digest: str) -> tuple[Run, SavedPlan]:
    store = the_store().runs
    run = store.get(identity)
    saved = store.plan(run.id)
    if run.state is not state or saved is None:
        raise NotAllowed(reason=say("this run has no plan that waits for an answer"))
    if saved.digest != digest:
        raise PlanDiffers
    return run, saved


def _order(run: Run, order: handover.Order) -> Started:
    parts = the_parts()
    catalogue = parts.store.catalogues.current(run.group)
    me_id = parts.store.hosts.me().id
    started = handover.request_job(parts.store, parts.waker, me_id, catalogue, catalogue.job(run.job), order)
    return Started(started[0].rollout, [one.id for one in started])
