import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import TargetChanged
from pbxsync_worker.core.model.step import Undone
from tests.unit.datasets.support import ALL, compare, files_data, tree_of

T = TypeVar("T")


class RacingDisk(Disk):
    """Lets somebody else act just before the n-th act with a label."""

    def __init__(self, label: str, meddle: Callable[[], object], nth: int = 1) -> None:
        self.label, self.meddle, self.nth = label, meddle, nth

    def effect(self, label: str, act: Callable[[], T]) -> T:
        if label == self.label:
            self.nth -= 1
            if self.nth == 0:
                self.meddle()
        return act()


def replacing(tmp_path: Path, disk: Disk, old=b"old", new=b"new"):
    here, source = files_data(tmp_path, disk=disk), files_data(tmp_path / "there")
    for root, content in ((tmp_path, old), (tmp_path / "there", new)):
        if content is not None:
            (root / "etc" / "x").write_bytes(content)
    changes = compare(here.inventory(ALL), source.inventory(ALL))
    steps = here.prepare("r", changes, lambda change: source.open(change.after) if change.after else [])
    return here, steps[0]


def atomically(path: Path, content: bytes) -> None:
    path.with_name("temporary").write_bytes(content)
    path.with_name("temporary").rename(path)


@pytest.mark.parametrize("how", [atomically, Path.write_bytes])
def test_a_version_written_in_the_last_moment_is_not_lost(tmp_path, how):
    live = tmp_path / "etc" / "x"
    here, step = replacing(tmp_path, RacingDisk("exchange", lambda: how(live, b"theirs")))
    with pytest.raises(TargetChanged):
        here.act(step)
    assert live.read_bytes() == b"theirs"
    assert here.undo(step) is Undone.NOT_DONE


def test_a_version_written_while_turning_back_wins_and_the_one_before_is_kept(tmp_path):
    live = tmp_path / "etc" / "x"
    here, step = replacing(tmp_path, Disk())
    versions = iter([b"second", b"third"])
    racing = files_data(tmp_path, disk=EveryExchange(lambda: atomically(live, next(versions))))
    with pytest.raises(TargetChanged):
        racing.act(step)
    assert live.read_bytes() == b"third"
    here.discard("r")
    assert [path.read_bytes() for path in (tmp_path / "home" / "kept" / "r").iterdir()] == [b"second"]


class EveryExchange(Disk):
    """Lets somebody else act before each of the first two exchanges."""

    def __init__(self, meddle: Callable[[], object]) -> None:
        self.left, self.meddle = 2, meddle

    def effect(self, label: str, act: Callable[[], T]) -> T:
        if label == "exchange" and self.left:
            self.left -= 1
            self.meddle()
        return act()


def test_a_target_that_vanishes_in_the_last_moment_is_not_made_again(tmp_path):
    live = tmp_path / "etc" / "x"
    here, step = replacing(tmp_path, RacingDisk("exchange", live.unlink))
    with pytest.raises(TargetChanged):
        here.act(step)
    assert not live.exists()


def test_a_removal_gives_back_what_was_written_in_the_last_moment(tmp_path):
    live = tmp_path / "etc" / "x"
    here, step = replacing(tmp_path, RacingDisk("move", lambda: atomically(live, b"theirs")), new=None)
    with pytest.raises(TargetChanged):
        here.act(step)
    assert live.read_bytes() == b"theirs"


def test_a_folder_that_is_filled_in_the_last_moment_stays(tmp_path):
    (tmp_path / "etc" / "d").mkdir(parents=True)
    here = files_data(tmp_path, disk=RacingDisk("move", lambda: (tmp_path / "etc" / "d" / "new").write_bytes(b"mine")))
    (step,) = here.prepare("r", [Change(here.inventory(ALL).items[b"ASTETCDIR/d"], None)], lambda _: [])
    with pytest.raises(TargetChanged):
        here.act(step)
    assert (tmp_path / "etc" / "d" / "new").read_bytes() == b"mine"


def test_it_refuses_a_changed_mode_and_a_changed_kind(tmp_path):
    live = tmp_path / "etc" / "x"
    here, step = replacing(tmp_path, Disk())
    live.chmod(0o600)
    with pytest.raises(TargetChanged):
        here.act(step)
    live.unlink()
    live.symlink_to("/etc/passwd")
    with pytest.raises(TargetChanged):
        here.act(step)
    assert live.is_symlink()


def test_it_refuses_a_parent_that_became_a_link(tmp_path):
    decoy, etc = tmp_path / "decoy", tmp_path / "etc"
    for folder in (decoy, etc / "d"):
        folder.mkdir(parents=True)
        (folder / "x").write_bytes(b"old")
    here = files_data(tmp_path)
    change = Change(here.inventory(ALL).items[b"ASTETCDIR/d/x"], None)
    (step,) = here.prepare("r", [change], lambda _: [])
    (etc / "d").rename(etc / "aside")
    (etc / "d").symlink_to(decoy)
    before = tree_of(decoy)
    with pytest.raises(TargetChanged):
        here.act(step)
    assert tree_of(decoy) == before


def test_it_refuses_when_the_stage_was_taken_away(tmp_path):
    here, step = replacing(tmp_path, Disk())
    (tmp_path / "etc" / os.fsdecode(step.staged)).unlink()
    with pytest.raises(TargetChanged):
        here.act(step)
    assert (tmp_path / "etc" / "x").read_bytes() == b"old"
