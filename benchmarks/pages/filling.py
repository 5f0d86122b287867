"""Fills a store as that of a large controller is after some weeks: hosts, groups, jobs, runs, facts, audit."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import insert

from pbxsync_worker.core.model.dataset import Dataset, DeletePolicy, FileSet, Place
from pbxsync_worker.core.model.host import Catalogue, GroupKind, Host, Job, Peer, PeerState
from pbxsync_worker.core.model.job import Schedule
from pbxsync_worker.core.model.report import LineState, Told
from pbxsync_worker.core.model.run import Mode, State
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.wish import Give, policy_for
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.core.store.people import Role
from pbxsync_worker.core.store.tables import host_version, kept_state, run, run_move

PASSWORD = "a password for the benchmark"
NAME = "bench"
GROUP_SIZE = 20
_WAYS = {
    State.COMMITTED: ("SCANNING", "PLANNED", "STAGED", "APPLYING", "VERIFYING", "COMMITTED"),
    State.UNCHANGED: ("SCANNING", "UNCHANGED"),
    State.HELD: ("SCANNING", "PLANNED", "HELD"),
    State.FAILED: ("SCANNING", "FAILED"),
}
_ENDS = (State.UNCHANGED,) * 70 + (State.COMMITTED,) * 26 + (State.HELD,) + (State.FAILED,) * 3
_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is."""

    hosts: int = 200
    jobs: int = 500
    runs: int = 50_000


def fill(store: Store, size: Size, now: float) -> None:
    """Write all of it; the same for the same size."""
    dice = random.Random(1)
    hosts = [
        Host(f"{dice.getrandbits(256):064x}", f"pbx-{number:03}", f"pbx-{number:03}.example:8443")
        for number in range(size.hosts)
    ]
    store.people.add(NAME, PASSWORD, Role.ADMIN)
    store.hosts.set_me(hosts[0])
    for host in hosts[1:]:
        store.hosts.save(Peer(host, b"certificate", PeerState.PAIRED, policy_for(Give.BOTH)))
        store.lines.save(host.id, LineState("reachable", since=now - 86400, heard_at=now, rtt_ms=41.5, software="1.0"))
    for host in hosts:
        store.facts.record(host.id, _facts(dice))
    groups = list(_groups(hosts, size.jobs))
    for one in groups:
        store.catalogues.save(Signed(document_of(one), hosts[0].id, b"signature"))
    _runs(store, groups, size.runs, now, dice)
    for first in range(0, size.runs // 5, 1000):
        store.audit.add_all([(NAME, "request apply", f"job of run {first + at}") for at in range(1000)])


def _facts(dice: random.Random) -> list[Told]:
    numbers = ("asterisk.calls", "asterisk.channels", "disk.free_percent", "load.one", "memory.free_percent")
    told = [Told(name, dice.randrange(90), 0.0, "AMI") for name in numbers]
    told += [Told(f"asterisk.registered.{at}", dice.randrange(300), 0.0, "AMI") for at in range(40)]
    return [*told, Told("asterisk.up", True, 0.0, "AMI"), Told("data.changed_items", dice.randrange(9), 0.0, "files")]


def _groups(hosts: list[Host], jobs: int) -> Iterator[Catalogue]:
    """Farms that this host coordinates, each with its share of the jobs."""
    me, others = hosts[0], hosts[1:]
    parts = [others[first : first + GROUP_SIZE] for first in range(0, len(others), GROUP_SIZE)]
    each = -(-jobs // len(parts))
    for number, members in enumerate(parts):
        names = ("etc", "moh", "sounds")
        sets = tuple(
            Dataset(name, name.title(), (FileSet(Place.ETC, name, delete=DeletePolicy.MIRROR),)) for name in names
        )
        schedule = Schedule("every 15 min", "UTC", jitter=600)
        mine = tuple(
            Job(
                f"job-{number}-{at}",
                f"Job {at} of region {number}",
                names[at % 3],
                me.id,
                (members[at % len(members)].id,),
            )
            for at in range(min(each, jobs - number * each))
        )
        done = tuple(replace(job, schedule=schedule) for job in mine)
        yield Catalogue(f"region-{number}", f"Region {number}", GroupKind.FARM, me.id, 1, (me, *members), sets, done)


def _runs(store: Store, groups: list[Catalogue], count: int, now: float, dice: random.Random) -> None:
    jobs = [(group.group, job) for group in groups for job in group.jobs]
    rows: list[dict[str, Any]] = []
    moves: list[dict[str, Any]] = []
    for number in range(count):
        group, job = jobs[number % len(jobs)]
        state, at = dice.choice(_ENDS), now - (count - number) * 1.8
        one = f"{number:012x}"
        rows.append(_row(one, group, job, state, at))
        moves += _moves(one, state, at)
        if len(rows) == _AT_ONCE or number == count - 1:
            with store.database.write() as connection:
                connection.execute(insert(run), rows)
                connection.execute(insert(run_move), moves)
            rows, moves = [], []
    _kept(store, jobs, now)


def _row(one: str, group: str, job: Job, state: State, at: float) -> dict[str, Any]:
    said = {State.FAILED: say("Host {host} could not be reached: {reason}", host="pbx-007", reason="refused")}
    return {
        "id": one, "group": group, "job": job.name, "source": job.source, "target": job.targets[0],
        "mode": Mode.APPLY.value, "state": state.value, "goal": "", "expect_plan": "", "approved": False, "token": 0,
        "rollout": one, "position": 0, "here": False, "sentence": said.get(state, "In step and healthy"),
        "error": "host-unreachable" if state is State.FAILED else "", "requested_by": "schedule", "cancel_by": "",
        "requested_at": at, "moved_at": at + 2, "not_before": 0.0, "asked": False,
    }  # fmt: skip


def _moves(one: str, state: State, at: float) -> Iterator[dict[str, Any]]:
    before = ""
    for number, after in enumerate(("REQUESTED", *_WAYS[state]), 1):
        yield {
            "run": one, "number": number, "before": before, "after": after, "at": at + number / 4, "sentence": "",
            "error": "",
        }  # fmt: skip
        before = after


def _kept(store: Store, jobs: list[tuple[str, Job]], now: float) -> None:
    """Write which state each target has, and ten kept states of each job."""
    versions = [
        {
            "host": job.targets[0], "group": group, "job": job.name, "source": job.source, "run": f"{at:012x}",
            "root": f"{at:064x}", "since": now - 3600, "at": now - 60,
        }
        for at, (group, job) in enumerate(jobs)
    ]  # fmt: skip
    states = [
        {"group": group, "job": job.name, "run": f"{at:06x}{side:06x}", "side": "after", "root": "0" * 64, "at": now}
        for at, (group, job) in enumerate(jobs)
        for side in range(10)
    ]
    with store.database.write() as connection:
        connection.execute(insert(host_version), versions)
        connection.execute(insert(kept_state), states)
