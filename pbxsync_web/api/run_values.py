"""Runs and plans as the API tells them."""

from collections.abc import Iterable
from typing import Any

from pbxsync_web.api.values import (
    ChangeValue,
    FindingValue,
    MoveValue,
    NumbersValue,
    PlanValue,
    PlanWhole,
    RunValue,
    RunWhole,
    SentItemValue,
    SentValue,
    WayValue,
)
from pbxsync_web.present import told
from pbxsync_worker.core.model.item import show_name
from pbxsync_worker.core.model.run import Move, Numbers, Run
from pbxsync_worker.core.model.sent import Sent
from pbxsync_worker.core.store.runs import Result, SavedPlan


def run_value(run: Run) -> RunValue:
    """Return a run."""
    return RunValue(**_values(run))


def whole_run(run: Run, moves: Iterable[Move], result: Result, saved: SavedPlan | None) -> RunWhole:
    """Return a run with everything that belongs to it."""
    return RunWhole(
        **_values(run),
        moves=[MoveValue(one.number, one.before, one.after, one.at, told(one.sentence), one.error) for one in moves],
        numbers=_numbers(result.numbers),
        reloaded=list(result.reloaded),
        findings=[FindingValue(one.level, told(one.place), told(one.sentence)) for one in result.findings],
        sent=_sent(result.sent),
        plan=None if saved is None else plan_value(saved),
    )


def _sent(sent: Sent) -> SentValue:
    ways = [WayValue(one.way.value, one.codec, one.items, one.size, one.sent) for one in sent.ways]
    largest = [SentItemValue(one.name, one.way.value, one.codec, one.size, one.sent) for one in sent.largest]
    return SentValue(ways, largest)


def plan_value(saved: SavedPlan) -> PlanValue:
    """Return a plan in words."""
    plan = saved.plan
    lines = [told(line) for line in plan.told]
    return PlanValue(saved.digest, told(plan.summary), lines, len(plan.changes), [told(one) for one in plan.brake])


def whole_plan(value: PlanValue, saved: SavedPlan) -> PlanWhole:
    """Return a plan with its reloads and all its changes."""
    names = [(change.kind.value, show_name(change.name)) for change in saved.plan.changes]
    items = [ChangeValue(kind, name, saved.diffs.get(name, "")) for kind, name in names]
    reloads = [reload.module for reload in saved.plan.reloads]
    return PlanWhole(value.digest, value.summary, value.told, value.changes, value.brake, reloads, items)


def _values(run: Run) -> dict[str, Any]:
    same = ("id", "group", "job", "source", "target", "mode", "state", "ended", "error", "rollout", "requested_by")
    times = {"requested_at": run.requested_at, "moved_at": run.moved_at}
    return {**{name: getattr(run, name) for name in same}, **times, "sentence": told(run.sentence)}


def _numbers(numbers: Numbers) -> NumbersValue:
    return NumbersValue(**{name: getattr(numbers, name) for name in NumbersValue.__struct_fields__})
