"""Messages to bytes and back: cut anywhere, and nothing beyond a limit comes through."""

import struct

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from pbxsync_worker.peer.inventories import gone_of, rows_of
from pbxsync_worker.peer.messages import (
    KINDS,
    ROWS,
    End,
    Gone,
    Head,
    Ping,
    Pull,
    Rows,
    Wait,
    item_of,
    row_of,
)
from pbxsync_worker.peer.wire import MAX_FRAME, cut, read, write
from tests.fakes.link import STREAMS, item_with

PREAMBLE = b"PBXS\x02\x00"
ITEMS = st.builds(
    Item,
    st.binary(min_size=1, max_size=40),
    st.sampled_from(ItemKind),
    st.integers(0, 2**40),
    st.binary(max_size=32),
    st.builds(
        Attributes,
        st.none() | st.integers(0, 0o7777),
        st.none() | st.text(max_size=8),
        st.none() | st.text(max_size=8),
        st.none() | st.integers(-(2**62), 2**62),
        st.none() | st.tuples(st.tuples(st.binary(max_size=9), st.binary(max_size=9))),
    ),
)
MESSAGES = st.lists(
    st.one_of(
        st.binary(max_size=300),
        st.just(b"long" * 10_000),
        st.builds(End, st.integers(0, 1000)),
        st.builds(Pull, st.binary(max_size=32), st.binary(max_size=99), st.binary(max_size=32), st.just(("zstd",))),
        st.builds(lambda items: Rows(tuple(map(row_of, items))), st.lists(ITEMS, max_size=5)),
        st.just(Wait()),
    ),
    max_size=8,
)


def frame(number, payload, length=None):
    return struct.pack(">IB", len(payload) + 1 if length is None else length, number) + payload


def parsed(*pieces, limit=10**6):
    return list(read(iter(pieces), STREAMS, limit))


@given(messages=MESSAGES, codec=st.sampled_from(["none", "zstd", "brotli"]), cut_at=st.integers(1, 60))
@settings(max_examples=80, deadline=None)
def test_what_is_written_is_read_however_the_bytes_are_cut(messages, codec, cut_at):
    sent = b"".join(write(messages, STREAMS, codec))
    pieces = [sent[at : at + cut_at] for at in range(0, len(sent), cut_at)]
    assert parsed(*pieces) == messages


@given(item=ITEMS)
def test_an_item_survives_the_journey(item):
    assert item_of(row_of(item)) == item


@given(data=st.binary(max_size=200))
@settings(deadline=None)
def test_no_bytes_at_all_make_anything_else_than_messages_or_invalid(data):
    for codec in (b"\0", b"\1", b"\2", b"\3"):
        try:
            parsed(b"PBXS\x02" + codec + data)
        except Invalid:
            continue


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", "before it began"),
        (b"PBX", "before it began"),
        (b"HTTP/1", "not a PBXSync stream"),
        (b"PBXS\x03\x00", "version 3 is not spoken"),
        (b"PBXS\x00\x00", "version 0 is not spoken"),
        (b"PBXS\x02\x09", "compression 9"),
        (PREAMBLE + frame(0, b"", MAX_FRAME + 1), "length"),
        (PREAMBLE + frame(0, b"", 2**32 - 1), "length"),
        (PREAMBLE + frame(0, b"", 0), "length"),
        (PREAMBLE + frame(0, b"abc", 9), "within a frame"),
        (PREAMBLE + b"\0\0", "within a frame"),
        (PREAMBLE + frame(250, b""), "message 250"),
        (PREAMBLE + frame(9, b"\xc1"), "message"),
        (PREAMBLE + frame(9, b"\x92\x01\x02"), "message"),
        (PREAMBLE + frame(9, b"\xdd\xff\xff\xff\xff"), "message"),
        (PREAMBLE + frame(9, b"\x91" * 3000), "message"),
    ],
)
def test_it_refuses(sent, reason):
    with pytest.raises(Invalid, match=reason):
        parsed(sent)


def test_a_length_is_refused_before_its_bytes_are_waited_for():
    def arriving():
        yield PREAMBLE + struct.pack(">IB", 2**31, 0)
        raise AssertionError("waited for bytes that were not allowed")

    with pytest.raises(Invalid, match="length"):
        list(read(arriving(), STREAMS, 10**9))


def test_it_refuses_more_than_the_limit_after_decompression():
    sent = b"".join(write([bytes(10**6)], STREAMS, "zstd"))
    with pytest.raises(Invalid, match="more than the allowed"):
        parsed(sent, limit=10**5)


def test_it_refuses_to_send_what_the_other_side_would_refuse():
    with pytest.raises(Invalid, match="too large"):
        list(write([Pull(b"", b"x" * MAX_FRAME, b"", ())], STREAMS))


def test_a_sign_of_life_leaves_at_once():
    def slow():
        yield Wait()
        raise AssertionError("asked for more before sending the sign of life")

    assert next(read(write(slow(), STREAMS), STREAMS, 10**6)) == Wait()


def test_every_message_has_one_number_and_is_read_as_itself():
    assert len(set(KINDS.values())) == len(KINDS)
    assert parsed(b"".join(write([Ping(), End(3)], STREAMS))) == [Ping(), End(3)]


@pytest.mark.parametrize(
    "row",
    [
        [b"", "file", 0, b"", None, None, None, None, None],
        [b"x" * 4097, "file", 0, b"", None, None, None, None, None],
        [b"x", "device", 0, b"", None, None, None, None, None],
        [b"x", "file", -1, b"", None, None, None, None, None],
        [b"x", "file", 2**41, b"", None, None, None, None, None],
        [b"x", "file", 0, b"y" * 33, None, None, None, None, None],
        [b"x", "file", 0, b"", 0o10000, None, None, None, None],
        [b"x", "file", 0, b"", None, "o" * 65, None, None, None],
        [b"x", "file", 0, b"", None, None, None, "late", None],
        [b"x", "file", 0, b"", None, None, None, None, [[b"user.x", b"v"]] * 65],
        ["text", "file", 0, b"", None, None, None, None, None],
        [b"x", "file", 0, b"", None, None, None, None, None, "one more"],
        [b"x", "file"],
    ],
)
def test_it_refuses_a_row(row):
    number = next(number for number, kind in KINDS.items() if kind is Rows)
    with pytest.raises(Invalid):
        parsed(PREAMBLE + frame(number, msgspec.msgpack.encode([[row]])))


def test_rows_and_names_come_in_bounded_messages():
    items = [item_with(b"ASTETCDIR/%05d" % number, b"") for number in range(2500)]
    messages = list(rows_of(map(row_of, items)))
    names = [row.name for message in messages for row in message.rows]
    assert names == [item.name for item in items]
    assert max(len(message.rows) for message in messages) <= ROWS
    assert [len(message.names) for message in gone_of(names)] == [1000, 1000, 500]
    assert parsed(b"".join(write([*messages, Gone((b"x",))], STREAMS, "zstd")))[-1] == Gone((b"x",))


def test_content_is_cut_to_fit_a_frame():
    pieces = list(cut([b"x" * 10**6, b""]))
    assert b"".join(pieces) == b"x" * 10**6
    assert max(map(len, pieces)) <= MAX_FRAME // 2


def test_a_form_that_is_not_known_is_refused():
    number = next(number for number, kind in KINDS.items() if kind is Head)
    with pytest.raises(Invalid):
        parsed(PREAMBLE + frame(number, msgspec.msgpack.encode(["shell"])))
