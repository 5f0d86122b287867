"""The ledger: what it is told is there after a cut, wholly or not at all."""

from pathlib import Path

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.datasets.collected.ledger import Act, Entry, Ledger, Taken
from tests.fakes.disk import BreakingDisk, Cut, PowerCut

BASE = b"COLLECT/d/t/"
TAKEN = Taken("o", "n1", 1, 5, b"c", b"r")
ENTRIES = [Entry("o", 1, b"k", b"row", ("a",), added=True), Entry("o", 1, b"l", b"other", ("a",), added=False)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "collected.sqlite"


def begun(path: Path, disk: Disk | None = None) -> Ledger:
    ledger = Ledger(path, disk or Disk())
    ledger.begin("r", BASE, [TAKEN], ENTRIES)
    return ledger


def test_an_empty_ledger_knows_nothing(path):
    ledger = Ledger(path, Disk())
    assert (ledger.taken(BASE), ledger.layouts(BASE), ledger.state("r", BASE)) == ((), (), None)
    ledger.forget("r")


def test_a_host_that_collects_nothing_gets_no_ledger(path):
    Ledger(path, Disk()).forget("r")
    assert not path.exists()


def test_what_was_begun_is_known(path):
    ledger = begun(path)
    assert ledger.taken(BASE) == (TAKEN,)
    assert ledger.state("r", BASE) is Act.BEGUN
    assert ledger.layouts(BASE) == (("a",),)
    assert ledger.added(BASE, ("a",), [b"row", b"other"]) == {b"row": 1, b"other": 0}
    assert ledger.seen(BASE, "o", ("a",), [b"row", b"other"]) == {b"row": 1, b"other": 1}
    assert ledger.seen(BASE, "p", ("a",), [b"row"]) == {}
    assert ledger.known(BASE, "o", 1)[b"k"] == {(b"row", ("a",)): 1}


def test_what_is_taken_back_is_as_it_was_before(path):
    older = Taken("o", "n1", 1, 4, b"d", b"s")
    ledger = Ledger(path, Disk())
    ledger.begin("q", BASE, [older], ENTRIES)
    ledger.begin("r", BASE, [TAKEN], ENTRIES)
    ledger.take_back("r", BASE, [("o", "n1", older)], ENTRIES, kept=False)
    assert ledger.taken(BASE) == (older,)
    assert ledger.added(BASE, ("a",), [b"row"]) == {b"row": 1}
    assert ledger.state("r", BASE) is None
    ledger.take_back("q", BASE, [("o", "n1", None)], ENTRIES, kept=True)
    assert ledger.taken(BASE) == ()
    assert not ledger.known(BASE, "o", 1)
    assert ledger.state("q", BASE) is Act.KEPT


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.AFTER])
def test_a_cut_leaves_all_or_nothing(path, cut):
    with pytest.raises(PowerCut):
        begun(path, BreakingDisk(1, cut))
    found = Ledger(path, Disk())
    assert (len(found.taken(BASE)), found.state("r", BASE)) == ((1, Act.BEGUN) if cut is Cut.AFTER else (0, None))


def test_slots_become_a_block(path):
    ledger = begun(path)
    block = Taken("o", "n0", 0, 0, b"e", b"t")
    ledger.fold(BASE, [block], [TAKEN])
    assert ledger.taken(BASE) == (block,)
