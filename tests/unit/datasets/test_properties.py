"""Random trees before and after: apply gives exactly theirs, undo gives exactly ours, whatever is cut off where."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.step import Step, Undone
from pbxsync_worker.datasets.files import FilesData
from tests.fakes.disk import BreakingDisk, Cut, PowerCut
from tests.unit.datasets.support import ALL, compare, files_data, tree_of

NAMES = st.sampled_from([b"a", b"b", b"\xff\xfe", b"new\nline", b"-rf", b"x.conf", "ñ".encode()])
MODES = st.sampled_from([0o644, 0o600, 0o1755, 0o700, 0o4755, 0o444])
FILES = st.tuples(st.just("file"), st.binary(max_size=3), MODES, st.sampled_from([0, 1, 10**18 + 7]), st.booleans())
LINKS = st.tuples(st.just("link"), st.sampled_from([b"a", b"../../..", b"/etc/passwd", b"\xff"]))
TREES = st.recursive(
    FILES | LINKS,
    lambda inner: st.tuples(st.just("folder"), st.dictionaries(NAMES, inner, max_size=3), MODES),
    max_leaves=8,
)
ROOTS = st.dictionaries(NAMES, TREES, max_size=4)
SMALL = st.dictionaries(NAMES, TREES, max_size=2)


class HastyDisk(BreakingDisk):
    """Does not wait for the device: a process that dies leaves its writes to the kernel."""

    def sync(self, handle: int) -> None:
        self.effect("fsync", lambda: None)

    def sync_filesystem(self, handle: int) -> None:
        self.effect("syncfs", lambda: None)


def build(path: Path, node: Any) -> None:
    if node[0] == "link":
        path.symlink_to(os.fsdecode(node[1]))
        return
    if node[0] == "file":
        path.write_bytes(node[1])
        if node[4]:
            os.setxattr(path, b"user.note", node[1])
        os.utime(path, ns=(node[3], node[3]))
    else:
        path.mkdir()
        for name, inner in node[1].items():
            build(path / os.fsdecode(name), inner)
    path.chmod(node[2])


@pytest.fixture(scope="module")
def places():
    root = Path(tempfile.mkdtemp())
    yield root
    shutil.rmtree(root)


def fresh(root: Path, ours, theirs) -> tuple[Path, Path]:
    made = Path(tempfile.mkdtemp(dir=root))
    for side, tree in (("ours", ours), ("theirs", theirs)):
        (made / side / "etc").mkdir(parents=True)
        for name, node in tree.items():
            build(made / side / "etc" / os.fsdecode(name), node)
    return made / "ours", made / "theirs"


def differing(here: FilesData, source: FilesData) -> tuple[Inventory, Inventory]:
    ours, theirs = here.inventory(ALL), source.inventory(ALL)
    fitted = {name: here.settable(item, ours.items.get(name)) for name, item in theirs.items.items()}
    return ours, Inventory(fitted)


@settings(max_examples=20, deadline=None)
@given(ROOTS, ROOTS)
def test_applying_gives_theirs_and_undoing_gives_ours(places, ours, theirs):
    mine, other = fresh(places, ours, theirs)
    here, source = files_data(mine), files_data(other)
    before, wanted = differing(here, source)
    exact = tree_of(mine / "etc")

    steps = here.prepare("r", compare(before, wanted), lambda change: source.open(_after(change)))
    for step in steps:
        here.act(step)
    here.settle("r", steps, None)
    assert here.inventory(ALL).items == wanted.items

    assert {here.undo(step) for step in reversed(steps)} <= {Undone.RESTORED}
    here.discard("r")
    assert tree_of(mine / "etc") == exact
    shutil.rmtree(mine.parent)


@settings(max_examples=3, deadline=None)
@given(SMALL, SMALL, st.sampled_from(Cut))
def test_a_power_cut_at_any_act_leaves_a_state_that_undo_restores(places, ours, theirs, where):
    at = 1
    while _one_cut(places, ours, theirs, at, where):
        at += 1


def _one_cut(places, ours, theirs, at: int, where: Cut) -> bool:
    """Stop at act number `at`, then undo, that too interrupted once; tell whether there was such an act."""
    mine, other = fresh(places, ours, theirs)
    source = files_data(other)
    planner = files_data(mine)
    before, wanted = differing(planner, source)
    exact = tree_of(mine / "etc")
    steps: tuple[Step, ...] = ()
    here = files_data(mine, disk=HastyDisk(at, where))
    try:
        steps = here.prepare("r", compare(before, wanted), lambda change: source.open(_after(change)))
        for step in steps:
            here.act(step)
        reached = False
    except PowerCut:
        reached = True
    _recover(files_data(mine, disk=HastyDisk(1 + at % 5, where)), steps, interrupted=True)
    _recover(files_data(mine), steps, interrupted=False)
    assert tree_of(mine / "etc") == exact
    shutil.rmtree(mine.parent)
    return reached


def _recover(here, steps, *, interrupted: bool) -> None:
    try:
        undone = {here.undo(step) for step in reversed(steps)}
        assert Undone.KEPT not in undone
        here.discard("r")
    except PowerCut:
        assert interrupted


def _after(change: Change) -> Item:
    assert change.after is not None
    return change.after
