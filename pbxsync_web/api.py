"""JSON for the FreePBX module, scripts and watchers."""

from flask import Blueprint, Response, jsonify

from pbxsync_web.access import public, quiet
from pbxsync_web.parts import the_store
from pbxsync_web.present import told
from pbxsync_worker.core.store.runs import SavedPlan

page = Blueprint("api", __name__, url_prefix="/api/v1")


@page.get("/health")
@public
def health() -> Response:
    """Say that the web admin can read its store; nothing about this host is told to strangers."""
    the_store().people.count()
    return jsonify(ok=True)


@page.get("/runs/<identity>")
@quiet
def run(identity: str) -> Response:
    """Tell how far a run is; moves: its timeline; numbers: bytes and seconds; plan: what it does, in words."""
    runs = the_store().runs
    one = runs.get(identity)
    result, saved = runs.result(one.id), runs.plan(one.id)
    return jsonify(
        id=one.id,
        group=one.group,
        job=one.job,
        source=one.source,
        target=one.target,
        mode=one.mode,
        state=one.state,
        ended=one.ended,
        sentence=told(one.sentence),
        error=one.error,
        requested_by=one.requested_by,
        requested_at=one.requested_at,
        moved_at=one.moved_at,
        moves=runs.moves(one.id),
        numbers=result.numbers,
        reloaded=result.reloaded,
        findings=result.findings,
        plan=None if saved is None else _plan(saved),
    )


def _plan(saved: SavedPlan) -> dict[str, object]:
    plan = saved.plan
    return {
        "digest": saved.digest,
        "summary": told(plan.summary),
        "told": [told(line) for line in plan.told],
        "changes": len(plan.changes),
        "brake": [told(line) for line in plan.brake],
    }
