"""What is staged is read as it was written, or not at all."""

from pathlib import Path

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.dataset import RowPolicy, TableSet
from pbxsync_worker.core.model.errors import Bug, PeerLied
from pbxsync_worker.datasets.collected.ledger import Entry, Taken
from pbxsync_worker.datasets.collected.staging import Batch, Coming, Head, Part, Piece, Staging

HEAD = Head("r", TableSet("d", "t", (), policy=RowPolicy.COLLECT, by="id"))
PIECE = Piece(Taken("o", "n1", 1, 5, b"c", b"r"), None, ("a",))
COMING = (Coming(b"k", b"row", (b"1",), 0, 1), Coming(b"l", b"other", None))
PARTS: tuple[Part, ...] = (PIECE, Batch(COMING))


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    return Staging(tmp_path / "staging", Disk())


def test_what_was_staged_comes_back(staging):
    staged = staging.get(staging.put(0, HEAD, PARTS))
    assert staged is not None
    assert staged.head == HEAD
    assert list(staged.batches()) == [(PIECE, COMING)]
    assert list(staged.pieces()) == [PIECE]
    assert [one.added for one in staged.entries()] == [True, False]
    assert next(staged.entries()) == Entry("o", 1, b"k", b"row", ("a",), added=True)


def test_a_removed_file_is_nothing_and_can_be_removed_again(staging):
    step = staging.put(0, HEAD, PARTS)
    staging.remove("r")
    staging.remove("r")
    assert staging.get(step) is None


def test_a_file_of_another_plan_is_refused(staging):
    step = staging.put(0, HEAD, PARTS)
    staging.remove("r")
    staging.put(0, HEAD, PARTS[:1])
    with pytest.raises(Bug):
        staging.get(step)


def test_what_goes_wrong_while_it_is_written_can_be_removed(staging, tmp_path):
    def broken():
        yield PIECE
        raise PeerLied(host="", reason="x")

    with pytest.raises(PeerLied):
        staging.put(0, HEAD, broken())
    staging.remove("r")
    assert not list((tmp_path / "staging").iterdir())
