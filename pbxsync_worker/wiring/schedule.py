"""The scheduler: looks every second which jobs of the groups that this host coordinates start by themselves."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from pbxsync_worker.core.handover import Order, runs_of
from pbxsync_worker.core.model.errors import NotFound, Stop
from pbxsync_worker.core.model.host import Catalogue, Job
from pbxsync_worker.core.model.job import Trigger
from pbxsync_worker.core.model.occurrence import Occurrence
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.run import Mode
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.store.occurrences import Decided, JobKey, Watch
from pbxsync_worker.sync.schedule import Decision, Known, decide, quiet_until

log = logging.getLogger(__name__)

T = TypeVar("T")

TOGETHER = 100
"""Jobs that start in one transaction: one wait for the disk, and nobody else waits long for the store."""


class Waker(Protocol):
    """Wakes the workers of this host."""

    def rollouts(self, rollouts: Sequence[str]) -> None:
        """Ask for job executions to be coordinated here."""
        ...


class Scheduler:
    """Starts what is due; any number of them on one store start it once."""

    def __init__(self, store: Store, waker: Waker, clock: Clock) -> None:
        self._store = store
        self._waker = waker
        self._clock = clock
        self._unreadable: set[JobKey] = set()
        self._jobs: Mapping[JobKey, Place] = {}
        self._catalogues: tuple[Catalogue, ...] = ()
        self._looked_at = 0.0
        self._quiet: dict[JobKey, float] = {}

    def step(self) -> None:
        """Look at every job once that is not known to be quiet."""
        try:
            me = self._store.hosts.me().id
        except NotFound:
            return  # nobody has set this host up yet
        self._read(me)
        found = self._awake()
        for first in range(0, len(found), TOGETHER):
            self._do(found[first : first + TOGETHER], me)

    def _read(self, me: str) -> None:
        """Read what there is to start; where it, or the clock, is not as it was, nothing is known to be quiet."""
        catalogues = tuple(one for one in self._store.catalogues.all() if one.primary == me)
        now = self._clock.now()
        if catalogues != self._catalogues or now < self._looked_at:
            self._catalogues = catalogues
            self._jobs = {(one.group, job.name): Place(one, job) for one in catalogues for job in one.jobs}
            self._quiet.clear()
        self._looked_at = now

    def _awake(self) -> list[Known]:
        """Return what is known of each job of which something may be due."""
        waiting, changes = self._store.occurrences.waiting(), self._store.occurrences.changes()
        told, now = waiting.keys() | changes.keys(), self._clock.now()
        keys = [key for key in self._jobs if key in told or self._quiet.get(key, 0.0) <= now]
        watches = self._store.occurrences.watches() if keys else {}
        found = []
        for key in keys:
            job = self._jobs[key].job
            known = Known(key[0], job, waiting=waiting.get(key, ()))
            if job.on_change.trigger is not Trigger.OFF:
                known = replace(known, changed=changes.get(key))
            if key in watches:
                known = replace(known, looked_at=watches[key].looked_at, definition=watches[key].definition)
            until = self._try(quiet_until, known, now)
            if until is not None and until > now:
                self._quiet[key] = until
                self._unreadable.discard(key)
            elif until is not None:
                self._quiet.pop(key, None)
                found.append(known)
        return found

    def _do(self, found: Sequence[Known], me: str) -> None:
        """Decide of some jobs, write it at once, and wake whoever works."""
        learned = learn(self._store, found, self._jobs)
        now = self._clock.now()
        words = []
        for known in learned:
            decision = self._try(decide, known, now)
            if decision is not None:
                self._unreadable.discard((known.group, known.job.name))
                if decision.tells_something(known):
                    words.append(_word(known, decision, me))
        written = self._store.occurrences.take_all(words)
        self._tell([word.started for word, mine in zip(words, written, strict=True) if mine and word.started])

    def _try(self, question: Callable[[Known, float], T], known: Known, now: float) -> T | None:
        """Ask something of one job; one that cannot be read keeps no other from its start."""
        key = (known.group, known.job.name)
        try:
            return question(known, now)
        except Stop as error:
            if key not in self._unreadable:
                log.warning("a job cannot be scheduled", extra={"job": "/".join(key), "why": error.sentence})
            self._unreadable.add(key)
            return None

    def _tell(self, started: Sequence[Occurrence]) -> None:
        if not started:
            return
        names = {one.rollout: f"{one.group}/{one.job}" for one in started}
        lines = [
            (one.cause, "request apply", say("job {name}, rollout {run}", name=names[one.rollout], run=one.rollout))
            for one in started
        ]
        self._store.audit.add_all(lines)
        self._waker.rollouts(list(names))
        for one in started:
            late = round(one.lateness, 1)
            log.info("job started", extra={"job": names[one.rollout], "cause": one.cause, "late": late})


@dataclass(frozen=True, slots=True)
class Place:
    """A job and the catalogue it stands in."""

    catalogue: Catalogue
    job: Job


def _word(known: Known, decision: Decision, me: str) -> Decided:
    """Return what is written of a decision."""
    job, start = known.job, decision.start
    return Decided(
        (known.group, job.name),
        None if known.looked_at is None else Watch(known.looked_at, known.definition),
        Watch(decision.looked_at, decision.definition),
        None if start is None else replace(start, rollout=start.id_of("")),
        decision.others,
        () if start is None else runs_of(me, known.group, job, Order(Mode.APPLY, start.cause), start.id_of),
        known.changed,
    )


def learn(store: Store, found: Sequence[Known], places: Mapping[JobKey, Place]) -> list[Known]:
    """Return what is known of jobs with everything that a decision needs."""
    since = {
        (one.group, one.job.name): one.looked_at - one.job.schedule.jitter
        for one in found
        if one.job.schedule.when and one.looked_at is not None
    }
    stages = store.occurrences.stages(since, min(since.values())) if since else {}
    busy = store.runs.busy()
    return [
        replace(one, stages=stages.get(key, {}), busy=key in busy, **_beside(store, one, places[key].catalogue))
        for one in found
        for key in [(one.group, one.job.name)]
    ]


def _beside(store: Store, known: Known, catalogue: Catalogue) -> dict[str, Any]:
    """Return what is asked of few jobs, one by one."""
    group, job = known.group, known.job
    more: dict[str, Any] = {}
    if known.changed:
        more["newest_change"] = store.occurrences.newest_change((group, job.name))
    if job.after:
        present = [name for name in job.after if any(one.name == name for one in catalogue.jobs)]
        more["started_at"] = store.runs.standing(group, job.name).started_at
        more["ended_well"] = {name: store.runs.standing(group, name).ended_well for name in present}
    return more
