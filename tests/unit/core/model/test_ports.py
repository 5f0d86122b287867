"""The values beside the ports."""

from pbxsync_worker.core.model.inventory import EMPTY
from pbxsync_worker.core.model.ports import Clock, Pulled
from tests.fakes.clock import HandClock


def test_a_pull_says_what_the_source_has_and_whether_it_was_known():
    assert Pulled(EMPTY, same=True) == Pulled(EMPTY, same=True) != Pulled(EMPTY, same=False)


def test_the_hand_driven_clock_is_a_clock():
    clock: Clock = HandClock(100.0)
    clock.sleep(5)
    assert clock.now() == 105.0
