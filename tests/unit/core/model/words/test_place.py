"""Where a changed item belongs."""

import pytest

from pbxsync_worker.core.model.words.place import OTHER, called, names_a_thing, place_of
from tests.unit.core.model.words.seen import came, key, row


@pytest.mark.parametrize(
    ("seen", "kind", "identity"),
    [
        (row("users/2001", {}, {}), "extension", "2001"),
        (row("sip/2001,secret", {}, {}), "extension", "2001"),
        (row("sip/tr-user-7,host", {}, {}), "trunk", "7"),
        (row("incoming/555,", {}, {}), "inbound", "555"),
        (row("incoming/555,777", {}, {}), "inbound", "555 / 777"),
        (row("userman_users_settings/7,global,pbx_low", {}, {}), "user", "7"),
        (row("timegroups_details/3", None, {"timegroupid": "9"}), "timegroup", "9"),
        (row("kvstore:Queues/noid,a", {}, {}), "module", "Queues"),
        (key("AMPUSER/2001/recording/in/external", None, "1"), "extension", "2001"),
        (key("DAYNIGHT/C3", None, "1"), "DAYNIGHT", "3"),
        (key("blacklist/555", None, "1"), "blacklist", "555"),
        (key("CM/speeddial/1", None, "1"), "speeddial", "1"),
        (came("ASTETCDIR/a/b.conf"), "configfile", "a/b.conf"),
    ],
)
def test_it_belongs_to(seen, kind, identity):
    assert place_of(seen)[:2] == (kind, identity)


@pytest.mark.parametrize(
    "seen",
    [
        row("mine/1", {}),
        row("timegroups_details/3", {}),
        row("users/~", {}),
        key("zebra/1", None, "1"),
        key("CF", None, "1"),
        came("PAGES/x"),
    ],
)
def test_what_cannot_be_told_belongs_to_nothing(seen):
    assert place_of(seen).kind == OTHER


def test_only_rows_with_a_name_name_a_thing():
    assert names_a_thing(b"SQL/asterisk/users/2001")
    assert not names_a_thing(b"SQL/asterisk/sip/2001,secret")
    assert not names_a_thing(b"ASTDB/CF/2001")


def test_a_row_says_what_its_thing_is_called():
    assert called(row("trunks/3,pjsip,a", {"name": "ACME"}, None)) == (("trunk", "3"), "ACME")
    assert called(row("trunks/3,pjsip,a", {"name": ""}, None)) is None
    assert called(row("pjsip/3,context", {"data": "x"}, None)) is None
