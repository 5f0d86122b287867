"""How tables are cut: days and ten minutes, or numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxsync_worker.core.model.errors import PeerLied
from pbxsync_worker.datasets.collected.chunks import block_name, block_of, chunk, day_before, slot_of, split


@pytest.mark.parametrize(
    ("name", "block", "low", "high"),
    [
        ("2026-11-22", 20261122, b"2026-11-22 00:00:00", b"2026-11-22 23:59:59.999999"),
        ("2026-11-22T132", 20261122, b"2026-11-22 13:20:00", b"2026-11-22 13:29:59.999999"),
        ("0000-00-00", 0, b"0000-00-00 00:00:00", b"0000-00-00 23:59:59.999999"),
        ("n0", 0, b"0", b"4095"),
        ("n17.5", 17, b"69952", b"70015"),
    ],
)
def test_a_chunk_says_what_belongs_to_it(name, block, low, high):
    found = chunk(name)
    assert (found.block, found.low, found.high) == (block, low, high)
    assert found.holds(low)
    assert found.whole is ("T" not in name and "." not in name)


@pytest.mark.parametrize("name", ["", "2026-1-1", "2026-11-22T13", "2026-11-22T136", "n", "n-1", "n1.64", "n1.05", "x"])
def test_it_refuses_what_names_no_chunk(name):
    with pytest.raises(PeerLied):
        chunk(name)


@pytest.mark.parametrize("value", [None, b"", b"x", b"69951", b"70016", b"-1", b"9" * 30])
def test_a_chunk_of_numbers_does_not_hold_others(value):
    assert not chunk("n17.5").holds(value)


@given(st.integers(0, 10**12))
def test_every_number_lies_in_one_slot_of_its_block(number):
    slot, block = slot_of(b"%d" % (number // 64), timed=False), block_of(b"%d" % (number // 4096), timed=False)
    assert slot.holds(b"%d" % number)
    assert block.holds(b"%d" % number)
    assert slot.block == block.block
    assert block.name == block_name(slot.block, timed=False)


@given(st.datetimes())
def test_every_time_lies_in_one_slot_of_its_day(moment):
    text = moment.strftime("%Y").rjust(4, "0").encode() + moment.strftime("-%m-%d %H:%M:%S").encode()
    slot, day = slot_of(text[:15], timed=True), block_of(text[:10], timed=True)
    assert slot.holds(text)
    assert day.holds(text)
    assert day.name == block_name(slot.block, timed=True)


def test_days_are_counted_back_over_the_end_of_a_month():
    assert day_before(1_795_348_800.0, 22) == 20261031


@pytest.mark.parametrize("name", [b"COLLECT/d/t/o", b"SQL/d/t/o/n1", b"COLLECT/d/t//n1", b"COLLECT/d/t/\xff/n1"])
def test_it_refuses_what_names_no_records(name):
    with pytest.raises(PeerLied):
        split(name)


def test_a_name_is_split():
    base, origin, piece = split(b"COLLECT/d/t/me/n1")
    assert (base, origin, piece.name) == (b"COLLECT/d/t/", "me", "n1")
