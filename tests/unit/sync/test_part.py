"""What is left with that which needs a reload: the rows around it, and the folders it lies in."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.change import Change, Changes
from pbxsync_worker.core.model.inventory import EMPTY, Inventory
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from pbxsync_worker.core.model.plan import Reload
from pbxsync_worker.sync.decide import Scene
from pbxsync_worker.sync.part import without_reloads
from tests.unit.core.values import file, run
from tests.unit.sync.parts import parts

NEEDY = frozenset({b"ASTETCDIR/a.conf", b"SQL/asterisk/users/1", b"ASTSPOOLDIR/moh/new/x.wav"})


def folder(name):
    return Item(name, ItemKind.DIRECTORY, 0, b"")


def row(name):
    return Item(b"SQL/asterisk/" + name, ItemKind.ROW, 3, b"x" * 16)


def left(tmp_path, *changes):
    made = parts(tmp_path)
    needs = lambda some, _: ((Reload("m", ""),) if {one.name for one in some} & NEEDY else (), ())  # noqa: E731 - one line
    made = replace(made, host=replace(made.host, reloads=needs))
    theirs = Inventory.of([one.after for one in changes if one.after is not None])
    scene = Scene(EMPTY, theirs, theirs, Changes(tuple(changes)), baseline_is_old=False)
    part = without_reloads(run(), made, scene, {})
    gone = {one.name for one in part.changes.kept}
    assert gone.isdisjoint(part.remembered.items)
    assert gone | {one.name for one in part.changes.changes} == {one.name for one in changes}
    return gone


def test_what_needs_no_reload_stays_in_the_run(tmp_path):
    assert left(tmp_path, Change(None, file(b"ASTSPOOLDIR/x"))) == set()


def test_a_file_that_needs_a_reload_is_left(tmp_path):
    sound = Change(None, file(b"ASTSPOOLDIR/x"))
    assert left(tmp_path, sound, Change(None, file(b"ASTETCDIR/a.conf"))) == {b"ASTETCDIR/a.conf"}


def test_rows_stay_together(tmp_path):
    rows = [Change(None, row(name)) for name in (b"users/1", b"devices/1")]
    assert left(tmp_path, *rows) == {one.name for one in rows}


@pytest.mark.parametrize("comes", [True, False])
def test_a_folder_that_comes_or_goes_is_left_with_what_lies_in_it(tmp_path, comes):
    items = [folder(b"ASTSPOOLDIR/moh/new"), file(b"ASTSPOOLDIR/moh/new/x.wav"), file(b"ASTSPOOLDIR/moh/new/y.txt")]
    changes = [Change(None, one) if comes else Change(one, None) for one in items]
    other = Change(None, file(b"ASTSPOOLDIR/moh/z.txt"))
    assert left(tmp_path, *changes, other) == {one.name for one in items}


def test_a_folder_whose_owner_changes_does_not_hold_back_what_lies_in_it(tmp_path):
    owner = Change(folder(b"ASTETCDIR"), replace(folder(b"ASTETCDIR"), attributes=Attributes(mode=0o700)))
    other = Change(None, file(b"ASTETCDIR/note.txt"))
    assert left(tmp_path, owner, Change(None, file(b"ASTETCDIR/a.conf")), other) == {b"ASTETCDIR/a.conf"}
