"""What a file is believed to be without reading it; the digests here are of nothing: only evidence stands for them."""

import os

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.datasets.files.index import Index, Known
from pbxsync_worker.datasets.files.names import where
from pbxsync_worker.datasets.files.owners import Owners
from pbxsync_worker.datasets.files.reading import stamp
from pbxsync_worker.datasets.files.versions import LARGE, Versions

AT = where(b"ASTSPOOLDIR/big")
ITEM = Item(b"ASTSPOOLDIR/big", ItemKind.FILE, LARGE, b"d" * 32)


class Folder:
    """A folder with the live file `big` that the index knows, and what is believed of it."""

    def __init__(self, path):
        self.path = path
        self.file = path / "big"
        self.handle = os.open(path, os.O_RDONLY)
        self.index = Index(path / "index", Disk())
        self.versions = Versions(self.index, Owners())

    def written(self, size=LARGE, mtime=1000):
        self.file.write_bytes(bytes(size))
        os.utime(self.file, (mtime, mtime))
        self.index.learn(AT.place, AT.path, Known.at(stamp(self.file.stat()), ITEM.content))

    def displaced(self):
        evidence = self.versions.evidence(self.handle, AT, ITEM)
        self.file.rename(self.path / "0")
        self.versions.displaced(self.handle, b"0", evidence)
        return self.versions.has_content(self.handle, b"0", ITEM)


@pytest.fixture
def folder(tmp_path):
    made = Folder(tmp_path)
    yield made
    os.close(made.handle)


def test_a_large_file_that_was_displaced_is_what_the_index_knew(folder):
    folder.written()
    assert folder.displaced()


def test_a_small_one_is_read(folder):
    folder.written(size=10)
    small = Item(ITEM.name, ItemKind.FILE, 10, ITEM.content)
    assert folder.versions.evidence(folder.handle, AT, small) is None


def test_one_that_was_written_to_since_is_read(folder):
    folder.written()
    assert folder.displaced()
    (folder.path / "0").write_bytes(bytes(LARGE))
    assert not folder.versions.has_content(folder.handle, b"0", ITEM)


def test_one_that_was_written_to_in_the_last_moment_is_read(folder):
    folder.written()
    evidence = folder.versions.evidence(folder.handle, AT, ITEM)
    folder.file.write_bytes(bytes(LARGE))
    folder.file.rename(folder.path / "0")
    folder.versions.displaced(folder.handle, b"0", evidence)
    assert not folder.versions.has_content(folder.handle, b"0", ITEM)


def test_one_that_another_file_replaced_in_the_last_moment_is_read(folder):
    folder.written()
    evidence = folder.versions.evidence(folder.handle, AT, ITEM)
    (folder.path / "other").write_bytes(bytes(LARGE))
    os.utime(folder.path / "other", (1000, 1000))
    (folder.path / "other").rename(folder.path / "0")
    folder.versions.displaced(folder.handle, b"0", evidence)
    assert not folder.versions.has_content(folder.handle, b"0", ITEM)


def test_one_that_was_written_to_in_the_last_moment_and_has_its_old_time_again_is_found_when_it_is_read(folder):
    folder.written()
    evidence = folder.versions.evidence(folder.handle, AT, ITEM)
    folder.file.write_bytes(b"1" * LARGE)
    os.utime(folder.file, (1000, 1000))
    folder.file.rename(folder.path / "0")
    folder.versions.displaced(folder.handle, b"0", evidence)
    assert not folder.versions.has_content(folder.handle, b"0", ITEM, anew=True)


def test_one_of_just_now_is_read_for_its_time_tells_nothing(folder):
    folder.file.write_bytes(bytes(LARGE))
    folder.index.learn(AT.place, AT.path, Known.at(stamp(folder.file.stat()), ITEM.content))
    assert not folder.displaced()


def test_the_index_knows_what_was_staged_when_it_goes_live(folder):
    folder.file.write_bytes(b"staged")
    os.utime(folder.file, (1000, 1000))
    folder.file.rename(folder.path / "0")
    folder.versions.staged((folder.path / "0").stat(), ITEM.content, ())
    (folder.path / "0").rename(folder.file)
    folder.versions.went_live(folder.handle, AT)
    assert folder.index.content(AT.place, AT.path, folder.file.stat()) == ITEM.content


def test_it_does_not_know_what_somebody_else_put_there(folder):
    (folder.path / "0").write_bytes(b"staged")
    folder.versions.staged((folder.path / "0").stat(), ITEM.content, ())
    folder.file.write_bytes(b"theirs")
    folder.versions.went_live(folder.handle, AT)
    assert folder.index.content(AT.place, AT.path, folder.file.stat()) is None
