"""Inventories of real trees: what is an item, what is remembered, what is not read again (walk.py and scan.py)."""

import logging
import os

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.dataset import Dataset, FileSet, Keep, Place
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import ItemKind
from pbxsync_worker.datasets.files.index import Index, Known
from tests.fakes.disk import BreakingDisk
from tests.unit.datasets.support import ALL, files_data


def dataset(*sets: FileSet) -> Dataset:
    return Dataset("d", "D", sets)


def names(root, *sets: FileSet, **more) -> set[bytes]:
    found = files_data(root, **more).inventory(dataset(*sets)).items
    return {name.removeprefix(b"ASTETCDIR/") for name in found}


@pytest.fixture
def etc(tmp_path):
    etc = tmp_path / "etc"
    (etc / "a" / "b").mkdir(parents=True)
    (etc / "empty").mkdir()
    (etc / "a" / "b" / "x.conf").write_bytes(b"x")
    (etc / "top.conf").write_bytes(b"")
    (etc / "link").symlink_to("a/../..")
    return etc


def test_everything_is_an_item_links_not_followed(tmp_path, etc):
    items = files_data(tmp_path).inventory(ALL).items
    assert {name: item.kind for name, item in items.items() if item.kind is not ItemKind.DIRECTORY} == {
        b"ASTETCDIR/a/b/x.conf": ItemKind.FILE,
        b"ASTETCDIR/top.conf": ItemKind.FILE,
        b"ASTETCDIR/link": ItemKind.SYMLINK,
    }
    assert items[b"ASTETCDIR/link"].content == digest_of(b"a/../..")
    assert b"ASTETCDIR/empty" in items


def test_folders_that_lead_to_an_item_travel_with_it(tmp_path, etc):
    assert names(tmp_path, FileSet(Place.ETC, include=("**/*.conf",))) == {b"a", b"a/b", b"a/b/x.conf", b"top.conf"}


def test_folders_above_a_file_set_travel_bare(tmp_path, etc):
    items = files_data(tmp_path).inventory(dataset(FileSet(Place.ETC, "a/b"))).items
    assert items[b"ASTETCDIR/a"].attributes.mode is None
    assert items[b"ASTETCDIR/a/b"].attributes.mode is not None
    assert b"ASTETCDIR/a/b/x.conf" in items
    assert b"ASTETCDIR/top.conf" not in items


def test_odd_names_are_items(tmp_path, etc):
    for name in (b"\xff\xfe", b"new\nline", b" ", b"-rf", b"*"):
        (etc / os.fsdecode(name)).touch()
        assert name in names(tmp_path, FileSet(Place.ETC))


def test_devices_fifos_and_our_own_files_are_never_items(tmp_path, etc, caplog):
    caplog.set_level(logging.INFO)
    os.mkfifo(etc / "fifo")
    (etc / ".pbxsync-stage").mkdir()
    found = names(tmp_path, FileSet(Place.ETC))
    assert not {b"fifo", b".pbxsync-stage"} & found
    assert caplog.messages == ["devices, FIFOs and sockets do not travel"]


def test_protected_items_are_never_seen(tmp_path, etc):
    found = names(tmp_path, FileSet(Place.ETC), protected=("ASTETCDIR/a/**", "ASTETCDIR/top.conf"))
    assert found == {b"a", b"empty", b"link"}


def test_holding_names_the_folders_that_hold_more_than_items(tmp_path, etc):
    data = files_data(tmp_path, protected=("ASTETCDIR/a/b/*",))
    data.inventory(ALL)
    assert data.inventory(ALL).pinned == {b"ASTETCDIR/a", b"ASTETCDIR/a/b"}


def test_a_missing_place_or_folder_is_empty(tmp_path):
    data = files_data(tmp_path, places={Place.ETC: tmp_path / "none"})
    assert data.inventory(ALL).items == {}
    assert names(tmp_path, FileSet(Place.ETC, "nowhere")) == set()


