"""A PBX as rules see it, told by what is unlike a quiet night."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pbxsync_worker.core.model.decision import Decision, Scope
from pbxsync_worker.core.model.fact import Fact
from pbxsync_worker.core.model.ready_rules import READY
from pbxsync_worker.core.model.rule import Rule, Then
from pbxsync_worker.rules.decide import decide
from pbxsync_worker.rules.evaluate import Moment

QUIET: dict[str, Any] = {
    "local.asterisk.up": True,
    "local.asterisk.calls": 0,
    "local.asterisk.callers_waiting": 0,
    "local.asterisk.since_emergency_s": 10**9,
    "local.asterisk.registrations_lost": 0,
    "local.asterisk.endpoints_online": 40,
    "local.asterisk.version": "22.5.1",
    "local.freepbx.reloading": False,
    "local.freepbx.upgrading": False,
    "local.disk.free_percent": 60.0,
    "local.load.per_cpu": 0.2,
    "local.mariadb.up": True,
    "remote.reachable": True,
    "remote.state": "reachable",
    "remote.asterisk.up": True,
    "remote.clock.offset_s": 0.1,
    "link.rtt_ms": 30,
    "link.bytes_per_s": 5_000_000,
}
PLAN: dict[str, Any] = {
    "plan.changes": 3,
    "plan.deletes_percent": 0,
    "plan.bytes": 2000,
    "plan.reloads": 1,
    "plan.needs_restart": False,
    "plan.new_trunks": 0,
    "plan.new_admins": 0,
    "plan.new_commands": 0,
}
SHIPPED = {rule.name: rule for rule in READY}
MONDAY = "2026-11-23 12:00"
NIGHT = "2026-11-24 02:00"


def rule(when: str, then: Then, name: str = "own", **more: Any) -> Rule:
    """Return a rule of this test."""
    return Rule(name, name, when, then, 600 if then is Then.WAIT else 0, **more)


@dataclass(frozen=True)
class Situation:
    """One situation; told: its sentence.

    rules: names of ready-made ones, or rules; facts: what is unlike a quiet night, None for what nobody knows; planned:
    what is unlike a small plan, None before there is one; past: values of facts by seconds before now.
    """

    told: str
    rules: tuple[str | Rule, ...]
    expected: str
    facts: dict[str, Any] = field(default_factory=dict)
    planned: dict[str, Any] | None = None
    at: str = NIGHT
    waited: float | None = None
    by: str = ""
    past: dict[str, list[tuple[float, Any]]] = field(default_factory=dict)

    def decide(self) -> Decision:
        """Return what the rules say."""
        now = datetime.fromisoformat(self.at).replace(tzinfo=UTC).timestamp()
        plan = {} if self.planned is None else {**PLAN, **self.planned}
        values = {**QUIET, **self.facts, **plan}
        facts = {name: Fact(name, value, now, "test") for name, value in values.items() if value is not None}
        ordered = [(Scope.JOB, SHIPPED[one] if isinstance(one, str) else one) for one in self.rules]
        return decide(ordered, Moment(now, facts, _Past(now, self.past), self.planned is not None), self.waited)


@dataclass(frozen=True)
class _Past:
    now: float
    past: dict[str, list[tuple[float, Any]]]

    def between(self, name: str, since: float, until: float) -> list[tuple[float, Any]]:
        changes = [(self.now - before, value) for before, value in self.past.get(name, [])]
        return [
            *[(since, value) for at, value in changes if at <= since][-1:],
            *(one for one in changes if one[0] > since),
        ]
