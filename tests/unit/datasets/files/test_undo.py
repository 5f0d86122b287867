from dataclasses import replace
from pathlib import Path

import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.item import Attributes
from pbxsync_worker.core.model.step import Undone
from tests.unit.datasets.support import ALL, compare, files_data, tree_of


@pytest.fixture
def acted(tmp_path):
    """A host where d/x was replaced, d/new added and d/old removed."""
    here, source = files_data(tmp_path), files_data(tmp_path / "there")
    for root, files in ((tmp_path, {"x": b"1", "old": b"o"}), (tmp_path / "there", {"x": b"2", "new": b"n"})):
        (root / "etc" / "d").mkdir()
        for name, content in files.items():
            (root / "etc" / "d" / name).write_bytes(content)
    exact = tree_of(tmp_path / "etc")
    changes = compare(here.inventory(ALL), source.inventory(ALL))
    steps = here.prepare("r", changes, lambda change: source.open(change.after) if change.after else [])
    for step in steps:
        here.act(step)
    return here, {step.change.name.rpartition(b"/")[2]: step for step in steps}, exact


def kept(tmp_path: Path) -> set[bytes]:
    return {path.read_bytes() for path in (tmp_path / "home" / "kept" / "r").iterdir()}


def test_undo_restores_even_where_mode_and_times_were_changed_since(tmp_path, acted):
    here, steps, exact = acted
    (tmp_path / "etc" / "d" / "x").chmod(0o777)
    assert [here.undo(step) for step in steps.values()] == [Undone.RESTORED] * 3
    here.discard("r")
    assert tree_of(tmp_path / "etc") == exact


def test_an_original_that_cannot_go_back_is_handed_to_the_administrator(tmp_path, acted):
    here, steps, _ = acted
    (tmp_path / "etc" / "d" / "x").write_bytes(b"mine")
    (tmp_path / "etc" / "d" / "old").write_bytes(b"mine too")
    assert here.undo(steps[b"x"]) is Undone.KEPT
    assert here.undo(steps[b"old"]) is Undone.KEPT
    here.discard("r")
    assert kept(tmp_path) == {b"1", b"o"}
    assert (tmp_path / "etc" / "d" / "x").read_bytes() == b"mine"


def test_what_somebody_deleted_since_stays_deleted(tmp_path, acted):
    here, steps, _ = acted
    (tmp_path / "etc" / "d" / "x").unlink()
    (tmp_path / "etc" / "d" / "new").unlink()
    assert here.undo(steps[b"x"]) is Undone.KEPT
    assert here.undo(steps[b"new"]) is Undone.RESTORED
    here.discard("r")
    assert kept(tmp_path) == {b"1"}


@pytest.mark.parametrize("in_its_place", ["nothing", "link", "file"])
def test_a_parent_that_vanished_or_was_replaced_is_no_trouble(tmp_path, acted, in_its_place):
    here, steps, _ = acted
    decoy = tmp_path / "decoy"
    decoy.mkdir()
    parent = tmp_path / "etc" / "d"
    parent.rename(tmp_path / "elsewhere")
    if in_its_place == "link":
        parent.symlink_to(decoy)
    if in_its_place == "file":
        parent.write_bytes(b"theirs")
    for _ in range(2):
        assert here.undo(steps[b"x"]) is Undone.KEPT
        assert here.undo(steps[b"old"]) is Undone.KEPT
        assert here.undo(steps[b"new"]) is Undone.RESTORED
    here.discard("r")
    assert kept(tmp_path) == {b"1", b"o"}
    assert list(decoy.iterdir()) == []


def test_undo_knows_the_staged_object_by_content_when_inode_numbers_changed(tmp_path, acted):
    here, steps, _ = acted
    other = {name: replace(step, identity=(9, 9)) for name, step in steps.items()}
    assert here.undo(other[b"x"]) is Undone.RESTORED
    assert here.undo(other[b"x"]) is Undone.NOT_DONE
    assert (tmp_path / "etc" / "d" / "x").read_bytes() == b"1"


def test_attributes_that_somebody_changed_since_stay(tmp_path):
    here = files_data(tmp_path)
    path = tmp_path / "etc" / "x"
    path.write_bytes(b"a")
    path.chmod(0o640)
    before = here.inventory(ALL).items[b"ASTETCDIR/x"]
    wanted = replace(before.attributes, mode=0o600, mtime_ns=1)
    (step,) = here.prepare("r", [Change(before, before.with_attributes(wanted))], lambda _: [])
    here.act(step)
    path.chmod(0o666)
    assert here.undo(step) is Undone.KEPT
    assert path.stat().st_mode & 0o7777 == 0o666
    assert path.stat().st_mtime_ns == before.attributes.mtime_ns


def test_attributes_of_what_is_gone_or_another_kind_are_left(tmp_path):
    here = files_data(tmp_path)
    path = tmp_path / "etc" / "x"
    path.write_bytes(b"a")
    before = here.inventory(ALL).items[b"ASTETCDIR/x"]
    (step,) = here.prepare("r", [Change(before, before.with_attributes(Attributes(mode=0o600)))], lambda _: [])
    path.unlink()
    assert here.undo(step) is Undone.KEPT
    path.mkdir()
    assert here.undo(step) is Undone.KEPT
