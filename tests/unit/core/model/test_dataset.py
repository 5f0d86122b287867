"""Definitions of datasets travel and are compared by digest, so their form is fixed."""

import pytest

from pbxsync_worker.core.model.dataset import (
    BoxSet,
    Dataset,
    DeletePolicy,
    FamilySet,
    FileSet,
    Keep,
    MessageSet,
    Place,
    RowPolicy,
    TableSet,
)
from pbxsync_worker.core.wire import pack, unpack

LEFT = Dataset("d", "D", messages=(MessageSet("default", "20*"),))


def test_a_set_of_messages_selects_by_mailbox_and_removes_what_runs_brought():
    assert LEFT.places == {"MESSAGES"}
    names = (
        b"MESSAGES/default/2001/x",
        b"MESSAGES/default/3001/x",
        b"MESSAGES/default/2001",
        b"VOICEMAIL/default/2001",
    )
    assert [name for name in names if LEFT.concerns(name)] == [b"MESSAGES/default/2001/x"]
    assert LEFT.delete_policy(names[0]) is DeletePolicy.KNOWN
    assert LEFT.with_deletes(DeletePolicy.NEVER).delete_policy(names[0]) is DeletePolicy.NEVER


def test_a_dataset_survives_the_wire():
    one = Dataset(
        "d", "D", (FileSet(Place.SPOOL, "voicemail", ("**",), ("*.tmp",), DeletePolicy.MIRROR, Keep(xattrs=True)),)
    )
    assert unpack(pack(one), Dataset) == one


def test_a_file_set_deletes_only_what_an_earlier_run_brought_unless_told():
    assert FileSet(Place.ETC).delete is DeletePolicy.KNOWN


def names(file_set: FileSet, *names: bytes) -> list[bytes]:
    return [name for name in names if file_set.selects(name)]


def test_a_set_selects_by_its_patterns_and_excludes_win():
    one = FileSet(Place.ETC, include=("*.conf", "deep/**"), exclude=("deep/not/**",))
    found = names(one, b"ASTETCDIR/a.conf", b"ASTETCDIR/a.txt", b"ASTETCDIR/deep/x", b"ASTETCDIR/deep/not/x")
    assert found == [b"ASTETCDIR/a.conf", b"ASTETCDIR/deep/x"]


def test_a_set_selects_only_below_its_own_folder():
    one = FileSet(Place.SPOOL, "voicemail")
    assert one.base == b"ASTSPOOLDIR/voicemail"
    found = names(
        one,
        b"ASTSPOOLDIR/voicemail",
        b"ASTSPOOLDIR/voicemail/",
        b"ASTSPOOLDIR/voicemail2/x",
        b"ASTETCDIR/voicemail/x",
        b"ASTSPOOLDIR/voicemail/x",
    )
    assert found == [b"ASTSPOOLDIR/voicemail/x"]


def test_a_dataset_finds_the_set_of_an_item_or_of_the_folder_leading_to_it():
    conf = FileSet(Place.ETC, include=("*.conf",))
    rest = FileSet(Place.ETC, include=("**",))
    both = Dataset("d", "D", (conf, rest))
    assert both.file_set_of(b"ASTETCDIR/a.conf") == conf
    assert both.file_set_of(b"ASTETCDIR/a/b") == rest
    assert both.file_set_of(b"ASTETCDIR") == conf
    assert both.file_set_of(b"ASTDATADIR/x") is None


FAMILY = FamilySet("CF", "1*", DeletePolicy.KNOWN)
TABLE = TableSet("asterisk", "users", ("extension",))
FIXED = TableSet("asterisk", "admin", ("variable",), policy=RowPolicy.UPDATE)
MIXED = Dataset("d", "D", (FileSet(Place.ETC, delete=DeletePolicy.MIRROR),), (FAMILY,), (TABLE, FIXED))


def test_a_family_selects_its_keys_and_no_other_familys():
    found = [name for name in (b"ASTDB/CF/100", b"ASTDB/CF/200", b"ASTDB/CFB/100", b"CF/100") if FAMILY.selects(name)]
    assert found == [b"ASTDB/CF/100"]


