"""Hints of the kernel: what was not touched is not looked at, and nothing that happens in a folder is missed."""

import os
from pathlib import Path

import pytest

from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.datasets.files import FilesData
from pbxsync_worker.datasets.files.levels import FULL_EVERY
from pbxsync_worker.datasets.files.watch import Watch
from tests.fakes.clock import HandClock
from tests.unit.datasets.support import ALL, files_data

Told = list[tuple[bytes, bytes]]


class _Watched:
    def __init__(self, folder: Path) -> None:
        self.watch = Watch()
        self.told: Told = []
        self.watch.tell()
        handle = os.open(folder, os.O_RDONLY)
        assert self.watch.add(handle, b"x/", self._touched)
        os.close(handle)

    def _touched(self, path: bytes, folder: bytes) -> None:
        self.told.append((path, folder))

    def news(self) -> set[tuple[bytes, bytes]]:
        self.told.clear()
        assert self.watch.tell()
        return set(self.told)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "x/deep").mkdir(parents=True)
    (tmp_path / "x/file").write_bytes(b"1")
    return tmp_path / "x"


@pytest.fixture
def watched(folder: Path) -> _Watched:
    return _Watched(folder)


def test_it_is_silent_where_nothing_happened(watched):
    assert watched.news() == set()


@pytest.mark.parametrize(
    "act",
    [
        lambda folder: (folder / "file").write_bytes(b"2"),
        lambda folder: (folder / "file").chmod(0o600),
        lambda folder: (folder / "file").unlink(),
        lambda folder: (folder / "new").write_bytes(b""),
        lambda folder: (folder / "file").rename(folder.parent / "file"),
        lambda folder: os.setxattr(folder / "file", "user.colour", b"blue"),
        lambda folder: os.utime(folder / "file", (1, 1)),
    ],
)
def test_it_tells_of_a_change_of_a_file(folder, watched, act):
    act(folder)
    assert watched.news() == {(b"x/", b"")}
    assert watched.news() == set()


def test_it_names_a_folder_that_came_went_or_was_moved(folder, watched):
    (folder / "more").mkdir()
    (folder / "deep").rename(folder.parent / "deep")
    assert watched.news() == {(b"x/", b"more"), (b"x/", b"deep")}


def test_it_tells_that_the_folder_itself_is_elsewhere(folder, watched):
    folder.rename(folder.parent / "y")
    assert watched.news() == {(b"x/", b"x/")}


def test_nothing_is_told_of_a_folder_that_was_dropped(folder, watched):
    watched.watch.drop(b"x/", watched._touched)
    (folder / "file").write_bytes(b"2")
    assert watched.news() == set()


def test_it_says_so_where_it_missed_something(folder, watched):
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    for number in range(most // 2 + 2):
        (folder / f"{number}").touch()
        (folder / f"{number}").unlink()
    assert not watched.watch.tell()
    assert watched.watch.tell()


def test_a_child_does_not_take_its_parents_news(folder, watched):
    (folder / "file").write_bytes(b"2")
    child = os.fork()
    if not child:
        os._exit(watched.watch.tell())
    assert os.waitpid(child, 0)[1] == 0  # it knows nothing, and says so
    assert watched.news() == {(b"x/", b"")}


def test_a_quiet_tree_is_not_looked_at(tmp_path, folder):
    data = files_of(tmp_path)
    before = data.inventory(ALL)
    assert data.inventory(ALL) is before


def test_two_folders_that_change_places_are_both_read_again(tmp_path):
    etc = tmp_path / "etc"
    for name in "ab":
        (etc / name).mkdir(parents=True)
        (etc / name / "file.conf").write_bytes(name.encode())
    data = files_of(tmp_path)
    before = data.inventory(ALL).items
    (etc / "a").rename(etc / "c")
    (etc / "b").rename(etc / "a")
    (etc / "c").rename(etc / "b")
    after = data.inventory(ALL).items
    one, other = b"ASTETCDIR/a/file.conf", b"ASTETCDIR/b/file.conf"
    assert (after[one].content, after[other].content) == (before[other].content, before[one].content)


def test_a_tree_that_was_put_in_the_place_of_another_is_read(tmp_path):
    for name in ("etc", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file.conf").write_bytes(name.encode())
    data = files_of(tmp_path)
    before = data.inventory(ALL)
    (tmp_path / "etc").rename(tmp_path / "old")
    (tmp_path / "other").rename(tmp_path / "etc")
    assert data.inventory(ALL).root != before.root


def test_what_no_hint_tells_is_found_when_hints_are_no_longer_believed(tmp_path):
    etc = tmp_path / "etc"
    etc.mkdir()
    (etc / "file.conf").write_bytes(b"one")
    (tmp_path / "elsewhere").hardlink_to(etc / "file.conf")
    clock = HandClock()
    data = files_data(tmp_path, clock=clock)
    before = data.inventory(ALL)
    (tmp_path / "elsewhere").write_bytes(b"other")  # by its second name, which nobody watches
    assert data.inventory(ALL) is before
    clock.move(FULL_EVERY)
    assert data.inventory(ALL).root != before.root


def files_of(tmp_path: Path) -> FilesData:
    return files_data(tmp_path, clock=SystemClock())
