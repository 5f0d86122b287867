"""MessageData: acts, undos, locks, numbers, and what people and Asterisk do meanwhile."""

import os
from dataclasses import replace

import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import FolderLocked, TargetChanged
from pbxsync_worker.core.model.item import Attributes, Item
from pbxsync_worker.core.model.step import Undone
from pbxsync_worker.datasets.messages.folder import listed
from pbxsync_worker.datasets.messages.lock import PATIENCE
from tests.contract.test_host_data import DictContents
from tests.unit.datasets.messages.hosts import BOX, Host, numbered


def elsewhere(item: Item, folder: bytes) -> Item:
    return item.with_attributes(Attributes(xattrs=((b"user.folder", folder),)))


def test_a_message_comes_under_the_next_number(host: Host, source: Host):
    source.asterisk.leave(1)
    host.asterisk.leave(7)
    host.asterisk.leave(8)
    host.act(source, Change(None, source.one()))
    assert numbered(host.files()) == [7, 8, 1]
    assert set(host.files()) >= {"msg0002.txt", "msg0002.wav", "msg0002.WAV"}


def test_it_is_dressed_as_its_folder(host: Host, source: Host):
    source.asterisk.leave(1)
    text = host.asterisk.leave(7)
    text.parent.chmod(0o2770)
    host.act(source, Change(None, source.one()))
    assert (text.parent / "msg0001.txt").stat().st_mode & 0o7777 == 0o660
    assert (text.parent / "msg0001.wav").stat().st_mtime == 1_600_000_001


def test_a_mailbox_without_folders_gets_them(host: Host, source: Host):
    source.asterisk.leave(1)
    steps = host.act(source, Change(None, source.one()))
    assert host.items == source.items
    assert host.undo(steps) == [Undone.RESTORED]
    assert list(host.spool.iterdir()) == [host.spool / ".pbxsync-messages"]


def test_settled_nothing_of_ours_is_left(host: Host, source: Host):
    source.asterisk.leave(1)
    steps = host.act(source, Change(None, source.one()))
    host.data.settle("r", steps, DictContents())
    host.data.settle("r", steps, DictContents())
    assert host.items == source.items
    assert host.leftovers() == []


def test_a_message_that_moves_is_not_copied(host: Host, source: Host):
    text = host.asterisk.leave(1)
    inode = text.stat().st_ino
    item = host.one()
    steps = host.act(source, Change(item, elsewhere(item, b"Old")))
    assert (text.parents[1] / "Old/msg0000.txt").stat().st_ino == inode
    assert host.files() == {}
    assert host.undo(steps) == [Undone.RESTORED]
    assert host.one() == item
    assert not (text.parents[1] / "Old").exists()


def test_a_removed_message_comes_back_under_its_number(host: Host, source: Host):
    for number in (1, 2, 3):
        host.asterisk.leave(number)
    before = host.files()
    steps = host.act(source, Change(sorted(host.items.values(), key=lambda one: one.name)[1], None))
    assert numbered(host.files()) == [1, 3]
    assert host.undo(steps) == [Undone.RESTORED]
    assert host.files() == before


def test_numbers_close_up_after_the_commit(host: Host, source: Host):
    for number in (1, 2, 3):
        host.asterisk.leave(number)
    first = min(host.items.values(), key=lambda one: one.name)
    contents = DictContents()
    steps = host.act(source, Change(first, None))
    host.data.settle("r", steps, contents)
    assert {name for name in host.files() if name.endswith(".txt")} == {"msg0000.txt", "msg0001.txt"}
    assert numbered(host.files()) == [2, 3]
    assert list(contents.held) == [first.content]


def test_a_removed_message_comes_back_at_the_end_where_asterisk_closed_the_gap(host: Host, source: Host):
    for number in (1, 2):
        host.asterisk.leave(number)
    first = min(host.items.values(), key=lambda one: one.name)
    steps = host.act(source, Change(first, None))
    host.asterisk.close_gaps(host.asterisk.root / BOX / "INBOX")
    assert host.undo(steps) == [Undone.RESTORED]
    assert numbered(host.files()) == [2, 1]


def test_a_message_whose_text_changed_is_replaced_and_restored(host: Host, source: Host):
    source.asterisk.leave(1, flag="Urgent")
    host.asterisk.leave(1)
    before = host.files()
    steps = host.act(source, Change(host.one(), source.one()))
    assert host.items == source.items
    assert host.undo(steps) == [Undone.RESTORED]
    assert host.files() == before