def test_a_collected_table_selects_its_records_and_loses_none():
    calls = TableSet("asteriskcdrdb", "cdr", (), policy=RowPolicy.COLLECT, by="calldate")
    names = (
        b"COLLECT/asteriskcdrdb/cdr/host/2026-11-22",
        b"SQL/asteriskcdrdb/cdr/1",
        b"COLLECT/asteriskcdrdb/cel/x/n1",
    )
    assert [name for name in names if calls.selects(name)] == [names[0]]
    dataset = Dataset("d", "D", tables=(calls, TABLE))
    assert dataset.places == {"COLLECT", "SQL"}
    assert dataset.with_deletes(DeletePolicy.MIRROR).delete_policy(names[0]) is DeletePolicy.NEVER


def test_a_table_selects_its_rows_and_no_other_tables():
    names = (b"SQL/asterisk/users/100", b"SQL/asterisk/users/", b"SQL/asterisk/users2/1", b"SQL/other/users/1")
    assert [name for name in names if TABLE.selects(name)] == [b"SQL/asterisk/users/100"]


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        (b"SQL/asterisk/users/100", DeletePolicy.MIRROR),
        (b"SQL/asterisk/admin/x", DeletePolicy.NEVER),
        (b"ASTDB/CF/100", DeletePolicy.KNOWN),
        (b"ASTETCDIR/a.conf", DeletePolicy.MIRROR),
        (b"ASTDB/other/1", DeletePolicy.NEVER),
        (b"ASTDATADIR/x", DeletePolicy.NEVER),
    ],
)
def test_what_the_source_lacks_goes_by_the_policy_of_its_set_and_stays_outside_all_sets(name, policy):
    assert MIXED.delete_policy(name) is policy
    assert MIXED.concerns(name) is (name not in (b"ASTDB/other/1", b"ASTDATADIR/x"))


def test_one_policy_can_be_set_for_everything():
    assert MIXED.with_deletes(DeletePolicy.KNOWN).delete_policy(b"SQL/asterisk/users/100") is DeletePolicy.KNOWN
    assert MIXED.with_deletes(DeletePolicy.KNOWN).delete_policy(b"ASTETCDIR/a.conf") is DeletePolicy.KNOWN
    assert MIXED.with_deletes(DeletePolicy.MIRROR).delete_policy(b"ASTDB/CF/100") is DeletePolicy.MIRROR


BOXES = BoxSet("default", "20*", DeletePolicy.KNOWN)
POSTED = Dataset("d", "D", boxes=(BOXES,))


def test_a_box_set_selects_its_mailboxes_and_no_others():
    names = (b"VOICEMAIL/default/2001", b"VOICEMAIL/default/3001", b"VOICEMAIL/sales/2001", b"default/2001")
    assert [name for name in names if BOXES.selects(name)] == [b"VOICEMAIL/default/2001"]
    assert BoxSet().selects(b"VOICEMAIL/sales/1")
    assert not BoxSet().selects(b"VOICEMAIL/sales")


def test_a_dataset_of_mailboxes_needs_the_place_of_mailboxes():
    assert POSTED.places == {"VOICEMAIL"}
    assert POSTED.concerns(b"VOICEMAIL/default/2001")
    assert not POSTED.concerns(b"VOICEMAIL/default/3001")


def test_mailboxes_go_by_the_policy_of_their_set():
    assert POSTED.delete_policy(b"VOICEMAIL/default/2001") is DeletePolicy.KNOWN
    assert POSTED.delete_policy(b"VOICEMAIL/default/3001") is DeletePolicy.NEVER
    assert POSTED.with_deletes(DeletePolicy.NEVER).delete_policy(b"VOICEMAIL/default/2001") is DeletePolicy.NEVER


def test_the_set_that_takes_a_file_is_told_from_one_that_only_leads_there():
    conf, rest = FileSet(Place.ETC, include=("*.conf",)), FileSet(Place.ETC, include=("x/**",))
    both = Dataset("d", "D", (rest, conf))
    assert both.file_set_taking(b"ASTETCDIR/voicemail.conf") == conf
    assert both.file_set_taking(b"ASTETCDIR/voicemail.txt") is None