def test_it_refuses_a_file_set_outside_its_place(tmp_path):
    with pytest.raises(Invalid):
        files_data(tmp_path).inventory(dataset(FileSet(Place.ETC, "../..")))


def test_an_unchanged_tree_is_neither_read_nor_written(tmp_path, etc):
    files_data(tmp_path).inventory(ALL)
    accessed = (etc / "a" / "b" / "x.conf").stat().st_ctime_ns
    # A digest that only the index can know proves that the file was not opened.
    disk = BreakingDisk()
    data = files_data(tmp_path, disk=disk)
    index = data._scanner._index
    known = index.of(Place.ETC)
    forged = {path: _with_content(one, b"F" * 32) for path, one in known.items()}
    index._loaded[Place.ETC] = forged
    items = data.inventory(ALL).items
    assert {one.content for one in items.values() if one.kind is ItemKind.FILE} == {b"F" * 32}
    assert (disk.count, len(known)) == (0, 2)
    assert (etc / "a" / "b" / "x.conf").stat().st_ctime_ns == accessed


def _with_content(known: Known, content: bytes) -> Known:
    return Known.at(known.stamp, content, known.xattrs)


def test_a_changed_file_is_read_again_whatever_its_mtime_says(tmp_path, etc):
    data = files_data(tmp_path)
    path = etc / "a" / "b" / "x.conf"
    old = data.inventory(ALL).items[b"ASTETCDIR/a/b/x.conf"]
    times = path.stat().st_mtime_ns
    path.write_bytes(b"y")
    os.utime(path, ns=(times, times))
    assert files_data(tmp_path).inventory(ALL).items[old.name].content == digest_of(b"y")


def test_one_dataset_does_not_make_another_forget(tmp_path, etc):
    files_data(tmp_path).inventory(ALL)
    data = files_data(tmp_path)
    data.inventory(dataset(FileSet(Place.ETC, "a")))
    assert set(data._scanner._index.of(Place.ETC)) == {b"a/b/x.conf", b"top.conf"}
    (etc / "top.conf").unlink()
    data.inventory(ALL)
    assert set(data._scanner._index.of(Place.ETC)) == {b"a/b/x.conf"}


def test_extended_attributes_are_kept_or_reported(tmp_path, etc, caplog):
    caplog.set_level(logging.INFO)
    os.setxattr(etc / "top.conf", "user.note", b"1")
    items = files_data(tmp_path).inventory(ALL).items
    assert items[b"ASTETCDIR/top.conf"].attributes.xattrs == ((b"user.note", b"1"),)
    assert caplog.messages == []
    files_data(tmp_path).inventory(dataset(FileSet(Place.ETC, keep=Keep())))
    assert caplog.messages == ["extended attributes are not kept by this dataset"]


def test_the_later_of_two_file_sets_decides_and_an_ancestor_stays_whole(tmp_path, etc):
    sets = FileSet(Place.ETC), FileSet(Place.ETC, "a/b", keep=Keep(mode=False))
    items = files_data(tmp_path).inventory(dataset(*sets)).items
    assert items[b"ASTETCDIR/a"].attributes.mode is not None
    assert items[b"ASTETCDIR/a/b/x.conf"].attributes.mode is None


def test_a_file_whose_size_and_times_lie_is_found_when_all_is_read_anew(tmp_path):
    data = files_data(tmp_path)
    (tmp_path / "etc/file.conf").write_bytes(b"what it is")
    right = data.inventory(ALL)
    index = Index(tmp_path / "index", Disk())
    path, known = next(iter(index.of(Place.ETC).items()))
    index.keep(Place.ETC, {path: Known.at(known.stamp, digest_of(b"what it was"))})
    lied = files_data(tmp_path)
    assert lied.inventory(ALL).root != right.root
    lied.read_anew()
    assert lied.inventory(ALL).root == right.root
