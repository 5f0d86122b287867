"""Which runs are tried again."""

import pytest

from pbxsync_worker.core.model.attempts import is_tried_again
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
