"""Which compression a stream gets."""

import random

import pytest

from pbxsync_worker.delta.coding import decide

ALL = ("zstd", "brotli", "none", "samples")
TEXT = "".join(
    f"[{number}]\ntype=endpoint\ncallerid=Person {number * 7919 % 9973} <{number}>\ncontext=from-internal\n\n"
    for number in range(1000, 1800)
).encode()
NOISE = random.Random(1).randbytes(60_000)
MBIT = 125_000.0


@pytest.mark.parametrize("line", [MBIT, 20 * MBIT, 1000 * MBIT, 10_000 * MBIT])
def test_what_does_not_shrink_is_sent_as_it_is(line):
    assert decide(NOISE, line, 0.0, ALL) == ("none", None)


def test_text_over_a_slow_line_is_worth_more_work_than_over_a_fast_one():
    assert decide(TEXT, 2 * MBIT, 0.0, ALL) in (("brotli", 5), ("zstd", 9), ("zstd", 6))
    assert decide(TEXT, 1000 * MBIT, 0.0, ALL) == ("zstd", 1)


def test_a_line_as_fast_as_memory_gets_no_compression_from_a_busy_host():
    assert decide(TEXT, 3e9, 2.0, ALL) == ("none", None)


@pytest.mark.parametrize("line", [MBIT, 100 * MBIT, 400 * MBIT])
def test_a_busy_host_never_works_more_than_an_idle_one(line):
    hard = [("none", None), ("zstd", 1), ("zstd", 3), ("zstd", 6), ("brotli", 5), ("zstd", 9)]
    busy, idle = (decide(TEXT, line, load, ALL) for load in (1.0, 0.0))
    assert hard.index(busy) <= hard.index(idle)


def test_an_older_host_gets_what_it_can_read():
    assert decide(TEXT, 2 * MBIT, 0.0, ("zstd", "none"))[0] == "zstd"
    assert decide(TEXT, 2 * MBIT, 0.0, ("snappy",)) == ("none", None)


def test_where_nobody_knows_the_line_it_is_the_usual_one():
    assert decide(TEXT, None, 0.0, ALL) == decide(None, None, 0.0, ALL) == ("zstd", 3)
    assert decide(None, None, 0.0, ()) == ("none", None)


def test_text_that_nobody_has_yet_is_told_shorter_over_a_slow_line():
    assert decide(None, 20 * MBIT, 0.0, ALL) == ("brotli", 5)
    assert decide(None, 20 * MBIT, 0.0, ("zstd", "none")) == ("zstd", 3)
    assert decide(None, 1000 * MBIT, 0.0, ALL) == ("zstd", 3)
