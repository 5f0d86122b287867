import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxsync_worker.datasets.mysql.values import quoted
from tests.unit.datasets.mysql.columns import column

LATIN1 = column(charset="latin1")


@given(st.binary())
def test_every_byte_of_latin1_comes_back(raw):
    assert LATIN1.to_stored(LATIN1.from_stored(raw)) == raw


def test_latin1_is_the_servers_own_not_the_iso_one():
    assert LATIN1.from_stored(b"\x80\x81\xe4") == "€\x81ä".encode()


@given(st.binary())
def test_other_character_sets_are_taken_as_they_are(raw):
    assert column().from_stored(raw) == raw


@pytest.mark.parametrize(
    ("target", "value"),
    [
        (column(letters=4), "ä€😀x".encode()),
        (column(charset="latin1", letters=2), "€ü".encode()),
        (column(kind="tinytext", octets=255), b"x" * 255),
        (column(kind="tinytext", octets=255, charset="latin1"), "ü".encode() * 255),
        (column(kind="bigint"), b"-9223372036854775808"),
        (column(kind="bigint", full="bigint(20) unsigned"), b"18446744073709551615"),
        (column(kind="smallint", full="smallint(5) unsigned zerofill"), b"00042"),
        (column(kind="year"), b"0000"),
        (column(kind="bit", digits=9), b"511"),
        (column(kind="decimal", digits=5, scale=2), b"-999.99"),
        (column(kind="decimal", digits=2, scale=2), b"0.00"),
        (column(kind="enum", full="enum('it''s','b')"), b"it's"),
        (column(kind="set", full="set('a','b')"), b""),
        (column(kind="datetime"), b"0000-00-00 00:00:00"),
        (column(kind="blob", octets=3), b"\xff\x00'"),
        (column(nullable=True), None),
    ],
)
def test_a_column_holds_what_fits(target, value):
    assert target.problem(value) == ""


@pytest.mark.parametrize(
    ("target", "value"),
    [
        (column(letters=3), b"1234"),
        (column(), b"\xff"),
        (column(charset="utf8mb3"), "😀".encode()),
        (column(charset="latin1"), "Ω".encode()),
        (column(charset="ascii"), "ü".encode()),
        (column(kind="tinytext", octets=255), "ü".encode() * 128),
        (column(kind="tinyint"), b"128"),
        (column(kind="int"), b"1; DROP TABLE users"),
        (column(kind="bit", digits=1), b"2"),
        (column(kind="decimal", digits=5, scale=2), b"1.001"),
        (column(kind="decimal", digits=5, scale=2), b"1000"),
        (column(kind="decimal", digits=5, scale=2), b"NaN"),
        (column(kind="decimal", digits=5, scale=2), b"\xff"),
        (column(kind="enum", full="enum('a')"), b""),
        (column(kind="set", full="set('a')"), b"a,c"),
        (column(kind="varbinary", octets=2), b"123"),
        (column(nullable=False), None),
    ],
)
def test_a_column_says_why_it_cannot_hold_a_value(target, value):
    assert target.problem(value)


@pytest.mark.parametrize(
    "strange",
    [column(generated=True), column(kind="point"), column(charset="utf16"), column(name="a%s")],
)
def test_a_column_that_cannot_travel_says_why(strange):
    assert strange.unsupported


def test_an_identifier_cannot_leave_its_quotes():
    assert quoted("a` OR 1") == b"`a`` OR 1`"


def test_whole_numbers_are_bound_as_numbers_so_that_an_index_serves():
    assert column(kind="int").bound(b"007") == 7
    assert column().bound(b"007") == b"007"
