"""Names of items taken apart."""

from pbxsync_worker.core.model.words.names import below, key_of, sqlite_key_of, table_of


def test_a_key_is_decoded():
    assert key_of(b"SQL/asterisk/incoming/~,a%2Fb;2") == (None, "a/b")
    assert key_of(b'SQL/asterisk/x/""') == ("",)


def test_a_key_of_which_only_the_digest_is_known_is_none():
    assert key_of(b"SQL/asterisk/x/!0123") == ()
    assert key_of(b"ASTDB/CF/1") == ()


def test_the_table_and_what_lies_below_a_head():
    assert table_of(b"SQL/asterisk/users/1") == "users"
    assert table_of(b"ASTDB/CF/1") == ""
    assert below(b"ASTDB/CF/1", b"ASTDB") == ("CF", "1")


def test_a_key_of_an_sqlite_database_is_decoded():
    assert sqlite_key_of(b"SQLITE/ASTVARLIBDIR/a.db/t/7,'a%2Fb,~;2") == ("7", "a/b", None)
    assert sqlite_key_of(b"SQLITE/ASTVARLIBDIR/a.db/t/!0123") == ()
    assert sqlite_key_of(b"SQLITE/ASTVARLIBDIR/a.db/!schema") == ()