def test_undo_finds_our_message_under_another_number(host: Host, source: Host):
    source.asterisk.leave(1)
    old = host.asterisk.leave(7)
    steps = host.act(source, Change(None, source.one()))
    host.asterisk.delete(old)
    assert host.undo(steps) == [Undone.RESTORED]
    assert host.items == {}


@pytest.mark.parametrize("folder", ["Old", "Work"])
def test_undo_keeps_a_message_that_somebody_heard_since(host: Host, source: Host, folder: str):
    source.asterisk.leave(1)
    steps = host.act(source, Change(None, source.one()))
    host.asterisk.move(host.asterisk.root / BOX / "INBOX/msg0000.txt", folder)
    assert host.undo(steps) == [Undone.KEPT]
    assert host.undo(steps) == [Undone.KEPT]
    assert numbered(host.files(folder)) == [1]


def test_undo_of_a_move_keeps_a_message_that_somebody_moved_on(host: Host, source: Host):
    host.asterisk.leave(1)
    steps = host.act(source, Change(host.one(), elsewhere(host.one(), b"Old")))
    host.asterisk.move(host.asterisk.root / BOX / "Old/msg0000.txt", "Work")
    assert host.undo(steps) == [Undone.KEPT]
    assert (numbered(host.files("Work")), len(host.items)) == ([1], 1)


def test_act_refuses_a_locked_folder_after_five_seconds(host: Host, source: Host):
    source.asterisk.leave(1)
    host.asterisk.leave(7)
    lock = host.asterisk.root / BOX / "INBOX/.lock"
    lock.touch()
    steps = host.prepare(source, Change(None, source.one()))
    with pytest.raises(FolderLocked):
        host.data.act(steps[0])
    assert sum(host.clock.slept) >= PATIENCE
    assert lock.exists()
    assert numbered(host.files()) == [7]


def test_our_own_lock_of_a_run_that_was_cut_goes(host: Host, source: Host):
    source.asterisk.leave(1)
    host.asterisk.leave(7)
    steps = host.prepare(source, Change(None, source.one()))
    os.link(host.spool / ".pbxsync-messages/r/lock", host.asterisk.root / BOX / "INBOX/.lock")
    assert host.undo(steps) == [Undone.NOT_DONE]
    assert not (host.asterisk.root / BOX / "INBOX/.lock").exists()


def test_an_undo_leaves_the_lock_of_another(host: Host, source: Host):
    source.asterisk.leave(1)
    lock = host.asterisk.leave(7).parent / ".lock"
    steps = host.prepare(source, Change(None, source.one()))
    lock.touch()
    assert host.undo(steps) == [Undone.NOT_DONE]
    assert lock.exists()


def test_a_gap_stays_where_the_folder_is_locked_after_the_commit(host: Host, source: Host):
    for number in (1, 2):
        host.asterisk.leave(number)
    steps = host.act(source, Change(min(host.items.values(), key=lambda one: one.name), None))
    (host.asterisk.root / BOX / "INBOX/.lock").touch()
    host.data.settle("r", steps, DictContents())
    assert numbered(host.files()) == [2]
    assert "msg0001.txt" in host.files()


def test_sound_without_a_text_is_stepped_over_and_kept(host: Host, source: Host):
    source.asterisk.leave(1)
    orphan = host.asterisk.leave(7)
    orphan.unlink()
    steps = host.act(source, Change(None, source.one()))
    host.data.settle("r", steps, DictContents())
    assert {"msg0000.wav", "msg0001.txt"} <= set(host.files())


def test_act_refuses_a_message_that_somebody_removed(host: Host, source: Host):
    text = host.asterisk.leave(1)
    steps = host.prepare(source, Change(host.one(), None))
    host.asterisk.delete(text)
    with pytest.raises(TargetChanged):
        host.data.act(steps[0])
    assert host.undo(steps) == [Undone.KEPT]


def test_closing_gaps_can_be_cut_anywhere(host: Host, source: Host):
    for number in (1, 2):
        host.asterisk.leave(number)
    place = host.asterisk.root / BOX / "INBOX"
    steps = host.act(source, Change(min(host.items.values(), key=lambda one: one.name), None))
    os.link(place / "msg0001.WAV", place / "msg0000.WAV")
    host.data.settle("r", steps, DictContents())
    assert sorted(host.files()) == ["msg0000.WAV", "msg0000.txt", "msg0000.wav"]
    handle = os.open(place, os.O_RDONLY)
    assert list(listed(handle)) == [0]
    os.close(handle)


def test_a_message_with_another_state_is_not_the_one_of_the_plan(host: Host, source: Host):
    host.asterisk.leave(1)
    with pytest.raises(TargetChanged):
        host.prepare(source, Change(replace(host.one(), size=5), None))
