"""Stops and starts of an Asterisk in memory, whose time is moved by hand; the real ones: tests/integration."""

import pytest

from pbxsync_worker.asterisk.starter import NOBODY, Starter
from pbxsync_worker.core.model.asterisk_action import When
from pbxsync_worker.core.model.errors import AsteriskDown, AsteriskSilent, CallsInProgress, Cancelled, Unsupported
from tests.fakes.machine import BY_HAND, Machine


@pytest.fixture
def machine() -> Machine:
    return Machine()


def on() -> None:
    """Go on waiting."""


def cancelled() -> None:
    raise Cancelled(who="ann")


def test_now_stops_by_the_program_that_keeps_it(machine: Machine):
    machine.service().restart(When.NOW, on)
    assert machine.said == ["stop", "start"]


@pytest.mark.parametrize("when", [When.CONVENIENT, When.GRACEFULLY])
def test_it_waits_for_calls_with_asterisks_own_words(machine: Machine, when: When):
    machine.calls = 30
    machine.service().restart(when, on)
    assert machine.said == [f"core stop {when}", "stop", "start"]
    assert machine.calls <= 0


@pytest.mark.parametrize("starter", [BY_HAND, NOBODY])
def test_calls_that_outlast_the_limit_stay_and_the_stop_is_taken_back(machine: Machine, starter: Starter):
    machine.calls = 1000
    with pytest.raises(CallsInProgress):
        machine.service(starter).restart(When.GRACEFULLY, on)
    assert (machine.said[-1], machine.starts) == ("core abort shutdown", 1)


def test_who_cancels_gets_the_stop_taken_back(machine: Machine):
    machine.calls = 1000
    with pytest.raises(Cancelled):
        machine.service().stop(When.CONVENIENT, cancelled)
    assert (machine.said[-1], machine.starts) == ("core abort shutdown", 1)


@pytest.mark.parametrize("starter", [BY_HAND, NOBODY])
def test_a_stop_that_somebody_else_took_back_ends_no_call(machine: Machine, starter: Starter):
    def elsewhere() -> None:
        machine.pending = ""

    machine.calls = 1000
    with pytest.raises(CallsInProgress):
        machine.service(starter).restart(When.GRACEFULLY, elsewhere)
    assert (machine.said[1:], machine.starts) == ([], 1)


def test_without_a_starter_it_restarts_itself(machine: Machine):
    machine.service(NOBODY).restart(When.NOW, on)
    assert (machine.said, machine.starts) == (["core restart now"], 2)


def test_one_that_is_down_is_only_started(machine: Machine):
    machine.starts = 0
    machine.service().restart(When.GRACEFULLY, on)
    assert machine.said[-1] == "start"
    assert machine.starts


def test_a_start_of_one_that_runs_does_nothing(machine: Machine):
    machine.service().start()
    assert machine.said == []


def test_a_start_that_brings_nothing_is_told(machine: Machine):
    machine.dead = True
    with pytest.raises(AsteriskDown, match="it cannot"):
        machine.service().restart(When.NOW, on)


def test_one_that_hangs_before_its_control_socket_is_there_is_killed_for_the_next_start(machine: Machine):
    machine.unborn = True
    with pytest.raises(AsteriskDown, match="not fully booted"):
        machine.service().restart(When.NOW, on)
    assert machine.said == ["stop", "start", "kill"]


def test_nobody_can_start_it_where_nothing_is_set(machine: Machine):
    machine.starts = 0
    with pytest.raises(AsteriskDown, match="asterisk_starter"):
        machine.service(NOBODY).start()


def test_a_hung_one_is_killed_where_calls_were_to_end(machine: Machine):
    machine.hung = True
    machine.service().restart(When.NOW, on)
    assert machine.said == ["stop", "kill", "start"]


@pytest.mark.parametrize("when", [When.CONVENIENT, When.GRACEFULLY])
def test_a_hung_one_is_left_alone_where_calls_were_not_to_end(machine: Machine, when: When):
    machine.hung = True
    with pytest.raises(AsteriskSilent):
        machine.service().restart(when, on)
    assert machine.said == []


def test_a_hung_one_that_nobody_may_kill_is_told(machine: Machine):
    machine.hung = True
    with pytest.raises(AsteriskSilent, match="nothing on this host may kill it"):
        machine.service(Starter("commands", ("start",))).restart(When.NOW, on)


def test_a_hung_one_that_survives_is_told(machine: Machine):
    machine.hung = machine.deaf = True
    with pytest.raises(AsteriskSilent, match="could not be killed"):
        machine.service().unhang()


def test_one_that_answers_is_not_ended_as_hung(machine: Machine):
    machine.service().unhang()
    assert (machine.said, machine.starts) == ([], 1)


def test_where_its_socket_may_not_be_opened_it_restarts_itself(machine: Machine):
    machine.shut = True
    machine.service().restart(When.GRACEFULLY, on)
    assert (machine.said, machine.starts) == (["core restart gracefully"], 2)


def test_where_its_socket_may_not_be_opened_a_stop_is_refused(machine: Machine):
    machine.shut = True
    with pytest.raises(Unsupported, match="prove it down"):
        machine.service().stop(When.NOW, on)
    assert machine.said == []
