"""How a job fares that is started here."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.run import Mode, State
from pbxsync_worker.core.store.runs import Standing
from tests.unit.core.values import run


@pytest.fixture
def ask(store, clock):
    """Ask for a rollout, ten seconds after the one before, and bring its runs to their ends."""

    def asked(rollout: str, *states: State, positions: tuple[int, ...] = (), **values) -> None:
        clock.move(10)
        for turn, state in enumerate(states):
            position = positions[turn] if positions else turn
            one = run(f"{rollout}-{turn}", rollout=rollout, position=position, **values)
            one = replace(one, requested_at=clock.now() + turn / 100)
            store.runs.request([one])
            if state is not State.REQUESTED:
                store.runs.mirror(replace(one, state=state), ())

    return asked


def test_a_job_that_never_ran_stands_at_nothing(store):
    assert store.runs.standing("farm", "files") == Standing()


def test_it_ended_well_when_the_last_target_did(store, ask, clock):
    ask("a", State.COMMITTED, State.UNCHANGED, here=False)
    assert store.runs.standing("farm", "files") == Standing(False, clock.now(), clock.now())


def test_one_bad_end_leaves_the_good_end_before(store, ask, clock):
    ask("a", State.COMMITTED, here=False)
    well = clock.now()
    ask("b", State.COMMITTED, State.FAILED, here=False)
    assert store.runs.standing("farm", "files") == Standing(False, clock.now(), well)


def test_only_the_last_attempt_on_a_target_counts(store, ask, clock):
    ask("a", State.FAILED, State.COMMITTED, positions=(0, 0), here=False)
    assert store.runs.standing("farm", "files").ended_well == clock.now()


@pytest.mark.parametrize(
    "values", [{"mode": Mode.PLAN}, {"mode": Mode.ROLLBACK}, {"job": "other"}, {"group": "other"}], ids=str
)
def test_previews_rollbacks_and_other_jobs_do_not_count(store, ask, values):
    ask("a", State.COMMITTED, here=False, **values)
    assert store.runs.standing("farm", "files") == Standing()


def test_a_run_that_goes_on_makes_it_busy(store, ask):
    ask("a", State.REQUESTED)
    assert store.runs.standing("farm", "files").busy


def test_a_host_that_was_not_heard_of_for_long_is_no_obstacle(store, ask, clock):
    ask("a", State.APPLYING, here=False)
    assert store.runs.standing("farm", "files").busy
    clock.move(601)
    assert not store.runs.standing("farm", "files").busy


def test_a_run_of_this_host_is_waited_for_however_long(store, ask, clock):
    ask("a", State.REQUESTED)
    clock.move(9_999)
    assert store.runs.standing("farm", "files").busy


def test_the_busy_jobs_are_those_that_stand_as_busy(store, ask):
    ask("a", State.REQUESTED)
    ask("b", State.COMMITTED, job="ended", here=False)
    ask("c", State.REQUESTED, job="preview", mode=Mode.PLAN)
    assert store.runs.busy() == {("farm", "files")}
