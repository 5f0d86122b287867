"""Counting records, few and many."""

import pytest

from pbxsync_worker.datasets.collected import tally as module
from pbxsync_worker.datasets.collected.tally import Tally


@pytest.mark.parametrize("count", [3, 250_001])
def test_it_counts_few_and_many(count):
    tally = Tally()
    for number in range(count):
        assert tally.is_new(b"%d" % number) == 1
    tally.is_here(b"1")
    assert (tally.here(b"1"), tally.here(b"2"), tally.is_new(b"1"), tally.is_new(b"2")) == (1, 0, 2, 2)
    tally.clear()
    assert (tally.here(b"1"), tally.is_new(b"2")) == (0, 1)
    tally.close()


def test_many_is_more_than_memory_is_used_for():
    assert module._IN_MEMORY < 250_001
