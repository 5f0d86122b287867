"""Contents that come in great number and are small: AstDB values, rows."""

import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from pbxsync_worker.core.contents import SMALL, ContentStore
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import ContentGone, PeerLied, Unsupported
from pbxsync_worker.core.model.inventory import digest_of
from tests.fakes.disk import BreakingDisk, Cut, PowerCut

VALUES = [b"%d" % number for number in range(100)] + [b""]


def pairs(values: list[bytes]) -> list[tuple[bytes, bytes]]:
    return [(digest_of(value), value) for value in values]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "contents"


@pytest.fixture
def contents(folder: Path) -> ContentStore:
    return ContentStore(folder, Disk())


def held(contents: ContentStore, values: list[bytes]) -> list[bool]:
    return [contents.has(digest_of(value)) for value in values]


def test_it_gives_back_what_it_holds(contents):
    contents.put_many(pairs(VALUES))
    assert all(held(contents, VALUES))
    assert [b"".join(contents.open(digest_of(value))) for value in VALUES] == VALUES


def test_many_small_ones_are_one_file(contents, folder):
    contents.put_many(pairs(VALUES))
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["small.sqlite"]


def test_a_large_one_among_them_has_its_own_file(contents, folder):
    large = b"x" * (SMALL + 1)
    contents.put_many(pairs([b"small", large]))
    assert (folder / digest_of(large).hex()[:2] / digest_of(large).hex()).read_bytes() == large
    assert b"".join(contents.open(digest_of(large))) == large


MANY_LARGE = [b"%05d" % number * 2000 for number in range(20)]


def test_many_large_ones_are_synced_together(folder):
    disk = BreakingDisk()
    ContentStore(folder, disk).put_many(pairs(MANY_LARGE))
    assert (disk.labels.count("syncfs"), disk.labels.count("fsync")) == (2, 0)
    assert all(held(ContentStore(folder, Disk()), MANY_LARGE))


@pytest.mark.parametrize("cut", [*Cut])
def test_many_large_ones_that_were_cut_off_can_be_held_again(folder, cut):
    whole = BreakingDisk()
    ContentStore(folder / "whole", whole).put_many(pairs(MANY_LARGE))
    for at in range(1, whole.count + 1):
        part = folder / f"{at}"
        with suppress(PowerCut):
            ContentStore(part, BreakingDisk(at, cut)).put_many(pairs(MANY_LARGE))
        after = ContentStore(part, Disk())
        there = [value for value in MANY_LARGE if after.has(digest_of(value))]
        assert [b"".join(after.open(digest_of(value))) for value in there] == there
        after.put_many(pairs(MANY_LARGE))
        assert all(held(after, MANY_LARGE))


def test_holding_twice_is_holding_once(contents):
    contents.put_many(pairs([b"one"]))
    contents.put_many(pairs([b"one", b"one", b"two"]))
    assert contents.size() == 6


def test_what_is_held_as_a_file_and_here_is_held(contents):
    contents.put([b"one"], digest_of(b"one"))
    contents.put_many(pairs([b"one"]))
    assert b"".join(contents.open(digest_of(b"one"))) == b"one"


def test_nothing_at_all_makes_no_file(contents, folder):
    contents.put_many([])
    assert not folder.exists()


def test_one_that_does_not_match_refuses_all(contents):
    with pytest.raises(PeerLied):
        contents.put_many([*pairs(VALUES), (digest_of(b"a"), b"b")])
    assert not any(held(contents, VALUES))


def test_what_is_not_held_is_gone(contents):
    contents.put_many(pairs([b"one"]))
    with pytest.raises(ContentGone):
        b"".join(contents.open(digest_of(b"two")))


def test_a_damaged_value_is_found(contents, folder):
    contents.put_many(pairs([b"one"]))
    with sqlite3.connect(folder / "small.sqlite") as link:
        link.execute("UPDATE small SET data = ?", (b"two",))
    link.close()
    with pytest.raises(ContentGone):
        b"".join(contents.open(digest_of(b"one")))


def test_a_damaged_file_is_told(contents, folder):
    contents.put_many(pairs([b"one"]))
    (folder / "small.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(Unsupported, match=r"small\.sqlite"):
        contents.has(digest_of(b"one"))


def test_an_empty_file_holds_nothing(contents, folder):
    folder.mkdir()
    (folder / "small.sqlite").touch()
    assert not contents.has(digest_of(b"one"))
    assert (contents.size(), contents.sweep(frozenset())) == (0, 0)


def test_a_sweep_keeps_what_is_referred_to_and_gives_room_back(contents, folder):
    contents.put_many(pairs([b"%04d" % number * 500 for number in range(500)] + [b"kept"]))
    before = (folder / "small.sqlite").stat().st_size
    assert contents.sweep(frozenset({digest_of(b"kept")})) == 500
    assert contents.size() == 4
    assert contents.has(digest_of(b"kept"))
    assert (folder / "small.sqlite").stat().st_size < before / 10


def test_cut_at_any_act_it_holds_all_or_none_and_can_be_repeated(tmp_path):
    whole = BreakingDisk()
    ContentStore(tmp_path / "whole", whole).put_many(pairs(VALUES))
    assert whole.count == 1
    for cut in Cut:
        folder = tmp_path / cut
        with pytest.raises(PowerCut):
            ContentStore(folder, BreakingDisk(1, cut)).put_many(pairs(VALUES))
        after = ContentStore(folder, Disk())
        assert set(held(after, VALUES)) == {cut is Cut.AFTER}
        after.put_many(pairs(VALUES))
        assert all(held(after, VALUES))


def test_a_sweep_that_is_cut_removes_all_or_nothing(tmp_path):
    for cut in Cut:
        ContentStore(tmp_path / cut, Disk()).put_many(pairs(VALUES))
        with pytest.raises(PowerCut):
            ContentStore(tmp_path / cut, BreakingDisk(1, cut)).sweep(frozenset())
        assert set(held(ContentStore(tmp_path / cut, Disk()), VALUES)) == {cut is not Cut.AFTER}
