"""The scheduler on a real store: what starts, once, and who is woken."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from pbxsync_worker.core.model.host import Host
from pbxsync_worker.core.model.job import OnChange, Schedule, Trigger
from pbxsync_worker.core.model.occurrence import Stage
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.store import open_store
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.wiring.schedule import Scheduler
from tests.fakes.clock import HandClock
from tests.unit.core.values import A, B, catalogue

HOURLY = Schedule("every hour")


@dataclass
class Wakes:
    """A waker that only writes down whom it was asked to wake."""

    woken: list[str] = field(default_factory=list)

    def execute(self, run: str) -> None:
        self.woken.append(run)

    def rollout(self, rollout: str) -> None:
        self.woken.append(rollout)

    def rollouts(self, rollouts: Sequence[str]) -> None:
        self.woken += rollouts

    def grant(self, wish: str, *, alone: bool = False) -> None:
        self.woken.append(wish)


class World:
    """One store, its clock, and jobs of a farm."""

    def __init__(self, folder) -> None:
        self.clock = HandClock()
        self.clock.move(1_800_000_000 - self.clock.now())
        self.store = open_store(f"sqlite:///{folder}/store.sqlite", self.clock)
        self.store.hosts.set_me(Host(A, "one", "one:8443"))
        self.wakes = Wakes()
        self.version = 0

    def job(self, name="files", **values) -> None:
        """Change or add a job."""
        self.version += 1
        known = self.store.catalogues.current("farm") if self.version > 1 else catalogue()
        job = replace(catalogue().jobs[0], name=name, **values)
        jobs = (*(one for one in known.jobs if one.name != name and self.version > 1), job)
        whole = replace(known, jobs=jobs, version=self.version)
        self.store.catalogues.save(Signed(document_of(whole), A, b""))

    def look(self, seconds: float = 0.0) -> list[str]:
        """Let time pass, look once as a scheduler that was just started; return what was woken by that."""
        self.clock.move(seconds)
        before = len(self.wakes.woken)
        Scheduler(self.store, self.wakes, self.clock).step()
        return self.wakes.woken[before:]

    def end(self, state: State = State.UNCHANGED) -> None:
        """End every run."""
        for run in self.store.runs.unfinished():
            self.store.runs.move(self.store.runs.move(run, State.SCANNING), state)


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.store.database.close()


def test_a_job_starts_when_its_time_comes_and_its_worker_is_woken(world):
    world.job(schedule=HOURLY, source=B, targets=(A,))
    assert (world.look(), world.look(3599)) == ([], [])
    (rollout,) = world.look(1)
    (run,) = world.store.runs.of_rollout(rollout)
    assert (run.state, run.requested_by, run.target, run.here) == (State.REQUESTED, "schedule", A, True)


def test_it_starts_once_however_often_somebody_looks(world):
    world.job(schedule=HOURLY)
    world.look()
    assert len(world.look(3600)) == 1
    assert [world.look(), world.look(1), world.look(1800)] == [[], [], []]


def test_another_host_than_the_coordinator_starts_nothing(world):
    world.job(schedule=HOURLY)
    world.store.hosts.set_me(Host(B, "two", "two:8443"))
    assert [world.look(), world.look(3600)] == [[], []]


def test_a_host_that_nobody_has_set_up_starts_nothing(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/store.sqlite", HandClock())
    Scheduler(store, Wakes(), HandClock()).step()
    assert store.occurrences.watches() == {}
    store.database.close()


def test_a_start_waits_for_the_run_that_goes_on(world):
    world.job(schedule=HOURLY, source=B, targets=(A,))
    world.look()
    world.look(3600)
    assert world.look(3600) == []
    assert world.store.occurrences.last(("farm", "files"), 1)[0].stage is Stage.WAITING
    world.end()
    assert len(world.look(5)) == 1


def test_a_change_at_the_source_starts_the_job_after_a_quiet_moment(world):
    world.job(on_change=OnChange(Trigger.CHANGES, debounce=30))
    world.look()
    world.store.occurrences.tell_change([("farm", "files")])
    assert world.look(29) == []
    (rollout,) = world.look(1)
    assert world.store.runs.of_rollout(rollout)[0].requested_by == "change"
    world.end()
    assert world.look(3600) == []


def test_what_changes_during_its_run_starts_it_again(world):
    world.job(on_change=OnChange(Trigger.CHANGES, debounce=1))
    world.store.occurrences.tell_change([("farm", "files")])
    world.look(5)
    world.store.occurrences.tell_change([("farm", "files")])
    assert world.look(5) == []
    world.end()
    assert len(world.look(1)) == 1


def test_two_changes_in_one_second_start_two_runs(world):
    world.job(on_change=OnChange(Trigger.CHANGES, debounce=0))
    for _ in range(3):
        world.store.occurrences.tell_change([("farm", "files")])
        assert len(world.look()) == 1
        world.end()


def test_a_change_is_nothing_to_a_job_that_does_not_listen(world):
    world.job()
    world.store.occurrences.tell_change([("farm", "files")])
    assert world.look(600) == []


def test_music_after_recordings(world):
    world.job("recordings", schedule=HOURLY)
    world.job("music", after=("recordings",))
    world.look()
    assert len(world.look(3600)) == 1
    assert world.look(60) == []
    world.end()
    (rollout,) = world.look(60)
    (run,) = world.store.runs.of_rollout(rollout)
    assert (run.job, run.requested_by) == ("music", "after")
    world.end()
    assert world.look(60) == []


def test_music_does_not_follow_recordings_that_failed(world):
    world.job("recordings", schedule=HOURLY)
    world.job("music", after=("recordings",))
    world.look()
    world.look(3600)
    world.end(State.FAILED)
    assert world.look(60) == []


def test_a_paused_job_does_not_start_and_what_it_missed_is_not_made_up(world):
    world.job(schedule=HOURLY, paused=True)
    world.look()
    assert [world.look(3600), world.look(3600)] == [[], []]
    world.job(schedule=HOURLY, paused=False)
    assert world.look(1800) == []
    assert len(world.look(1800)) == 1


def test_a_changed_schedule_begins_with_the_change(world):
    world.job(schedule=HOURLY)
    world.look()
    world.clock.move(1800)
    world.job(schedule=Schedule("daily 00:00"))
    assert world.look(2000) == []


def test_the_ids_of_a_start_are_the_same_on_every_coordinator(world, tmp_path):
    (tmp_path / "other").mkdir()
    other = World(tmp_path / "other")
    for one in (world, other):
        one.job(schedule=HOURLY)
        one.look()
    assert world.look(3600) == other.look(3600) != []
    assert [run.id for run in world.store.runs.find()] == [run.id for run in other.store.runs.find()]
    other.store.database.close()


def test_jobs_that_are_due_together_start_together_each_with_its_runs(world):
    for number in range(5):
        world.job(f"job{number}", schedule=HOURLY)
    world.look()
    woken = world.look(3600)
    assert len(set(woken)) == 5
    assert [len(world.store.runs.of_rollout(rollout)) for rollout in woken] == [1] * 5
    assert world.store.audit.broken_at() == 0


@pytest.fixture
def steady(world: World) -> Callable[..., list[str]]:
    """A scheduler that goes on: it remembers what is quiet."""
    scheduler = Scheduler(world.store, world.wakes, world.clock)

    def look(seconds: float = 0.0) -> list[str]:
        world.clock.move(seconds)
        before = len(world.wakes.woken)
        scheduler.step()
        return world.wakes.woken[before:]

    return look


def test_one_that_goes_on_starts_what_it_knew_to_be_quiet(world, steady):
    world.job(schedule=HOURLY)
    assert [len(steady(seconds)) for seconds in (0, 1, 1800, 1799, 1)] == [0, 0, 0, 1, 0]


def test_one_that_goes_on_sees_a_changed_schedule(world, steady):
    world.job(schedule=Schedule("daily 12:00"))
    assert [steady(), steady(1)] == [[], []]
    world.job(schedule=Schedule("every minute"))
    assert [len(steady()), len(steady(60))] == [0, 1]


def test_one_that_goes_on_hears_of_a_change_of_a_quiet_job(world, steady):
    world.job(on_change=OnChange(Trigger.CHANGES, debounce=0))
    assert [steady(), steady(1)] == [[], []]
    world.store.occurrences.tell_change([("farm", "files")])
    assert len(steady(1)) == 1


def test_one_that_goes_on_starts_again_after_the_clock_jumped_back(world, steady):
    world.job(schedule=HOURLY)
    assert [steady(), steady(1)] == [[], []]
    assert [steady(-86_400), steady(1)] == [[], []]
    assert len(steady(3600)) == 1
