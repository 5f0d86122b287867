"""Durable acts on a real file system."""

import errno
import os
import stat
from pathlib import Path

import pytest

from pbxsync_worker.core.durable import Disk, drop_unfinished, open_folder, put_file
from pbxsync_worker.core.model.errors import NoSpace, Unsupported
from tests.fakes.disk import BreakingDisk, Cut, FailingDisk, PowerCut


@pytest.fixture
def folder(tmp_path):
    handle = open_folder(tmp_path)
    yield handle
    os.close(handle)


def make(path: Path, kind: str) -> None:
    if kind == "file":
        path.write_bytes(b"file")
    elif kind == "directory":
        (path / "inside").mkdir(parents=True)
    else:
        path.symlink_to("nowhere")


def kind_of(path: Path) -> str:
    mode = path.lstat().st_mode
    return "file" if stat.S_ISREG(mode) else "directory" if stat.S_ISDIR(mode) else "symlink"


KINDS = ("file", "directory", "symlink")


@pytest.mark.parametrize("one", KINDS)
@pytest.mark.parametrize("other", KINDS)
def test_it_swaps_any_two_kinds(folder, tmp_path, one, other):
    make(tmp_path / "one", one)
    make(tmp_path / "other", other)
    Disk().exchange(folder, b"one", folder, b"other")
    assert (kind_of(tmp_path / "one"), kind_of(tmp_path / "other")) == (other, one)


def test_it_refuses_to_swap_with_nothing(folder, tmp_path):
    make(tmp_path / "one", "file")
    with pytest.raises(FileNotFoundError):
        Disk().exchange(folder, b"one", folder, b"other")


@pytest.mark.parametrize("kind", KINDS)
def test_a_move_refuses_to_replace(folder, tmp_path, kind):
    make(tmp_path / "one", "file")
    make(tmp_path / "other", kind)
    with pytest.raises(FileExistsError):
        Disk().move(folder, b"one", folder, b"other")
    assert (kind_of(tmp_path / "one"), kind_of(tmp_path / "other")) == ("file", kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_move_takes_any_kind_to_a_free_name(folder, tmp_path, kind):
    make(tmp_path / "one", kind)
    Disk().move(folder, b"one", folder, b"other")
    assert kind_of(tmp_path / "other") == kind
    assert not os.path.lexists(tmp_path / "one")


def test_a_file_system_without_atomic_swaps_is_refused_by_name():
    handle = os.open("/proc", os.O_RDONLY)
    try:
        with pytest.raises((Unsupported, OSError)):
            Disk().exchange(handle, b"uptime", handle, b"version")
    finally:
        os.close(handle)


def test_create_refuses_a_taken_name_and_a_link(folder, tmp_path):
    (tmp_path / "outside").write_bytes(b"safe")
    (tmp_path / "link").symlink_to(tmp_path / "outside")
    for name in (b"outside", b"link"):
        with pytest.raises(FileExistsError):
            Disk().create(folder, name, [b"evil"])
    assert (tmp_path / "outside").read_bytes() == b"safe"


def test_create_returns_the_identity_of_the_file(folder, tmp_path):
    identity = Disk().create(folder, b"new", [b"a", b"", b"b"], 0o640)
    status = (tmp_path / "new").stat()
    assert identity == (status.st_dev, status.st_ino)
    assert (tmp_path / "new").read_bytes() == b"ab"
    assert stat.S_IMODE(status.st_mode) == 0o640


def test_pieces_of_zeros_become_holes(folder, tmp_path):
    zeros = bytes(2**20)
    Disk().create(folder, b"sparse", [b"head", zeros, zeros, b"tail", zeros])
    status = (tmp_path / "sparse").stat()
    assert status.st_size == 8 + 3 * 2**20
    assert status.st_blocks * 512 < 2**20
    assert (tmp_path / "sparse").read_bytes() == b"head" + zeros + zeros + b"tail" + zeros


def test_an_empty_file_can_be_made(folder, tmp_path):
    Disk().create(folder, b"empty", [])
    assert (tmp_path / "empty").read_bytes() == b""


def test_remove_is_repeatable_and_follows_nothing(folder, tmp_path):
    (tmp_path / "outside").write_bytes(b"safe")
    (tmp_path / "link").symlink_to(tmp_path / "outside")
    for _ in range(2):
        Disk().remove(folder, b"link")
        Disk().remove_directory(folder, b"never")
    assert (tmp_path / "outside").exists()


def test_a_folder_that_is_not_empty_is_not_removed(folder, tmp_path):
    make(tmp_path / "full", "directory")
    with pytest.raises(OSError, match="not empty"):
        Disk().remove_directory(folder, b"full")


def test_a_second_name_is_never_that_of_a_links_target(folder, tmp_path):
    (tmp_path / "link").symlink_to("target")
    Disk().make_link(folder, b"link", folder, b"second")
    assert (tmp_path / "second").readlink() == Path("target")


def test_attributes_are_set_to_the_bit_and_nanosecond(folder, tmp_path):
    disk = Disk()
    disk.make_directory(folder, b"new", 0o700)
    handle = os.open("new", os.O_RDONLY, dir_fd=folder)
    disk.set_mode(handle, 0o2751)
    os.close(handle)
    disk.set_owner(folder, b"new", os.getuid(), -1)
    disk.set_time(folder, b"new", 1_234_567_890_123_456_789)
    status = (tmp_path / "new").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_mtime_ns) == (0o2751, 1_234_567_890_123_456_789)


