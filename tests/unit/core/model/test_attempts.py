"""Which runs are tried again."""

import pytest

from pbxsync_worker.core.model.attempts import id_after, is_tried_again, pause_before_next
from pbxsync_worker.core.model.job import Retries
from pbxsync_worker.core.model.run import Mode, State
from tests.unit.core.values import run


@pytest.mark.parametrize("error", ["target-changed", "source-changed"])
@pytest.mark.parametrize("state", [State.FAILED, State.ROLLED_BACK])
def test_a_run_that_met_somebody_at_work_is(state, error):
    assert is_tried_again(run(state=state, error=error))


@pytest.mark.parametrize(
    "values",
    [
        {"state": State.APPLYING, "error": "target-changed"},
        {"state": State.ROLLED_BACK, "error": "unhealthy"},
        {"state": State.FAILED, "error": "target-changed", "expect_plan": "ab"},
        {"state": State.FAILED, "error": "target-changed", "mode": Mode.PLAN},
    ],
    ids=["not ended", "another reason", "an approved plan", "a preview"],
)
def test_any_other_is_not(values):
    assert not is_tried_again(run(**values))


AWAY = run(state=State.FAILED, error="host-unreachable")
MET = run(state=State.FAILED, error="target-changed")
PAUSED = run(state=State.FAILED, error="target-changed", not_before=5.0)


@pytest.mark.parametrize(
    ("attempts", "pause"),
    [
        ([run()], None),
        ([AWAY], 60.0),
        ([MET], 0.0),
        ([MET, MET], 0.0),
        ([MET, MET, MET], 60.0),
        ([MET, MET, MET, PAUSED], 0.0),
        ([MET, MET, MET, PAUSED, MET, MET], None),
        ([AWAY, PAUSED, MET, MET], None),
        ([run(state=State.COMMITTED)], None),
    ],
    ids=["goes on", "away", "met", "twice", "three times", "again", "too often", "used up", "good"],
)
def test_a_pause_follows_when_quick_attempts_are_used_up(attempts, pause):
    assert pause_before_next(attempts, Retries(1, 60)) == pause


def test_the_next_attempt_has_one_name_whoever_asks_for_it():
    assert id_after(run("a")) == id_after(run("a")) != id_after(run("b"))
