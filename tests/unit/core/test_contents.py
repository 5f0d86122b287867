"""The store of contents on a real file system."""

from pathlib import Path

import pytest

from pbxsync_worker.core.contents import ContentStore
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import ContentGone, PeerLied
from pbxsync_worker.core.model.inventory import digest_of
from tests.fakes.disk import BreakingDisk, Cut, PowerCut

DATA = b"some bytes"
DIGEST = digest_of(DATA)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "contents"


@pytest.fixture
def contents(folder):
    return ContentStore(folder, Disk())


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_it_gives_back_what_it_holds(contents):
    contents.put([b"some ", b"bytes"], DIGEST)
    assert contents.has(DIGEST)
    assert b"".join(contents.open(DIGEST)) == DATA


def test_holding_twice_is_holding_once(contents, folder):
    contents.put([DATA], DIGEST)
    contents.put([DATA], DIGEST)
    assert len(files(folder)) == 1


def test_an_empty_content_is_a_content(contents):
    contents.put([], digest_of(b""))
    assert b"".join(contents.open(digest_of(b""))) == b""


def test_it_refuses_bytes_that_do_not_match_and_leaves_nothing(contents, folder):
    with pytest.raises(PeerLied):
        contents.put([b"other"], DIGEST)
    assert not contents.has(DIGEST)
    assert files(folder) == []


def test_it_does_not_hold_the_empty_digest(contents):
    contents.put([DATA], DIGEST)
    assert not contents.has(b"")


def test_it_says_where_a_content_is_gone(contents):
    with pytest.raises(ContentGone):
        b"".join(contents.open(DIGEST))


def test_a_damaged_content_is_found_at_its_end(contents, folder):
    contents.put([DATA], DIGEST)
    files(folder)[0].write_bytes(b"some bytez")
    with pytest.raises(ContentGone):
        b"".join(contents.open(DIGEST))


def test_a_large_content_comes_in_pieces(contents):
    data = bytes(range(256)) * 2**13
    contents.put([data], digest_of(data))
    pieces = list(contents.open(digest_of(data)))
    assert len(pieces) == 2
    assert b"".join(pieces) == data


def test_its_size_is_what_it_holds(contents):
    assert contents.size() == 0
    contents.put([DATA], DIGEST)
    assert contents.size() == len(DATA)


def test_a_sweep_keeps_what_is_referred_to_and_removes_leftovers(contents, folder):
    contents.put([DATA], DIGEST)
    contents.put([b"x"], digest_of(b"x"))
    (folder / DIGEST.hex()[:2] / ".new-half").write_bytes(b"")
    assert contents.sweep(frozenset({DIGEST})) == 2
    assert [path.name for path in files(folder)] == [DIGEST.hex()]


def test_cut_at_any_act_it_holds_wholly_or_not_and_can_be_repeated(tmp_path):
    whole = BreakingDisk()
    ContentStore(tmp_path / "whole", whole).put([DATA], DIGEST)
    for at in range(1, whole.count + 1):
        for cut in Cut:
            folder = tmp_path / f"{at}{cut}"
            with pytest.raises(PowerCut):
                ContentStore(folder, BreakingDisk(at, cut)).put([DATA], DIGEST)
            after = ContentStore(folder, Disk())
            assert not after.has(DIGEST) or b"".join(after.open(DIGEST)) == DATA
            after.put([DATA], DIGEST)
            assert b"".join(after.open(DIGEST)) == DATA
