"""From wish to work: writes a REQUESTED run to the store and wakes a worker; the web and the peer port end here.

The store is the truth. A lost wake-up costs time only: the sweeper finds every run that was requested and not started.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import redis
from rq import Queue
from rq.serializers import JSONSerializer

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.host import Catalogue, Job
from pbxsync_worker.core.model.run import Mode, Run, State
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.wish import Wish, alone
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.store.runs import new_id

log = logging.getLogger(__name__)

RUNS = "runs"  # executed one at a time: they change this host
TASKS = "tasks"  # rollouts and housekeeping
EXECUTE = "pbxsync_worker.jobs.execute"
ROLLOUT = "pbxsync_worker.jobs.rollout"
GRANT = "pbxsync_worker.jobs.grant"
_HOURS = 6 * 3600


class Waker(Protocol):
    """Wakes the workers of this host."""

    def execute(self, run: str) -> None:
        """Ask for a run to be executed here."""
        ...

    def rollout(self, rollout: str) -> None:
        """Ask for a job execution to be coordinated here."""
        ...

    def grant(self, wish: str, *, alone: bool = False) -> None:
        """Ask for a wish to be granted; alone: while no run is executed."""
        ...


class RedisWaker:
    """Wakes workers through RQ; a Redis that is away is logged, never an error: the sweeper repeats the wake-up."""

    def __init__(self, url: str) -> None:
        self._connection = redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2)

    def execute(self, run: str) -> None:
        """Ask for a run to be executed here."""
        self._enqueue(RUNS, EXECUTE, run)

    def rollout(self, rollout: str) -> None:
        """Ask for a job execution to be coordinated here."""
        self._enqueue(TASKS, ROLLOUT, rollout)

    def rollouts(self, rollouts: Sequence[str]) -> None:
        """Ask for several job executions to be coordinated here, by one word to Redis."""
        self._enqueue(TASKS, ROLLOUT, *rollouts)

    def grant(self, wish: str, *, alone: bool = False) -> None:
        """Ask for a wish to be granted."""
        self._enqueue(RUNS if alone else TASKS, GRANT, wish)

    def _enqueue(self, name: str, function: str, *arguments: str) -> None:
        queue = Queue(name, connection=self._connection, serializer=JSONSerializer)
        calls = [
            Queue.prepare_data(function, (argument,), timeout=_HOURS, result_ttl=60, failure_ttl=3600)
            for argument in arguments
        ]
        try:
            queue.enqueue_many(calls)
        except redis.RedisError as error:
            log.warning("no worker could be woken; the sweeper will", extra={"queue": name, "why": str(error)})


def request(store: Store, waker: Waker, wish: Wish, by: str) -> str:
    """Ask for a wish to be granted; return its id, under which `store.wishes` holds the answer."""
    identity = store.wishes.add(wish, by)
    store.audit.add(by, f"wish {type(wish).__name__}", say("wish {run}", run=identity))
    waker.grant(identity, alone=alone(wish))
    return identity


@dataclass(frozen=True, slots=True)
class Order:
    """How a job is asked for.

    expect_plan: hex digest of the plan that was shown, "" for none; approved: release the brake for that plan;
    targets: only these of the job's targets, () for all.
    """

    mode: Mode
    by: str
    expect_plan: str = ""
    approved: bool = False
    targets: tuple[str, ...] = ()


def request_job(store: Store, waker: Waker, me: str, catalogue: Catalogue, job: Job, order: Order) -> tuple[Run, ...]:
    """Ask for a job on its targets, in order; raise Invalid where there are none."""
    if not [target for target in job.targets if not order.targets or target in order.targets]:
        raise Invalid(what=say("Job {name}", name=job.name), problems=say("it has no such target"))
    if order.approved and not order.expect_plan:
        raise Invalid(what=say("Job {name}", name=job.name), problems=say("an approval names the plan it approves"))
    runs = runs_of(me, catalogue.group, job, order, lambda _: new_id())
    store.runs.request(runs)
    rollout = runs[0].rollout
    store.audit.add(
        order.by,
        f"request {order.mode}",
        say("job {name}, rollout {run}", name=f"{catalogue.group}/{job.name}", run=rollout),
    )
    waker.rollout(rollout)
    return runs


def runs_of(me: str, group: str, job: Job, order: Order, new: Callable[[str], str]) -> tuple[Run, ...]:
    """Return the runs of a job on its targets; new: gives the id of the rollout (for "") and of the run on a target."""
    targets = [target for target in job.targets if not order.targets or target in order.targets]
    rollout = new("")
    return tuple(
        Run(
            id=new(target),
            group=group,
            job=job.name,
            source=job.source,
            target=target,
            mode=order.mode,
            state=State.REQUESTED,
            expect_plan=order.expect_plan,
            approved=order.approved,
            rollout=rollout,
            position=position,
            here=target == me,
            requested_by=order.by,
        )
        for position, target in enumerate(targets)
    )


def request_rollback(
    store: Store, waker: Waker, run: Run, side: str, by: str, *, plan_only: bool = False, expect_plan: str = ""
) -> Run:
    """Ask the host that executed a run to return to the state before or after it.

    A run executed elsewhere is returned by its own host: the rollback is requested from it like any run.
    expect_plan: hex digest of the plan that was shown; whoever gives it has seen what its brake says, and approves.
    """
    back = Run(
        id=new_id(),
        group=run.group,
        job=run.job,
        source=run.target,
        target=run.target,
        mode=Mode.PLAN if plan_only else Mode.ROLLBACK,
        state=State.REQUESTED,
        goal=f"{run.id}:{side}",
        expect_plan=expect_plan,
        approved=bool(expect_plan),
        rollout=new_id(),
        here=run.here,
        requested_by=by,
    )
    if run.here:
        store.inventories.state(run.id, side)  # raises NotFound before anything is promised
    store.runs.request((back,))
    store.audit.add(by, "request rollback", _back_to(run.id, side))
    waker.rollout(back.rollout)
    return back


def _back_to(run: str, side: str) -> str:
    told = say("run {run}, to the state before it", run=run)
    return told if side == "before" else say("run {run}, to the state after it", run=run)


def cancel(store: Store, waker: Waker, run: Run, by: str) -> Run:
    """Ask a run to stop; one that already changes the host undoes its changes."""
    asked = store.runs.cancel(run.id, by)
    store.audit.add(by, "cancel", say("run {run}", run=run.id))
    if run.here:
        waker.execute(run.id)
    else:
        waker.rollout(run.rollout)
    return asked
