import os
from pathlib import Path

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.datasets.files.index import Index, Known
from pbxsync_worker.datasets.files.reading import Version, stamp
from tests.fakes.disk import BreakingDisk


@pytest.fixture
def known(tmp_path: Path) -> dict[bytes, Known]:
    (tmp_path / "file").touch()
    return {b"a/\xff": Known.of(Version((tmp_path / "file").stat(), b"d" * 32, ((b"user.x", b"1"),)))}


def test_what_is_kept_is_known_to_the_next_process(tmp_path, known):
    Index(tmp_path / "index", Disk()).keep(Place.ETC, known)
    assert Index(tmp_path / "index", Disk()).of(Place.ETC) == known


def test_the_digest_is_known_as_long_as_the_stamp_is_the_same(tmp_path, known):
    index = Index(tmp_path / "index", Disk())
    index.keep(Place.ETC, known)
    assert index.content(Place.ETC, b"a/\xff", (tmp_path / "file").stat()) == b"d" * 32
    os.utime(tmp_path / "file", ns=(1, 1))
    assert index.content(Place.ETC, b"a/\xff", (tmp_path / "file").stat()) is None
    assert index.content(Place.ETC, b"other", (tmp_path / "file").stat()) is None


def test_nothing_is_written_where_nothing_changed(tmp_path, known):
    disk = BreakingDisk()
    Index(tmp_path / "index", disk).keep(Place.ETC, known)
    written = disk.count
    Index(tmp_path / "index", disk).keep(Place.ETC, dict(known))
    assert disk.count == written > 0


@pytest.mark.parametrize("damage", [b"", b"x", b"\xff" * 100])
def test_a_damaged_index_is_an_empty_one(tmp_path, known, damage):
    Index(tmp_path / "index", Disk()).keep(Place.ETC, known)
    (tmp_path / "index" / "ASTETCDIR.index").write_bytes(damage)
    assert Index(tmp_path / "index", Disk()).of(Place.ETC) == {}


def test_one_flipped_bit_makes_an_empty_index(tmp_path, known):
    Index(tmp_path / "index", Disk()).keep(Place.ETC, known)
    path = tmp_path / "index" / "ASTETCDIR.index"
    data = bytearray(path.read_bytes())
    data[-40] ^= 1
    path.write_bytes(data)
    assert Index(tmp_path / "index", Disk()).of(Place.ETC) == {}


def test_a_file_that_changed_within_two_seconds_is_not_trusted(tmp_path, known):
    changed = stamp((tmp_path / "file").stat())[2] / 1e9
    (one,) = known.values()
    assert not one.trusted_at(changed + 1.9)
    assert one.trusted_at(changed + 2.1)


def test_what_is_to_be_read_anew_is_forgotten_in_every_process(tmp_path, known):
    mine, others = Index(tmp_path / "index", Disk()), Index(tmp_path / "index", Disk())
    mine.keep(Place.ETC, known)
    assert others.of(Place.ETC) == known
    mine.read_anew()
    assert [index.forgotten() for index in (mine, others)] == [True, True]
    assert [index.of(Place.ETC) for index in (mine, others, Index(tmp_path / "index", Disk()))] == [{}, {}, {}]
    assert not others.forgotten()


def test_what_one_process_read_anew_the_others_need_not(tmp_path, known):
    mine, others = Index(tmp_path / "index", Disk()), Index(tmp_path / "index", Disk())
    mine.read_anew()
    assert mine.forgotten()
    while not others.of(Place.ETC):  # the clock of the file system goes in steps
        mine.keep(Place.ETC, {})
        mine.keep(Place.ETC, known)
        others = Index(tmp_path / "index", Disk())
    assert others.of(Place.ETC) == known


def test_what_was_learnt_is_written_with_what_is_kept_next(tmp_path, known):
    index = Index(tmp_path / "index", Disk())
    index.learn(Place.ETC, b"a/\xff", known[b"a/\xff"])
    assert index.of(Place.ETC) == known
    index.keep(Place.ETC, dict(index.of(Place.ETC)))
    assert Index(tmp_path / "index", Disk()).of(Place.ETC) == known


def test_what_was_learnt_is_forgotten_where_everything_is(tmp_path, known):
    index = Index(tmp_path / "index", Disk())
    index.learn(Place.ETC, b"a/\xff", known[b"a/\xff"])
    index.read_anew()
    assert index.forgotten()
    assert index.of(Place.ETC) == {}
