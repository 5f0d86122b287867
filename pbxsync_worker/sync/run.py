"""One run, from REQUESTED to its end: this host becomes as the source is, wholly, or stays as it was."""

from dataclasses import dataclass, replace

from pbxsync_worker.core.model.errors import (
    Brake,
    Cancelled,
    Fenced,
    PlanDiffers,
    Retry,
    RulesSkip,
    RulesWait,
    StaticCheckFailed,
    Stop,
    Unhealthy,
    Unsupported,
)
from pbxsync_worker.core.model.item import show_name
from pbxsync_worker.core.model.pbx import Finding, fatal_in
from pbxsync_worker.core.model.plan import Plan
from pbxsync_worker.core.model.run import Mode, Run, State
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.step import Step
from pbxsync_worker.delta.plan import check_policy
from pbxsync_worker.sync.around import Around
from pbxsync_worker.sync.decide import Scene, look_around
from pbxsync_worker.sync.finish import keep, take_back
from pbxsync_worker.sync.gate import pass_gate
from pbxsync_worker.sync.judge import Judge
from pbxsync_worker.sync.limit import Limit, stop_if_cancelled
from pbxsync_worker.sync.measure import Measure
from pbxsync_worker.sync.parts import Parts
from pbxsync_worker.sync.propose import propose
from pbxsync_worker.sync.tell import tell_plan


def run_once(run: Run, parts: Parts) -> Run:
    """Execute a run; returns it ended or, where the rules say so, WAITING with nothing changed.

    The caller holds the host's lock and has recovered what was unfinished.
    """
    memory, data = parts.host.memory, parts.host.data
    measure, judge, limit = Measure(run, parts), Judge(run, parts), Limit(run, parts)
    try:
        judge.before_all()
        run = memory.move(run, State.SCANNING)
        parts, doubts = pass_gate(run, parts, measure)
        scene = look_around(run, parts)
        measure.scene(scene)
        if not scene.changes.changes:
            return _unchanged(run, parts, scene, measure)
        limit.at_once()
        made = propose(run, parts, scene, judge)
        plan, scene = replace(made.plan, brake=(*doubts, *made.plan.brake)), made.scene
        plan, values = tell_plan(parts, scene, plan, made.arriving.small())
        measure.found(plan, made.findings)
        memory.save_plan(run, plan, {**made.diffs, **values})
        run = memory.move(run, State.PLANNED, plan.summary)
        if run.mode is Mode.PLAN:
            return _end(run, parts, State.PREVIEWED, measure)
        _refuse(run, parts, plan, made.findings)
        judge.heed(all_left=not scene.changes.changes)
        steps = data.prepare(run.id, plan.changes, made.arriving.content)
        memory.expect(run, scene.ours, scene.after, scene.remembered)
        run = memory.move(run, State.STAGED)
        limit.at_once()
    except Fenced:
        raise  # a newer worker decides what becomes of this run
    except (Retry, Stop) as error:
        data.discard(run.id)
        return _give_up(run, parts, error, measure)
    return _apply(run, parts, Ready(plan, steps, judge), measure)


@dataclass(frozen=True, slots=True)
class Ready:
    """What is about to be done: the plan, its steps, and who says whether it still may be."""

    plan: Plan
    steps: tuple[Step, ...]
    judge: Judge


def _apply(run: Run, parts: Parts, ready: Ready, measure: Measure) -> Run:
    """Change this host; from here on the run ends COMMITTED or is taken back."""
    plan, steps = ready.plan, ready.steps
    host = parts.host
    try:
        before = host.pbx.look()
        ready.judge.at_last()
    except (Retry, Stop) as error:
        host.data.discard(run.id)
        return _give_up(run, parts, error, measure)
    around = Around(host, plan, before, lambda: stop_if_cancelled(run, parts))
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
        stop_if_cancelled(run, parts)
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
    first, reason = show_name(kept[0].name), kept[0].reason
    if len(kept) == 1:
        return say("in step but for {name}, which stays as it is here: {reason}", name=first, reason=reason)
    return say(
        "in step but for {count} items that stay as they are here, first of all {name}: {reason}",
        count=len(kept),
        name=first,
        reason=reason,
    )


def _end(run: Run, parts: Parts, state: State, measure: Measure, sentence: str = "") -> Run:
    measure.save()
    return parts.host.memory.move(run, state, sentence or run.sentence)


_ENDS: tuple[tuple[type[Retry | Stop], State], ...] = (
    (Brake, State.HELD),
    (Cancelled, State.CANCELLED),
    (RulesSkip, State.SKIPPED),
    (Retry, State.FAILED),
    (Stop, State.FAILED),
)


def _give_up(run: Run, parts: Parts, error: Retry | Stop, measure: Measure) -> Run:
    if isinstance(error, RulesWait):
        return _wait(run, parts, error.told)
    measure.save()
    state = next(state for kind, state in _ENDS if isinstance(error, kind))
    return parts.host.memory.move(run, state, error.told, error.code)


def _wait(run: Run, parts: Parts, why: str) -> Run:
    """Let go of this host; the monitor wakes the run when a look at the facts says something else."""
    if run.state is State.WAITING:
        return parts.host.memory.retell(run, why)
    return parts.host.memory.move(run, State.WAITING, why)


def _refuse(run: Run, parts: Parts, plan: Plan, findings: tuple[Finding, ...]) -> None:
    """Stop before the first write where the plan is not what may, or was meant to, be done."""
    check_policy(parts.policy, parts.dataset, plan)
    impossible = parts.host.control.why_not(plan.action)
    if impossible:
        raise Unsupported(what=plan.action.text, reason=impossible)
    if run.expect_plan and plan.digest.hex() != run.expect_plan:
        raise PlanDiffers
    fatal = fatal_in(findings)
    if fatal:
        raise StaticCheckFailed(findings=fatal)
    if plan.brake and not run.approved:
        raise Brake(reason=plan.brake[0])


def _refuse_unhealthy(findings: tuple[Finding, ...]) -> None:
    fatal = fatal_in(findings)
    if fatal:
        raise Unhealthy(findings=fatal)
