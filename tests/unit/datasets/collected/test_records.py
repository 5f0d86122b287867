"""Records as contents: what comes out is what went in, and nothing else is believed."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxsync_worker.core import wire
from pbxsync_worker.core.model.errors import PeerLied
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.datasets.collected.records import Arrived, Sum, content_of, described, item_of, rows_of

NAME = b"COLLECT/d/t/o/n1"
COLUMNS = ("a", "b")
ROWS = [wire.pack((b"1", None)), wire.pack((b"2", b"\xff"))]
CONTENT = b"".join(content_of(COLUMNS, ROWS))
ITEM = described(NAME, COLUMNS, ROWS)


def forged(content: bytes, rows: bytes | None = None) -> Arrived:
    item = item_of(NAME, len(content), digest_of(content), rows or rows_of(ITEM))
    return Arrived(item, [content])


@given(st.lists(st.integers(0, len(CONTENT))))
def test_records_come_out_however_the_content_is_cut(cuts):
    places = [0, *sorted(cuts), len(CONTENT)]
    pieces = [CONTENT[start:end] for start, end in pairwise(places)]
    arrived = Arrived(ITEM, pieces)
    assert arrived.columns == COLUMNS
    assert list(arrived) == [(ROWS[0], (b"1", None)), (ROWS[1], (b"2", b"\xff"))]


@given(st.lists(st.binary(max_size=9)), st.integers(0, 9))
def test_the_sums_of_parts_add_up(records, at):
    whole, one, other = Sum(), Sum(), Sum()
    for record in records:
        whole.take(record)
    for record in records[:at]:
        one.take(record)
    for record in records[at:]:
        other.take(record)
    one.add(Sum.of(other.data))
    assert one.data == whole.data


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"x", CONTENT[:-1] + b"x", b""])
def test_a_content_that_is_not_the_announced_one_is_refused(content):
    with pytest.raises(PeerLied):
        list(Arrived(ITEM, [content]))


@pytest.mark.parametrize(
    "content",
    [
        b"".join(content_of(("b", "a"), ROWS)),
        b"".join(content_of(("a", "a"), ROWS)),
        b"".join(content_of((), [])),
        b"".join(content_of(COLUMNS, [wire.pack((b"1",))])),
        b"".join(content_of(COLUMNS, [b"\xc1"])),
        (2**25).to_bytes(4, "big"),
    ],
)
def test_a_malformed_content_is_refused(content):
    with pytest.raises(PeerLied):
        list(forged(content))


def test_a_content_with_other_records_than_were_counted_is_refused():
    with pytest.raises(PeerLied, match="not the records"):
        list(forged(CONTENT, Sum(2, 7).data))


def test_an_item_that_does_not_say_its_number_is_refused():
    with pytest.raises(PeerLied):
        rows_of(replace(ITEM, attributes=replace(ITEM.attributes, xattrs=None)))
