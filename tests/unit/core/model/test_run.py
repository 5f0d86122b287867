"""The table of allowed moves."""

import pytest

from pbxsync_worker.core.model.errors import IllegalMove
from pbxsync_worker.core.model.run import ENDED, GOOD, MOVES, State
from tests.unit.core.values import run

ALLOWED = [(before, after) for before, targets in MOVES.items() for after in targets]
REFUSED = [(before, after) for before in State for after in State if after not in MOVES[before]]


def test_every_state_has_its_row():
    assert set(MOVES) == set(State)


@pytest.mark.parametrize(("before", "after"), ALLOWED)
def test_it_makes_an_allowed_move(before, after):
    moved = run(state=before).moved_to(after, "so it is", "code")
    assert (moved.state, moved.sentence, moved.error) == (after, "so it is", "code")


@pytest.mark.parametrize(("before", "after"), REFUSED)
def test_it_refuses_every_other_move(before, after):
    with pytest.raises(IllegalMove):
        run(state=before).moved_to(after)


def test_an_error_stays_with_the_run_until_another_one():
    rolling = run(state=State.VERIFYING).moved_to(State.ROLLING_BACK, "no", "unhealthy")
    assert rolling.moved_to(State.ROLLED_BACK, "undone").error == "unhealthy"


def test_a_move_leaves_the_former_value_alone():
    first = run()
    first.moved_to(State.SCANNING)
    assert first.state is State.REQUESTED


@pytest.mark.parametrize("state", State)
def test_a_run_has_ended_when_no_move_is_left(state):
    assert run(state=state).ended == (not MOVES[state])


def test_every_good_end_is_an_end():
    assert GOOD < ENDED


def test_every_state_can_be_reached():
    reached = {State.REQUESTED}
    for _ in State:
        reached |= {after for before in reached for after in MOVES[before]}
    assert reached == set(State)


def test_a_run_that_has_begun_to_act_ends_committed_or_rolled_back_only():
    reached = {State.APPLYING}
    for _ in State:
        reached |= {after for before in reached for after in MOVES[before]}
    assert reached & ENDED == {State.COMMITTED, State.ROLLED_BACK}
