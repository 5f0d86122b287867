"""Every way to stop, start and restart a real Asterisk: with calls, one that hangs, and one that never comes back."""

import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from pbxsync_worker.asterisk.service import AsteriskService, Limits
from pbxsync_worker.asterisk.starter import Starter
from pbxsync_worker.core.model.asterisk_action import When
from pbxsync_worker.core.model.errors import AsteriskDown, AsteriskSilent, CallsInProgress, Cancelled
from scripts.lab.ami import Ami, AmiRefused
from tests.integration.served import Served, dial, served

pytestmark = pytest.mark.integration

WAITING = (When.CONVENIENT, When.GRACEFULLY)
HASTY = Limits(drain=2, stop=4, boot=6)


@pytest.fixture(scope="module")
def pbx(module_pbx_node) -> Iterator[Served]:
    with served(module_pbx_node("restarts", extensions=5)) as one:
        yield one


@pytest.fixture(autouse=True)
def running(pbx: Served) -> Iterator[None]:
    pbx.service().start()
    yield
    pbx.service().restart(When.NOW, on)


@pytest.fixture(params=["stop and start", "in place"])
def service(request: pytest.FixtureRequest, pbx: Served) -> AsteriskService:
    return pbx.service() if request.param == "stop and start" else pbx.in_place()


def on() -> None:
    """Go on waiting."""


def mark(pbx: Served) -> str:
    return pbx.pbx.look().started


@pytest.mark.parametrize("when", When)
def test_it_restarts_and_has_fully_booted(pbx: Served, service: AsteriskService, when: When):
    before = mark(pbx)
    service.restart(when, on)
    assert mark(pbx) != before


@pytest.mark.parametrize("when", When)
def test_it_stops_and_starts(pbx: Served, when: When):
    before = mark(pbx)
    pbx.service().stop(when, on)
    assert not pbx.pbx.look().running
    pbx.service().start()
    assert mark(pbx) != before


@pytest.mark.parametrize("when", WAITING)
def test_a_restart_waits_for_the_last_call(pbx: Served, service: AsteriskService, when: When):
    pbx.call(4)
    started = time.monotonic()
    service.restart(when, on)
    assert time.monotonic() - started > 3


@pytest.mark.parametrize("when", WAITING)
def test_only_a_graceful_one_refuses_new_calls(pbx: Served, when: When):
    pbx.call(8)
    taken: list[bool] = []
    with pbx.tester() as asterisk, pytest.raises(Cancelled):
        pbx.service().stop(when, _calls_again(asterisk, taken))
    assert taken[-1] is (when is When.CONVENIENT)
    pbx.call(1)


def _calls_again(asterisk: Ami, taken: list[bool]) -> Callable[[], None]:
    def going_on() -> None:
        try:
            dial(asterisk, 1)
        except AmiRefused:
            taken.append(False)
        else:
            taken.append(True)
        if len(taken) > 2:
            raise Cancelled(who="ann")

    return going_on


def test_now_ends_calls(pbx: Served, service: AsteriskService):
    pbx.call(60)
    service.restart(When.NOW, on)
    assert pbx.calls() == 0


@pytest.mark.parametrize("when", WAITING)
def test_a_restart_is_taken_back_where_calls_outlast_the_limit(pbx: Served, when: When):
    before = mark(pbx)
    pbx.call(30)
    with pytest.raises(CallsInProgress):
        pbx.service(limits=HASTY).restart(when, on)
    assert (mark(pbx), pbx.calls() > 0) == (before, True)
    pbx.call(1)


def test_somebody_else_may_take_a_restart_back(pbx: Served, service: AsteriskService):
    before = mark(pbx)
    pbx.call(40)
    elsewhere = threading.Timer(1.5, service.cancel)
    elsewhere.start()
    with pytest.raises(CallsInProgress, match="somebody took"):
        service.restart(When.GRACEFULLY, on)
    elsewhere.join()
    assert (mark(pbx), pbx.calls() > 0) == (before, True)


def test_one_that_hangs_is_killed_where_calls_were_to_end_anyway(pbx: Served):
    before = mark(pbx)
    pbx.signal(signal.SIGSTOP)
    pbx.service(limits=Limits(drain=2, stop=4, boot=40)).restart(When.NOW, on)
    assert mark(pbx) != before


@pytest.mark.parametrize("when", WAITING)
def test_one_that_hangs_is_left_alone_where_calls_were_not_to_end(pbx: Served, when: When):
    before = mark(pbx)
    pbx.signal(signal.SIGSTOP)
    with pytest.raises(AsteriskSilent):
        pbx.service(limits=HASTY).restart(when, on)
    pbx.signal(signal.SIGCONT)
    assert mark(pbx) == before


def test_one_that_hangs_in_place_is_told(pbx: Served):
    pbx.signal(signal.SIGSTOP)
    with pytest.raises(AsteriskSilent):
        pbx.in_place(HASTY).restart(When.NOW, on)
    pbx.signal(signal.SIGCONT)


def test_a_hung_one_is_ended_where_somebody_may(pbx: Served):
    pbx.signal(signal.SIGSTOP)
    pbx.service(limits=HASTY).unhang()
    assert not pbx.pbx.look().running


def test_one_that_answers_is_not_taken_for_hung(pbx: Served):
    before = mark(pbx)
    pbx.service(limits=HASTY).unhang()
    assert mark(pbx) == before


@pytest.mark.parametrize("line", ["exit 1", "exit 0", "exec /nonexistent/asterisk", "exec sleep 60"])
def test_one_that_never_comes_back_is_told_within_the_deadline(pbx: Served, line: str):
    broken = Starter("commands", pbx.program("broken", line), (), pbx.kill)
    started = time.monotonic()
    with pytest.raises(AsteriskDown):
        pbx.service(broken, HASTY).restart(When.NOW, on)
    assert time.monotonic() - started < 3 * (HASTY.stop + HASTY.boot)
    assert not pbx.pbx.look().running


def test_nobody_may_start_one_that_was_stopped(pbx: Served):
    pbx.service().stop(When.NOW, on)
    with pytest.raises(AsteriskDown):
        pbx.in_place().start()


@pytest.mark.parametrize("when", When)
def test_over_ami_alone_it_restarts(pbx: Served, when: When):
    before = mark(pbx)
    pbx.over_ami().restart(when, on)
    assert mark(pbx) != before


def test_over_ami_alone_it_is_taken_back_by_the_deadline(pbx: Served):
    before = mark(pbx)
    pbx.call(40)
    with pytest.raises(CallsInProgress):
        pbx.over_ami().restart(When.CONVENIENT, on)
    assert (mark(pbx), pbx.calls() > 0) == (before, True)
