"""Somebody swaps a folder with a link to a decoy while we work: the decoy is never read, written or removed."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import SourceChanged, TargetChanged
from pbxsync_worker.core.model.step import Undone
from pbxsync_worker.datasets.files.tree import open_by_kernel, open_by_walking
from tests.unit.datasets.support import ALL, files_data

TRIES = 300


@contextmanager
def swapping(etc: Path, decoy: Path) -> Iterator[None]:
    """Swap `etc/d` between the real folder and a link to the decoy, as fast as possible."""
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            (etc / "d").rename(etc / "aside")
            (etc / "d").symlink_to(decoy)
            (etc / "d").unlink()
            (etc / "aside").rename(etc / "d")
            # Long enough that some acts meet the real folder, whatever else the machine is doing.
            stop.wait(0.0005)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def decoy(tmp_path: Path) -> Path:
    folder = tmp_path / "decoy"
    folder.mkdir()
    (folder / "x").write_bytes(b"secret")
    return folder


def pair(tmp_path: Path):
    here, source = files_data(tmp_path / "here"), files_data(tmp_path / "there")
    for side, content in (("here", b"old"), ("there", b"new")):
        (tmp_path / side / "etc" / "d").mkdir()
        (tmp_path / side / "etc" / "d" / "x").write_bytes(content)
    return here, source


def test_act_and_undo_never_touch_a_decoy(tmp_path, decoy):
    here, source = pair(tmp_path)
    name = b"ASTETCDIR/d/x"
    change = Change(here.inventory(ALL).items[name], source.inventory(ALL).items[name])
    (step,) = here.prepare("r", [change], lambda _: [b"new"])
    done = tries = 0
    with swapping(tmp_path / "here" / "etc", decoy):
        while tries < TRIES or (not done and tries < 100 * TRIES):
            tries += 1
            try:
                here.act(step)
            except TargetChanged:
                continue
            done += 1
            while here.undo(step) is Undone.KEPT:
                _as_if_never_kept(tmp_path / "here" / "etc")
    assert done
    assert {path.name: path.read_bytes() for path in decoy.iterdir()} == {"x": b"secret"}


def _as_if_never_kept(etc: Path) -> None:
    """The folder was away at that moment; the original was set aside. Put it back, to try again."""
    stage = etc / ".pbxsync-stage" / "r"
    for kept in stage.glob("0.kept-*"):
        kept.rename(stage / "0")


def test_reading_never_follows_into_a_decoy(tmp_path, decoy):
    here, _ = pair(tmp_path)
    item = here.inventory(ALL).items[b"ASTETCDIR/d/x"]
    read = set()
    with swapping(tmp_path / "here" / "etc", decoy):
        for _ in range(TRIES):
            try:
                read.add(b"".join(here.open(item)))
                read |= {one.content for one in here.inventory(ALL).items.values() if one.size == len(b"secret")}
            except SourceChanged:
                continue
    assert read <= {b"old"}


@pytest.mark.parametrize("opener", [open_by_kernel, open_by_walking])
def test_both_ways_of_opening_refuse_a_swapped_parent(tmp_path, decoy, opener):
    (tmp_path / "d").mkdir()
    root = os.open(tmp_path, os.O_RDONLY)
    real, secret = (tmp_path / "d").stat().st_ino, decoy.stat().st_ino
    seen = set()
    with swapping(tmp_path, decoy):
        for _ in range(TRIES):
            try:
                handle = opener(root, (b"d",))
            except OSError:
                continue
            seen.add(os.fstat(handle).st_ino)
            os.close(handle)
    os.close(root)
    assert secret not in seen
    assert seen <= {real}


def test_a_file_that_is_written_all_the_time_gives_a_real_version_or_none(tmp_path):
    here = files_data(tmp_path, clock=SystemClock())
    path = tmp_path / "etc" / "x"
    path.write_bytes(b"a" * 300_000)
    stop = threading.Event()

    def write() -> None:
        with path.open("r+b", buffering=0) as file:
            while not stop.is_set():
                for letter in (b"b", b"a") * 5:
                    file.seek(0)
                    file.write(letter * 300_000)
                stop.wait(0.03)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(4):
            try:
                item = here.inventory(ALL).items[b"ASTETCDIR/x"]
                data = b"".join(here.open(item))
            except SourceChanged:
                continue
            assert len(set(data)) == 1
    finally:
        stop.set()
        thread.join()
