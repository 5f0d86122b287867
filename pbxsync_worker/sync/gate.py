"""Before anything is read: do the two hosts of a run fit together?"""

from dataclasses import replace

from pbxsync_worker.core.model.errors import GateRefused
from pbxsync_worker.core.model.facts import GateLevel
from pbxsync_worker.core.model.run import Run
from pbxsync_worker.sync.measure import Measure
from pbxsync_worker.sync.parts import Parts


def pass_gate(run: Run, parts: Parts, measure: Measure) -> tuple[Parts, tuple[str, ...]]:
    """Return the parts with what fits both hosts, and why a person must look first; raise GateRefused.

    A host that goes back to its own past meets nobody, so nothing is asked.
    """
    if run.goal:
        return parts, ()
    findings, fitted = parts.gate(parts.dataset)
    measure.met(findings)
    refused = [one.sentence for one in findings if one.level is GateLevel.REFUSE]
    if refused:
        raise GateRefused(reason=refused[0])
    return replace(parts, dataset=fitted), tuple(one.sentence for one in findings if one.level is GateLevel.HOLD)
