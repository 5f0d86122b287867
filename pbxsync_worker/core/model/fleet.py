"""The fleet at a glance: how every host is, who has which version of what, and what would be lost with a host."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pbxsync_worker.core.model.fact import Value
from pbxsync_worker.core.model.report import LineState
from pbxsync_worker.core.model.sentence import say


@dataclass(frozen=True, slots=True)
class Loss:
    """What would be lost if a host died now.

    items: files and tables that changed since another host read them, None where that is not known; since_s: seconds
    since the oldest of these changes; sentence: all of that in stored form.
    """

    items: int | None
    since_s: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Has:
    """What a host has of a job; current: no other target has anything newer; times in seconds since 1970."""

    group: str
    job: str
    source: str
    root: str
    since: float
    at: float
    current: bool


@dataclass(frozen=True, slots=True)
class FleetHost:
    """One host; line: None for this one; facts: the latest values that are known."""

    id: str
    name: str
    line: LineState | None
    facts: Mapping[str, Value]
    has: tuple[Has, ...]
    loss: Loss


def loss_of(facts: Mapping[str, Value], *, source: bool) -> Loss:
    """Return what would be lost with a host; source: some job takes something from it."""
    if not source:
        return Loss(0, 0.0, say("nothing: no other host takes anything from it"))
    items, since = facts.get("data.changed_items"), facts.get("data.unsafe_s")
    if not isinstance(items, int) or not isinstance(since, int | float):
        return Loss(None, 0.0, say("not known: it does not tell what changed since the last run"))
    if not items:
        return Loss(0, 0.0, say("nothing: all that it gives is on another host"))
    sentence = say(
        "what changed in {items} files, tables, keys and mailboxes, the oldest change {minutes} minutes ago",
        items=items,
        minutes=int(since // 60),
    )
    return Loss(items, float(since), sentence)


def newest(versions: Sequence[Has]) -> Mapping[tuple[str, str], str]:
    """Return the root that was read last of each job, by (group, job)."""
    found: dict[tuple[str, str], Has] = {}
    for one in versions:
        known = found.get((one.group, one.job))
        if known is None or one.at > known.at:
            found[one.group, one.job] = one
    return {key: one.root for key, one in found.items()}
