"""Who is woken again, decided from the store alone."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.sync.sweep import WakeUps, due
from tests.unit.core.values import run

NOW, PATIENCE = 1000.0, 15.0


def late(identity: str = "r", state: State = State.REQUESTED, **values) -> Run:
    return replace(run(identity, state, **values), moved_at=NOW - PATIENCE - 1)


def test_what_moved_lately_is_left_alone():
    fresh = replace(run("r", rollout="o"), moved_at=NOW - PATIENCE)
    assert due([fresh], NOW, PATIENCE) == WakeUps((), ())


def test_a_run_that_a_peer_asked_for_is_executed():
    assert due([late()], NOW, PATIENCE) == WakeUps(("r",), ())


def test_a_requested_run_of_our_own_waits_for_its_turn_in_its_rollout():
    assert due([late(rollout="o")], NOW, PATIENCE) == WakeUps((), ("o",))


@pytest.mark.parametrize("state", [State.SCANNING, State.APPLYING, State.VERIFYING, State.ROLLING_BACK])
def test_a_started_run_is_ended_whatever_became_of_its_rollout(state):
    assert due([late(state=state, rollout="o")], NOW, PATIENCE) == WakeUps(("r",), ("o",))


def test_a_run_executed_elsewhere_is_only_followed():
    assert due([late(state=State.SCANNING, rollout="o", here=False)], NOW, PATIENCE) == WakeUps((), ("o",))


def test_each_rollout_is_named_once_in_its_order():
    runs = [late("a", rollout="o"), late("b", rollout="p"), late("c", rollout="o")]
    assert due(runs, NOW, PATIENCE).rollouts == ("o", "p")


def test_what_is_to_be_tried_again_later_wakes_nobody_before():
    later = run("r", rollout="x", not_before=500.0)
    assert due([later], 499.0, 15).rollouts == ()
    assert due([later], 500.0, 15).rollouts == ("x",)
