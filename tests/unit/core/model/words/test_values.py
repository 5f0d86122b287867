"""The values behind a plan, without secrets."""

from pbxsync_worker.core.model.item import ItemKind
from pbxsync_worker.core.model.words import value_lines
from tests.unit.core.model.words.seen import box, key, row, thing


def test_only_columns_that_change_are_shown_before_and_after():
    seen = row("users/1", {"extension": "1", "name": "Ann"}, {"extension": "1", "name": "Anna"})
    assert value_lines(seen) == "-name: Ann\n+name: Anna"


def test_a_row_that_comes_shows_what_it_has():
    assert value_lines(row("users/1", None, {"extension": "1", "x": None})) == "+extension: 1"


def test_a_value_that_becomes_null_is_shown_as_such():
    assert value_lines(row("users/1", {"a": "1", "b": ""}, {"a": None, "b": ""})) == "-a: 1\n+a: NULL"


def test_a_secret_is_starred_on_both_sides():
    seen = row("sip/1,secret", {"data": "old-hush"}, {"data": "new-hush"})
    assert value_lines(seen) == "-data: ***\n+data: ***"


def test_the_pin_of_a_mailbox_and_the_password_of_a_key_are_starred():
    assert "hush" not in value_lines(box("1", {"pin": "hush", "name": "a"}, {"pin": "hush2", "name": "a"}))
    assert "hush" not in value_lines(key("AMPUSER/1/password", "hush", None))


def test_an_ordinary_key_is_shown():
    assert value_lines(key("CF/1", None, "2")) == "+value: 2"


def test_a_value_cannot_begin_a_line_of_its_own():
    assert value_lines(key("CF/1", None, "2\n-value: 3")) == "+value: 2\\x0a-value: 3"


def test_a_long_value_is_cut():
    assert len(value_lines(key("CF/1", None, "x" * 9999))) < 600


def test_a_row_of_an_sqlite_database_is_shown_too_but_for_its_secrets():
    place = "SQLITE/ASTVARLIBDIR/phones.db"
    plain = thing(f"{place}/phone/7", ItemKind.ROW, {"id": "7", "label": "old"}, {"id": "7", "label": "new"})
    assert value_lines(plain) == "-label: old\n+label: new"
    secret = thing(f"{place}/setting/'sip%5Fsecret", ItemKind.ROW, None, {"value": "hush"})
    assert value_lines(secret) == "+value: ***"


def test_where_the_key_is_too_long_for_a_name_its_row_tells_whether_it_is_a_secret():
    seen = row("kvstore_Calendar/!0123", None, {"id": "x" * 300, "key": "password", "val": "hush"})
    assert "hush" not in value_lines(seen)
