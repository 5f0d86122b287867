"""The scheduler: looks every second which jobs of the groups that this host coordinates start by themselves."""

import logging
from dataclasses import replace

from pbxsync_worker.core.handover import Order, Waker, runs_of
from pbxsync_worker.core.model.errors import NotFound, Stop
from pbxsync_worker.core.model.host import Catalogue, Job
from pbxsync_worker.core.model.job import Trigger
from pbxsync_worker.core.model.occurrence import Occurrence
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.run import Mode
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.store.occurrences import JobKey, Watch
from pbxsync_worker.sync.schedule import Decision, Known, decide, is_quiet

log = logging.getLogger(__name__)


class Scheduler:
    """Starts what is due; any number of them on one store start it once."""

    def __init__(self, store: Store, waker: Waker, clock: Clock) -> None:
        self._store = store
        self._waker = waker
        self._clock = clock
        self._unreadable: set[JobKey] = set()

    def step(self) -> None:
        """Look at every job once."""
        try:
            me = self._store.hosts.me().id
        except NotFound:
            return  # nobody has set this host up yet
        # What waits is read before how its job fares: started meanwhile, it is seen as busy then.
        seen = _Seen(self._store)
        for catalogue in self._store.catalogues.all():
            if catalogue.primary == me:
                for job in catalogue.jobs:
                    self._try(seen.of(catalogue.group, job), catalogue, me)

    def _try(self, known: Known, catalogue: Catalogue, me: str) -> None:
        """Look at one job; one that cannot be read keeps no other from its start."""
        key = (known.group, known.job.name)
        try:
            self._look(known, catalogue, me)
        except Stop as error:
            if key not in self._unreadable:
                log.warning("a job cannot be scheduled", extra={"job": "/".join(key), "why": error.sentence})
            self._unreadable.add(key)
        else:
            self._unreadable.discard(key)

    def _look(self, known: Known, catalogue: Catalogue, me: str) -> None:
        if is_quiet(known, self._clock.now()):
            return
        known = learn(self._store, known, catalogue)
        now = self._clock.now()
        decision = decide(known, now)
        if decision.tells_something(known):
            self._do(known, decision, me)

    def _do(self, known: Known, decision: Decision, me: str) -> None:
        job, start = known.job, decision.start
        started = None if start is None else replace(start, rollout=start.id_of(""))
        runs = () if start is None else runs_of(me, known.group, job, Order(Mode.APPLY, start.cause), start.id_of)
        seen = None if known.looked_at is None else Watch(known.looked_at, known.definition)
        watch = (seen, Watch(decision.looked_at, decision.definition))
        key = (known.group, job.name)
        if not self._store.occurrences.take(key, watch, started, decision.others, runs, known.changed):
            return
        if started is not None:
            self._tell(started)

    def _tell(self, started: Occurrence) -> None:
        name = f"{started.group}/{started.job}"
        self._store.audit.add(started.cause, "request apply", f"job {name}, rollout {started.rollout}")
        self._waker.rollout(started.rollout)
        log.info("job started", extra={"job": name, "cause": started.cause, "late": round(started.lateness, 1)})


class _Seen:
    """What is read once for all jobs."""

    def __init__(self, store: Store) -> None:
        self._waiting = store.occurrences.waiting()
        self._changes = store.occurrences.changes()
        self._watches = store.occurrences.watches()

    def of(self, group: str, job: Job) -> Known:
        """Return what is known of a job without a further look."""
        key = (group, job.name)
        known = Known(group, job, waiting=self._waiting.get(key, ()))
        if job.on_change.trigger is not Trigger.OFF:
            known = replace(known, changed=self._changes.get(key))
        watch = self._watches.get(key)
        return known if watch is None else replace(known, looked_at=watch.looked_at, definition=watch.definition)


def learn(store: Store, known: Known, catalogue: Catalogue) -> Known:
    """Return what is known of a job with everything that a decision needs."""
    group, job = known.group, known.job
    key = (group, job.name)
    since = (known.looked_at or 0.0) - job.schedule.jitter
    stages = store.occurrences.stages(key, since) if job.schedule.when else {}
    newest = store.occurrences.newest_change(key) if known.changed else 0
    standing = store.runs.standing(group, job.name)
    present = [name for name in job.after if any(one.name == name for one in catalogue.jobs)]
    well = {name: store.runs.standing(group, name).ended_well for name in present}
    return replace(
        known,
        stages=stages,
        newest_change=newest,
        busy=standing.busy,
        started_at=standing.started_at,
        ended_well=well,
    )
