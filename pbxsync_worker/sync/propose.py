"""What a run would do: the plan of everything that differs or, where the rules say so, of a part of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pbxsync_worker.core.model.pbx import Finding
from pbxsync_worker.core.model.plan import Plan
from pbxsync_worker.core.model.run import Mode, Run
from pbxsync_worker.sync.arrive import Arriving
from pbxsync_worker.sync.decide import Scene, decide
from pbxsync_worker.sync.judge import Judge
from pbxsync_worker.sync.part import without_reloads
from pbxsync_worker.sync.parts import Parts


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan and what comes with it; a scene without changes is all of what the plan has, left for later."""

    scene: Scene
    arriving: Arriving
    plan: Plan
    findings: tuple[Finding, ...]
    diffs: Mapping[str, str]


def propose(run: Run, parts: Parts, scene: Scene, judge: Judge) -> Proposal:
    """Return what would be done; asks the source for everything at once, unless a rule may want only a part of it."""
    first = replace(run, mode=Mode.PLAN) if judge.may_narrow else run
    arriving = Arriving(first, parts, scene.ours, scene.ordered, scene.contents)
    config = arriving.config()
    decided = decide(run, parts, scene, config, judge.of_plan)
    if not judge.may_narrow:
        return Proposal(scene, arriving, *decided)
    part = without_reloads(run, parts, scene, config) if judge.only_part else scene
    if part is not scene and part.changes.changes:
        going_on = {one.name for one in part.changes.changes}
        coming = {name: content for name, content in config.items() if name in going_on}
        plan, findings, diffs = decide(run, parts, part, coming, judge.of_plan)
        decided = replace(plan, facts=decided[0].facts), findings, diffs
    ready = {**config, **arriving.small()}
    return Proposal(part, Arriving(run, parts, part.ours, part.ordered, ready), *decided)
