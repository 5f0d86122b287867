"""Names of rows and keys for people."""

import pytest

from pbxsync_web.items import Group, group_name, grouped, item_name
from pbxsync_worker.datasets.mysql.names import encode_key, numbered
from tests.web import seed
from tests.web.conftest import World


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ((b"2001",), "2001"),
        ((b"2001", b"callerid"), "2001, callerid"),
        ((b"a/b,c",), "a/b,c"),
        ((b"",), '""'),
        ((b"", b"x"), '"", x'),
        ((None, b"~"), "NULL, ~"),
        ((b"a\nb\xff",), "a\\x0ab\\xff"),
    ],
)
def test_a_row_is_called_by_its_table_and_the_values_of_its_key(world: World, key, shown) -> None:
    with world.app.test_request_context():
        assert item_name(b"SQL/asterisk/users/" + encode_key(key)) == f"users {shown}"


def test_a_second_row_of_one_key_says_so(world: World) -> None:
    with world.app.test_request_context():
        assert item_name(b"SQL/asterisk/users/" + numbered(encode_key((b"1",)), 1)) == "users 1 (2)"


def test_a_long_key_is_called_by_the_beginning_of_its_digest(world: World) -> None:
    with world.app.test_request_context():
        assert item_name(b"SQL/asterisk/users/" + encode_key((b"x" * 700,))).startswith("users (a long key, ")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"ASTDB/CF/2001", "AstDB CF/2001"),
        (b"ASTDB/AMPUSER/2001/followme/ddial", "AstDB AMPUSER/2001/followme/ddial"),
        (b"VOICEMAIL/default/2001", "mailbox 2001@default"),
        (b"ASTETCDIR/pjsip.conf", "ASTETCDIR/pjsip.conf"),
        (b"ASTDB", "ASTDB"),
        (b"SQL/asterisk", "SQL/asterisk"),
        (b"SQL/asterisk/users", "SQL/asterisk/users"),
        (b"\xff", "\\xff"),
    ],
)
def test_other_items_are_called_by_what_they_are(world: World, name, shown) -> None:
    with world.app.test_request_context():
        assert item_name(name) == shown


def test_mailboxes_of_one_context_stand_together(world: World) -> None:
    with world.app.test_request_context():
        assert Group(group_name(b"VOICEMAIL/default/2001")).title == "Mailboxes of default"


def test_files_stand_first_and_every_group_together() -> None:
    names = [group_name(change.name) for _group, change in grouped(seed.mixed_plan().changes)]
    assert names[0] == b""
    assert names == sorted(names, key=names.index)
    assert len(names) == len(seed.mixed_plan().changes)


def test_a_group_counts_all_its_changes() -> None:
    counts = {group.name: dict(group.counts) for group, _change in grouped(seed.mixed_plan().changes)}
    assert counts[b"ASTDB/CF"] == {"add": 1, "replace": 1}
    assert counts[b"ASTDB/DND"] == {"remove": 1}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"cdr/5", "cdr 5"),
        (b"cdr/5;2", "cdr 5 (2)"),
        (b"a%2Fb/'x%20y,~,xff", "a/b x y, NULL, xff"),
        (b"t/r3ff8000000000000", "t 1.5"),
        (b"t/!" + b"ab" * 32, "t (a long key, abababababab)"),
        (b"!schema", "how ASTLOGDIR/master.db is built"),
        (b"!pages", "the whole database ASTLOGDIR/master.db"),
    ],
)
def test_what_a_database_holds_is_called_by_table_and_key(world: World, name: bytes, shown: str) -> None:
    item = b"SQLITE/ASTLOGDIR/master.db/" + name
    with world.app.test_request_context():
        assert item_name(item) == shown
        assert Group(group_name(item)).title == "SQLite database ASTLOGDIR/master.db"
