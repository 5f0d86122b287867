"""Kinds of data in the order of a plan: files, rows, AstDB keys, mailboxes."""

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.delta.plan import order


def add(name: bytes, kind: ItemKind = ItemKind.FILE) -> Change:
    return Change(None, Item(name, kind, 1, b"x"))


def remove(name: bytes, kind: ItemKind = ItemKind.FILE) -> Change:
    return Change(Item(name, kind, 1, b"x"), None)


FILES = [add(b"ASTDATADIR/a"), add(b"ASTETCDIR/b"), remove(b"ASTVARLIBDIR/c"), remove(b"ASTDATADIR/d")]
ROWS = [add(b"SQL/asterisk/users/1", ItemKind.ROW), remove(b"SQL/asterisk/users/2", ItemKind.ROW)]
KEYS = [add(b"ASTDB/CF/1", ItemKind.KEY), add(b"ASTDB/CF/2", ItemKind.KEY), remove(b"ASTDB/CF/0", ItemKind.KEY)]


def test_files_come_before_rows_and_rows_before_keys():
    assert order([*KEYS, *ROWS, *FILES]) == (*FILES, *ROWS, *KEYS)


def test_a_file_is_no_key_because_its_name_looks_like_one():
    file = add(b"ASTDATADIR/ASTDB/x")
    assert order([*KEYS, file]) == (file, *KEYS)


def test_keys_are_set_before_others_are_removed():
    assert [change.after is None for change in order(KEYS)] == [False, False, True]


def test_mailboxes_stand_together_behind_the_keys():
    boxes = [add(b"VOICEMAIL/default/1", ItemKind.BOX), remove(b"VOICEMAIL/default/0", ItemKind.BOX)]
    assert order([*boxes, *KEYS, *ROWS, *FILES]) == (*FILES, *ROWS, *KEYS, *boxes)
