from pathlib import Path

import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import NoSpace
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.datasets.files.space import prove

HUGE = Item(b"ASTETCDIR/x", ItemKind.FILE, 2**60, b"d" * 32)
SMALL = Item(b"ASTETCDIR/x", ItemKind.FILE, 10, b"e" * 32)


def test_a_run_that_fits_is_allowed(tmp_path: Path):
    prove([Change(None, SMALL), Change(SMALL, None)], lambda _: tmp_path, tmp_path / "not" / "yet")


def test_it_refuses_a_run_that_does_not_fit_and_says_what_is_needed(tmp_path: Path):
    with pytest.raises(NoSpace) as caught:
        prove([Change(SMALL, HUGE)], lambda _: tmp_path, tmp_path)
    assert int(str(caught.value.fields["needed"])) > 2**60
    assert int(str(caught.value.fields["free"])) > 0


def test_it_counts_what_will_be_kept_in_our_own_folder(tmp_path: Path):
    with pytest.raises(NoSpace):
        prove([Change(HUGE, None)], lambda _: tmp_path, tmp_path)


def test_a_change_of_attributes_needs_nothing(tmp_path: Path):
    prove([Change(HUGE, HUGE)], lambda _: tmp_path, tmp_path)