def test_the_time_of_a_link_is_its_own(folder, tmp_path):
    (tmp_path / "target").write_bytes(b"")
    before = (tmp_path / "target").stat().st_mtime_ns
    Disk().make_symlink(folder, b"link", b"target")
    Disk().set_time(folder, b"link", 5)
    assert (tmp_path / "link").lstat().st_mtime_ns == 5
    assert (tmp_path / "target").stat().st_mtime_ns == before


def test_extended_attributes_come_and_go(folder, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    handle = os.open(tmp_path / "file", os.O_RDONLY)
    try:
        Disk().set_xattr(handle, b"user.note", b"\x00value")
        assert os.getxattr(handle, b"user.note") == b"\x00value"
        Disk().drop_xattr(handle, b"user.note")
        assert os.listxattr(handle) == []
    finally:
        os.close(handle)


def test_a_sync_of_something_closed_is_an_error(tmp_path):
    for act in (Disk().sync, Disk().sync_filesystem):
        with pytest.raises(OSError, match="Bad file"):
            act(10_000)


def test_every_act_passes_the_one_door(tmp_path, folder):
    disk = BreakingDisk()
    disk.create(folder, b"a", [b"bytes"])
    disk.move(folder, b"a", folder, b"b")
    disk.make_directory(folder, b"c")
    disk.exchange(folder, b"b", folder, b"c")
    disk.make_symlink(folder, b"d", b"x")
    disk.make_link(folder, b"c", folder, b"e")
    disk.set_time(folder, b"c", 1)
    disk.set_owner(folder, b"c", -1, -1)
    disk.set_mode(folder, 0o700)
    disk.remove(folder, b"c")
    disk.remove_directory(folder, b"b")
    disk.sync(folder)
    disk.sync_filesystem(folder)
    assert disk.labels == [
        *("create", "write", "move", "mkdir", "exchange", "symlink", "link", "utime"),
        *("chown", "chmod", "unlink", "rmdir", "fsync", "syncfs"),
    ]


def test_put_makes_its_folder_and_keeps_the_file_private(tmp_path):
    put_file(Disk(), tmp_path / "new" / "secret", b"s")
    assert stat.S_IMODE((tmp_path / "new" / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_put_cut_at_any_act_is_wholly_old_or_wholly_new(tmp_path):
    path = tmp_path / "home" / "file"
    whole = BreakingDisk()
    put_file(whole, path, b"old")
    seen = set()
    for at in range(1, whole.count + 1):
        for cut in Cut:
            path.write_bytes(b"old")
            with pytest.raises(PowerCut):
                put_file(BreakingDisk(at, cut), path, b"new and longer")
            seen.add(path.read_bytes())
    assert seen == {b"old", b"new and longer"}


def test_what_a_cut_put_left_goes_when_it_is_old_and_nothing_else(tmp_path):
    path = tmp_path / "home" / "index" / "file"
    put_file(Disk(), path, b"kept")
    with pytest.raises(PowerCut):
        put_file(BreakingDisk(2, Cut.BEFORE), path, b"never")
    (left,) = path.parent.glob(".pbxsync-put-*")
    drop_unfinished(Disk(), tmp_path / "home", before=left.stat().st_mtime)
    assert left.exists()
    drop_unfinished(Disk(), tmp_path / "home", before=left.stat().st_mtime + 1)
    assert [one.read_bytes() for one in path.parent.iterdir()] == [b"kept"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_put_without_space_says_so_keeps_the_old_and_leaves_nothing(tmp_path, at, number):
    path = tmp_path / "home" / "file"
    put_file(Disk(), path, b"old")
    with pytest.raises(NoSpace):
        put_file(FailingDisk(at, number), path, b"new")
    assert [one.read_bytes() for one in path.parent.iterdir()] == [b"old"]


def test_put_passes_any_other_error_on_and_leaves_nothing(tmp_path):
    path = tmp_path / "home" / "file"
    put_file(Disk(), path, b"old")
    with pytest.raises(OSError, match="Input/output"):
        put_file(FailingDisk(2, errno.EIO), path, b"new")
    assert [one.read_bytes() for one in path.parent.iterdir()] == [b"old"]


def test_an_append_is_added_at_the_end_and_synced(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"1;")
    handle = os.open(path, os.O_WRONLY | os.O_APPEND)
    disk = BreakingDisk()
    disk.append(handle, b"2;")
    os.close(handle)
    assert path.read_bytes() == b"1;2;"
    assert disk.labels == ["append", "fsync"]


def test_an_append_cut_in_half_leaves_a_torn_tail_only(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"1;")
    handle = os.open(path, os.O_WRONLY | os.O_APPEND)
    with pytest.raises(PowerCut):
        BreakingDisk(1, Cut.HALF).append(handle, b"2345")
    os.close(handle)
    assert path.read_bytes() == b"1;23"
