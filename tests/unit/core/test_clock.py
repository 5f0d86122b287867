"""The real clock and the one by hand keep the same promises."""

import pytest

from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.ports import Clock
from tests.fakes.clock import HandClock


@pytest.fixture(params=[SystemClock, HandClock])
def clock(request) -> Clock:
    made: Clock = request.param()
    return made


def test_monotonic_time_never_goes_back(clock):
    first = clock.monotonic()
    clock.sleep(0)
    assert clock.monotonic() >= first


def test_now_is_in_this_century(clock):
    assert 1_600_000_000 < clock.now() < 4_100_000_000


def test_by_hand_a_sleep_moves_both_clocks_at_once():
    clock = HandClock(100.0)
    before = clock.monotonic()
    clock.sleep(5)
    assert (clock.now(), clock.monotonic() - before, clock.slept) == (105.0, 5.0, [5])


def test_by_hand_the_wall_clock_can_jump_back_and_the_other_cannot():
    clock = HandClock(100.0)
    before = clock.monotonic()
    clock.move(-50)
    assert (clock.now(), clock.monotonic()) == (50.0, before)
