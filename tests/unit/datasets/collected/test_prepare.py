"""Which records are missing, by their keys and digests."""

from collections import Counter

from pbxsync_worker.datasets.collected.prepare import Missing
from pbxsync_worker.datasets.collected.table import digest

COLUMNS = ("a",)


def missing(known: list[tuple[bytes, bytes]], came: list[tuple[bytes, bytes]], columns=COLUMNS) -> list[bytes | None]:
    """Return the values that are new; pairs of key and value."""
    had: dict[bytes, Counter[tuple[bytes, tuple[str, ...]]]] = {}
    for key, value in known:
        had.setdefault(key, Counter())[digest((value,)), columns] += 1
    told = Missing(COLUMNS, had)
    return [values[0] for key, value in came for _, _, values in told.take(key, (value,))]


def test_everything_is_new_at_first():
    assert missing([], [(b"k", b"1"), (b"l", b"2")]) == [b"1", b"2"]


def test_what_came_before_is_not_new():
    assert missing([(b"k", b"1")], [(b"k", b"1"), (b"l", b"2")]) == [b"2"]


def test_a_record_that_changed_at_its_origin_is_not_new():
    assert missing([(b"k", b"1")], [(b"k", b"changed")]) == []


def test_as_many_of_a_key_are_new_as_there_are_more():
    assert missing([(b"k", b"1")], [(b"k", b"2"), (b"k", b"1")]) == [b"2"]
    assert missing([(b"k", b"1")], [(b"k", b"1"), (b"k", b"2")]) == [b"2"]
    assert missing([(b"k", b"1")], [(b"k", b"1"), (b"k", b"1"), (b"k", b"1")]) == [b"1", b"1"]


def test_a_record_that_came_with_fewer_columns_is_not_new():
    assert missing([(b"k", b"1")], [(b"k", b"1")], columns=("b",)) == []
