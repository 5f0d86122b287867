"""What a job may use of the line, within five percent, whatever the pieces are like."""

import pytest

from pbxsync_worker.peer.pace import paced
from tests.fakes.clock import HandClock


@pytest.mark.parametrize("rate", [999, 50_000, 2_500_000])
@pytest.mark.parametrize("size", [1, 700, 65_536])
def test_a_stream_takes_the_time_that_its_rate_gives_it(rate, size):
    clock = HandClock()
    count = max(2, rate * 4 // size)
    assert sum(map(len, paced([b"x" * size] * count, rate, clock))) == size * count
    assert sum(clock.slept) == pytest.approx(size * count / rate, rel=0.05)


def test_nothing_that_leaves_at_once_is_long():
    assert max(map(len, paced([b"x" * 10**6], 100_000, HandClock()))) == 2000


def test_a_pause_is_not_made_up_for():
    clock = HandClock()
    stream = paced([b"x" * 1000] * 100, 10_000, clock)
    next(stream)
    clock.move(60)
    clock.slept.clear()
    for _ in stream:
        pass
    assert sum(clock.slept) > 9


def test_no_bytes_are_lost_or_mixed():
    pieces = [bytes([number]) * number for number in range(200)]
    assert b"".join(paced(pieces, 7000, HandClock())) == b"".join(pieces)
