"""Several schedulers by mistake, real processes on one store, some of them killed: every start once, none lost."""

import multiprocessing
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing.context import ForkProcess

import pytest
from sqlalchemy import func, select

from pbxsync_worker.core.model.errors import IllegalMove
from pbxsync_worker.core.model.host import Host, Job
from pbxsync_worker.core.model.job import Missed, Schedule
from pbxsync_worker.core.model.occurrence import Stage
from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.core.store import Store, open_store
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.store.tables import run as run_table
from pbxsync_worker.wiring.schedule import Scheduler
from tests.unit.core.values import A, B, catalogue

pytestmark = pytest.mark.integration

BEGAN = 1_800_000_000.0
SPEED = 300.0
"""A minute passes in a fifth of a second."""
JOBS = 4
SECONDS = 8.0


@dataclass
class QuickClock:
    """The machine's clock, running ahead; the same in every process."""

    started: float

    def now(self) -> float:
        return BEGAN + (time.monotonic() - self.started) * SPEED

    monotonic = now

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / SPEED)


class Nobody:
    """A waker that wakes nobody: the schedulers of this test end every run themselves."""

    def execute(self, _: str) -> None:
        pass

    rollout = execute

    def rollouts(self, _: Sequence[str]) -> None:
        pass

    def grant(self, _: str, *, alone: bool = False) -> None:
        pass


def end(store: Store, run: Run) -> None:
    """Let a run end; another process may do the same at this moment."""
    try:
        scanning = store.runs.move(run, State.SCANNING) if run.state is State.REQUESTED else run
        store.runs.move(scanning, State.UNCHANGED)
    except IllegalMove:
        return


def schedule(url: str, started: float) -> None:
    """Be a scheduler, and whoever executes what it starts."""
    clock = QuickClock(started)
    store = Store(Database(url), clock)
    scheduler = Scheduler(store, Nobody(), clock)
    while True:
        scheduler.step()
        for run in store.runs.unfinished():
            end(store, run)
        time.sleep(0.002)


def begin(url: str, started: float) -> ForkProcess:
    process = multiprocessing.get_context("fork").Process(target=schedule, args=(url, started), daemon=True)
    process.start()
    return process


def kill(process: ForkProcess) -> None:
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join(10)


def test_every_minute_of_every_job_starts_once_whoever_is_killed(tmp_path):
    url = f"sqlite:///{tmp_path}/store.sqlite"
    clock = QuickClock(time.monotonic())
    store = open_store(url, clock)
    store.hosts.set_me(Host(A, "one", "one:1"))
    every_minute = Schedule("every minute", missed=Missed.ALL)
    jobs = tuple(Job(f"job{number}", "Job", "etc", B, (A,), schedule=every_minute) for number in range(JOBS))
    whole = replace(catalogue(), jobs=jobs)
    store.catalogues.save(Signed(document_of(whole), A, b""))
    store.database.close()
    schedulers = [begin(url, clock.started) for _ in range(3)]
    try:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            time.sleep(0.7)
            kill(schedulers.pop(0))
            schedulers.append(begin(url, clock.started))
        time.sleep(1.5)
    finally:
        for process in schedulers:
            kill(process)
    store = Store(Database(url), clock)
    for job in jobs:
        rows = store.occurrences.last(("farm", job.name), 10_000)
        started = sorted(one.at for one in rows if one.stage is Stage.STARTED)
        assert len(started) > 20
        assert started == list(range(started[0], started[-1] + 60, 60)), "a minute was lost"
        with store.database.read() as connection:
            counted = connection.execute(select(func.count()).where(run_table.c.job == job.name)).scalar()
        assert counted == len(started), "a start has not exactly one run"
    store.database.close()
