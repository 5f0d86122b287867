"""What the end of a run means to those who do not watch it."""

import pytest

from pbxsync_worker.core.model.alert import NEWS, AlertKind, drift_incident, host_incident, kind_of, run_incident
from pbxsync_worker.core.model.run import ENDED, Mode, State
from tests.unit.core.values import run


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (State.FAILED, AlertKind.FAILED),
        (State.ROLLED_BACK, AlertKind.ROLLED_BACK),
        (State.HELD, AlertKind.HELD),
        (State.COMMITTED, AlertKind.RECOVERED),
        (State.UNCHANGED, AlertKind.RECOVERED),
        (State.CANCELLED, None),
    ],
)
def test_each_end_of_a_sync_has_its_kind(state, kind):
    assert kind_of(run(state=state)) is kind


@pytest.mark.parametrize("state", [State.FAILED, State.HELD, State.PREVIEWED, State.UNCHANGED])
def test_nobody_is_told_of_a_preview(state):
    assert kind_of(run(state=state, mode=Mode.PLAN)) is None


def test_a_return_to_an_older_state_is_told_only_where_it_went_wrong():
    assert kind_of(run(state=State.COMMITTED, mode=Mode.ROLLBACK)) is None
    assert kind_of(run(state=State.ROLLED_BACK, mode=Mode.ROLLBACK)) is AlertKind.ROLLED_BACK


def test_news_come_of_last_states_only_so_once_of_each_run():
    assert NEWS <= ENDED


def test_incidents_of_different_things_are_different():
    one, other = run(job="a"), run(job="b")
    assert len({run_incident(one), run_incident(other), drift_incident(one), host_incident(one.target)}) == 4
