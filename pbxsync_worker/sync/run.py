"""One run, from REQUESTED to its end: this host becomes as the source is, wholly, or stays as it was."""

from dataclasses import replace

from pbxsync_worker.core.model.errors import (
    Brake,
    Cancelled,
    Fenced,
    PlanDiffers,
    Retry,
    StaticCheckFailed,
    Stop,
    Unhealthy,
    Unsupported,
)
from pbxsync_worker.core.model.item import show_name
from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.plan import Plan
from pbxsync_worker.core.model.run import Mode, Run, State
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.step import Step
from pbxsync_worker.delta.plan import check_policy
from pbxsync_worker.sync.around import Around
from pbxsync_worker.sync.arrive import Arriving
from pbxsync_worker.sync.decide import Scene, decide, look_around
from pbxsync_worker.sync.finish import keep, take_back
from pbxsync_worker.sync.gate import pass_gate
from pbxsync_worker.sync.measure import Measure
from pbxsync_worker.sync.parts import Parts
from pbxsync_worker.sync.tell import tell_plan


def run_once(run: Run, parts: Parts) -> Run:
    """Execute a run; returns it ended. The caller holds the host's lock and has recovered what was unfinished."""
    memory, data = parts.host.memory, parts.host.data
    measure = Measure(run, parts)
    try:
        run = memory.move(run, State.SCANNING)
        parts, doubts = pass_gate(run, parts, measure)
        scene = look_around(run, parts)
        measure.scene(scene)
        if not scene.changes.changes:
            return _unchanged(run, parts, scene, measure)
        arriving = Arriving(run, parts, scene.ours, scene.ordered, scene.contents)
        plan, findings, diffs = decide(run, parts, scene, arriving.config())
        plan, values = tell_plan(parts, scene, replace(plan, brake=(*doubts, *plan.brake)), arriving.small())
        measure.found(plan, findings)
        memory.save_plan(run, plan, {**diffs, **values})
        run = memory.move(run, State.PLANNED, plan.summary)
        if run.mode is Mode.PLAN:
            return _end(run, parts, State.PREVIEWED, measure)
        _refuse(run, parts, plan, findings)
        steps = data.prepare(run.id, plan.changes, arriving.content)
        memory.expect(run, scene.ours, scene.after, scene.remembered)
        run = memory.move(run, State.STAGED)
        _stop_if_cancelled(run, parts)
    except Fenced:
        raise  # a newer worker decides what becomes of this run
    except (Retry, Stop) as error:
        data.discard(run.id)
        return _give_up(run, parts, error, measure)
    return _apply(run, parts, plan, steps, measure)


def _apply(run: Run, parts: Parts, plan: Plan, steps: tuple[Step, ...], measure: Measure) -> Run:
    """Change this host; from here on the run ends COMMITTED or is taken back."""
    host = parts.host
    try:
        before = host.pbx.look()
    except (Retry, Stop) as error:
        host.data.discard(run.id)
        return _give_up(run, parts, error, measure)
    around = Around(host, plan, before, lambda: _stop_if_cancelled(run, parts))
    written = around.written(run.id, steps)
    run = host.memory.move(run, State.APPLYING)
    try:
        host.journal.begin(written)
        around.first()
        for step in steps:
            host.data.act(step)
        host.data.settle(run.id, steps, None)
        run = host.memory.move(run, State.VERIFYING)
        with measure.reloading():
            reloaded, said = around.then()
            measure.reloaded(reloaded)
            measure.found(plan, (*said, *host.lamps(plan.changes)))
            findings = host.pbx.verify(before, host.config(), around.checked, parts.probe_seconds)
        measure.found(plan, findings)
        _refuse_unhealthy(findings)
        _stop_if_cancelled(run, parts)
    except Fenced:
        raise
    except (Retry, Stop) as error:
        ended = take_back(run, host, written, error)
        measure.save()
        return ended
    host.journal.commit(run.id)  # THE commit point
    measure.save()
    return keep(run, host, steps, measure.sentence())


def _unchanged(run: Run, parts: Parts, scene: Scene, measure: Measure) -> Run:
    if scene.baseline_is_old:
        parts.host.memory.expect(run, scene.ours, scene.ours, scene.remembered)
        parts.host.memory.remember(run)
    return _end(run, parts, State.UNCHANGED, measure, _nothing_to_do(scene))


def _nothing_to_do(scene: Scene) -> str:
    kept = scene.changes.kept
    if not kept:
        return say("in step already")
    return say(
        "in step but for {count} items that stay as they are here, first of all {name}: {reason}",
        count=len(kept),
        name=show_name(kept[0].name),
        reason=kept[0].reason,
    )


def _end(run: Run, parts: Parts, state: State, measure: Measure, sentence: str = "") -> Run:
    measure.save()
    return parts.host.memory.move(run, state, sentence or run.sentence)


def _give_up(run: Run, parts: Parts, error: Retry | Stop, measure: Measure) -> Run:
    measure.save()
    state = State.FAILED
    if isinstance(error, Brake):
        state = State.HELD
    if isinstance(error, Cancelled):
        state = State.CANCELLED
    return parts.host.memory.move(run, state, error.told, error.code)


def _refuse(run: Run, parts: Parts, plan: Plan, findings: tuple[Finding, ...]) -> None:
    """Stop before the first write where the plan is not what may, or was meant to, be done."""
    check_policy(parts.policy, parts.dataset, plan)
    impossible = parts.host.control.why_not(plan.action)
    if impossible:
        raise Unsupported(what=plan.action.text, reason=impossible)
    if run.expect_plan and plan.digest.hex() != run.expect_plan:
        raise PlanDiffers
    fatal = _fatal(findings)
    if fatal:
        raise StaticCheckFailed(findings=fatal)
    if plan.brake and not run.approved:
        raise Brake(reason=plan.brake[0])


def _refuse_unhealthy(findings: tuple[Finding, ...]) -> None:
    fatal = _fatal(findings)
    if fatal:
        raise Unhealthy(findings=fatal)


def _fatal(findings: tuple[Finding, ...]) -> str:
    fatal = [f"{finding.place}: {finding.sentence}" for finding in findings if finding.level is Level.FATAL]
    more = f" (+{len(fatal) - 3})" if len(fatal) > 3 else ""
    return "; ".join(fatal[:3]) + more


def _stop_if_cancelled(run: Run, parts: Parts) -> None:
    who = parts.host.memory.cancelled_by(run)
    if who:
        raise Cancelled(who=who)
