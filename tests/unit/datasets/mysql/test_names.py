import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxsync_worker.core import wire
from pbxsync_worker.core.model.errors import PeerLied
from pbxsync_worker.datasets.mysql.names import (
    LONGEST_KEY,
    decode_key,
    decode_row,
    encode_key,
    numbered,
    split_name,
    split_number,
)
from pbxsync_worker.peer.checks import check_name

KEYS = st.lists(st.none() | st.binary(max_size=12), min_size=1, max_size=4).map(tuple)


@given(KEYS)
def test_a_key_comes_back_from_its_name(key):
    assert decode_key(encode_key(key), len(key)) == key


@given(KEYS, KEYS)
def test_different_keys_have_different_names(one, other):
    assert (encode_key(one) == encode_key(other)) == (one == other)


@given(KEYS)
def test_a_name_has_no_letter_that_could_be_mistaken(key):
    encoded = encode_key(key)
    assert encoded
    assert not set(encoded) - set(b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-%,~"')


@given(st.integers(0, 50), KEYS)
def test_a_number_among_equal_keys_comes_back(position, key):
    assert split_number(numbered(encode_key(key), position)) == (encode_key(key), position)


def test_a_long_key_is_hashed_and_tells_no_value():
    encoded = encode_key((b"x" * (LONGEST_KEY + 1),))
    assert len(encoded) == 65
    assert decode_key(encoded, 1) is None


@pytest.mark.parametrize("key", [(b".",), (b"..",), (b".pbxsync-x",), (b"x" * LONGEST_KEY,), ("ñ".encode() * 300,)])
def test_every_key_can_be_a_part_of_a_name_that_a_peer_takes(key):
    encoded = encode_key(key)
    check_name(b"SQL/asterisk/users/" + numbered(encoded, 10**9 - 2), ("SQL",), lambda _: False)
    assert encoded.startswith(b"!") or decode_key(encoded, 1) == key


@pytest.mark.parametrize("encoded", [b"a,b", b"%41", b"%4", b"a/b", b"", b"a b", "ä".encode(), b"~1"])
def test_it_refuses_a_key_that_no_honest_host_sends(encoded):
    with pytest.raises(PeerLied):
        decode_key(encoded, 1)


@pytest.mark.parametrize(
    "name", [b"SQL/a/b", b"SQL/a/b/c/d", b"SQL//b/c", b"SQL/a/b/", b"ASTDB/a/b/c", b"SQL/\xff/b/c"]
)
def test_it_refuses_a_name_that_names_no_row(name):
    with pytest.raises(PeerLied):
        split_name(name)


def test_it_refuses_the_number_one_because_the_first_has_none():
    with pytest.raises(PeerLied):
        split_number(b"a;1")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        wire.pack((("b", b"1"), ("a", b"1"))),
        wire.pack((("a", b"1"), ("a", b"1"))),
        wire.pack((("a", "text"),)),
        wire.pack((("a", b"1"),)) + b"\x00",
        b"\x91\x92\xd9\x01a\xc4\x011",
    ],
)
def test_it_refuses_a_content_with_a_second_form(content):
    with pytest.raises(PeerLied):
        decode_row(content)
