import os
import struct
from pathlib import Path

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.dataset import Keep
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from pbxsync_worker.datasets.files.attributes import (
    Dress,
    attributes_of,
    dress_for,
    put_on,
    read_xattrs,
    same_attributes,
    settable,
)
from pbxsync_worker.datasets.files.owners import Owners

UNKNOWN = "nobody-has-this-name"
ALL = Keep(xattrs=True)
ROOT = Owners(privileged=True)
PLAIN = Owners(privileged=False)
ACL = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", tag, perm, number)
    for tag, perm, number in ((1, 6, 2**32 - 1), (2, 4, 1), (4, 4, 2**32 - 1), (16, 6, 2**32 - 1), (32, 0, 2**32 - 1))
)


def file_item(content: bytes = b"c" * 32, **kept) -> Item:
    return Item(b"ASTETCDIR/x", ItemKind.FILE, 1, content, Attributes(**kept))


def test_setuid_and_setgid_never_travel(tmp_path: Path):
    (tmp_path / "x").touch()
    (tmp_path / "x").chmod(0o6755)
    assert attributes_of((tmp_path / "x").lstat(), (), ALL, ROOT).mode == 0o755


def test_a_folder_carries_no_mtime_and_a_link_only_owner_and_mtime(tmp_path: Path):
    (tmp_path / "l").symlink_to("x")
    assert attributes_of(tmp_path.lstat(), (), ALL, ROOT).mtime_ns is None
    link = attributes_of((tmp_path / "l").lstat(), (), ALL, ROOT)
    assert (link.mode, link.xattrs) == (None, None)
    assert link.owner is not None
    assert link.mtime_ns is not None


def test_what_is_not_kept_is_none(tmp_path: Path):
    nothing = Keep(mode=False, owner=False, mtime=False, xattrs=False)
    assert attributes_of(tmp_path.lstat(), (), nothing, ROOT) == Attributes()


def test_acls_and_user_attributes_are_read_and_set(tmp_path: Path):
    (tmp_path / "x").touch()
    handle = os.open(tmp_path / "x", os.O_RDONLY)
    wanted = ((b"system.posix_acl_access", ACL), (b"user.note", b"\0\xff"))
    put_on(Disk(), handle, Dress(mode=0o660, xattrs=wanted))
    assert read_xattrs(handle) == wanted
    put_on(Disk(), handle, Dress(mode=0o640, xattrs=()))
    assert read_xattrs(handle) == ()
    os.close(handle)
    assert (tmp_path / "x").stat().st_mode & 0o7777 == 0o640


def test_a_file_keeps_its_own_setgid_bit_when_its_mode_is_set(tmp_path: Path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d").chmod(0o2755)
    handle = os.open(tmp_path / "d", os.O_RDONLY)
    put_on(Disk(), handle, Dress(mode=0o750))
    os.close(handle)
    assert (tmp_path / "d").stat().st_mode & 0o7777 == 0o2750


def test_settable_strips_what_never_travels():
    item = file_item(mode=0o6755, xattrs=((b"user.a", b"1"), (b"security.capability", b"2")))
    fitted = settable(item, None, ROOT).attributes
    assert (fitted.mode, fitted.xattrs) == (0o755, ((b"user.a", b"1"),))


def test_an_unknown_owner_becomes_our_own_user_for_a_new_file():
    fitted = settable(file_item(owner=UNKNOWN, group=UNKNOWN), None, ROOT).attributes
    assert (fitted.owner, fitted.group) == (ROOT.own_user, ROOT.own_group)


def test_an_unknown_owner_stays_what_it_is_for_the_same_content():
    fitted = settable(file_item(owner=UNKNOWN, group=UNKNOWN), file_item(owner="daemon", group="sys"), ROOT).attributes
    assert (fitted.owner, fitted.group) == ("daemon", "sys")


def test_a_number_that_has_a_name_here_becomes_that_name():
    assert settable(file_item(owner="#1", group="#1"), None, ROOT).attributes.owner == ROOT.user(1)


def test_without_privilege_an_owner_is_ours_for_a_new_file_and_stays_for_the_same_content():
    wanted = file_item(owner="daemon", group="daemon", mode=0o600)
    assert settable(wanted, None, PLAIN).attributes.owner == PLAIN.own_user
    here = file_item(owner="sys", group="sys", mode=0o644)
    assert settable(wanted, here, PLAIN) == here
    assert settable(wanted, file_item(b"d" * 32, owner="sys"), PLAIN).attributes.owner == PLAIN.own_user


@pytest.mark.parametrize("owners", [ROOT, PLAIN])
def test_settable_is_settled_after_one_time(owners):
    item = file_item(owner=UNKNOWN, group="#1", mode=0o7777, mtime_ns=5, xattrs=((b"trusted.x", b""),))
    once = settable(item, None, owners)
    assert settable(item, once, owners) == once
    assert settable(once, once, owners) == once


def test_owners_that_we_may_not_give_are_left_out():
    assert dress_for(Attributes(owner="daemon", group="daemon"), PLAIN) == Dress()
    assert dress_for(Attributes(owner="daemon"), ROOT).owner == ROOT.user_number("daemon")


def test_only_kept_attributes_are_compared(tmp_path: Path):
    status = tmp_path.stat()
    assert same_attributes(Attributes(), status, (), ROOT)
    assert same_attributes(Attributes(mode=status.st_mode & 0o1777), status, (), ROOT)
    assert not same_attributes(Attributes(mode=0o123), status, (), ROOT)
    assert not same_attributes(Attributes(xattrs=((b"user.a", b""),)), status, (), ROOT)
