"""The model of power loss follows its own rules."""

import os

import pytest

from pbxsync_worker.core.durable import open_folder, put_file
from tests.fakes.disk import Cut, PowerCut
from tests.fakes.forgetful_disk import ForgetfulDisk, Loss


@pytest.fixture
def disk(tmp_path):
    return ForgetfulDisk(tmp_path / "graves")


@pytest.fixture
def folder(tmp_path):
    handle = open_folder(tmp_path / "tree")
    yield handle
    os.close(handle)


def test_a_name_that_was_never_synced_is_gone(disk, folder, tmp_path):
    disk.create(folder, b"new", [b"bytes"])
    disk.power_loss(Loss.ALL)
    assert list((tmp_path / "tree").iterdir()) == []


def test_a_synced_folder_keeps_its_names_but_not_the_bytes(disk, folder, tmp_path):
    disk.create(folder, b"new", [b"bytes"])
    disk.sync(folder)
    disk.power_loss(Loss.ALL)
    assert (tmp_path / "tree/new").read_bytes() == b""


def test_after_a_sync_of_the_file_system_nothing_can_be_lost(disk, folder, tmp_path):
    disk.create(folder, b"new", [b"bytes"])
    disk.sync_filesystem(folder)
    assert disk.power_loss(Loss.ALL) == 0
    assert (tmp_path / "tree/new").read_bytes() == b"bytes"


def test_a_removed_file_is_back_as_the_same_file(disk, folder, tmp_path):
    (tmp_path / "tree/old").write_bytes(b"old")
    before = (tmp_path / "tree/old").stat().st_ino
    disk.remove(folder, b"old")
    disk.power_loss(Loss.ALL)
    assert (tmp_path / "tree/old").stat().st_ino == before


def test_a_swap_is_taken_back(disk, folder, tmp_path):
    (tmp_path / "tree/one").write_bytes(b"1")
    (tmp_path / "tree/two").mkdir()
    disk.exchange(folder, b"one", folder, b"two")
    disk.power_loss(Loss.ALL)
    assert (tmp_path / "tree/one").read_bytes() == b"1"


def test_what_builds_upon_a_lost_act_is_lost_as_well(folder, tmp_path):
    for seed in range(40):
        disk = ForgetfulDisk(tmp_path / f"graves{seed}")
        disk.make_directory(folder, b"a")
        disk.move(folder, b"a", folder, b"b")
        disk.power_loss(Loss.SOME, seed)
        found = sorted(path.name for path in (tmp_path / "tree").iterdir())
        assert found in ([], ["a"], ["b"])
        for name in found:
            os.rmdir(name, dir_fd=folder)


def test_put_is_wholly_old_or_wholly_new_after_any_loss(tmp_path):
    path = tmp_path / "home/file"
    acts = ForgetfulDisk(tmp_path / "graves")
    put_file(acts, path, b"old")
    acts.close()
    count = acts.count
    for at in range(1, count + 1):
        for cut in Cut:
            for loss in (Loss.ALL, Loss.NONE, *([Loss.SOME] * 5)):
                path.write_bytes(b"old")
                disk = ForgetfulDisk(tmp_path / "graves", at, cut)
                with pytest.raises(PowerCut):
                    put_file(disk, path, b"new and longer")
                disk.power_loss(loss, at)
                assert path.read_bytes() in (b"old", b"new and longer")


def test_put_is_there_when_it_has_returned(disk, tmp_path):
    path = tmp_path / "home/file"
    put_file(disk, path, b"old")
    put_file(disk, path, b"new")
    disk.power_loss(Loss.ALL)
    assert path.read_bytes() == b"new"


def test_an_append_can_be_torn_but_never_what_was_synced_before(disk, folder, tmp_path):
    disk.create(folder, b"log", [b"safe;"])
    disk.sync_filesystem(folder)
    handle = os.open("log", os.O_WRONLY | os.O_APPEND, dir_fd=folder)
    disk.cut, disk.at = Cut.BEFORE, disk.count + 2
    with pytest.raises(PowerCut):
        disk.append(handle, b"unsafe")
    os.close(handle)
    disk.power_loss(Loss.ALL)
    assert (tmp_path / "tree/log").read_bytes() == b"safe;"
