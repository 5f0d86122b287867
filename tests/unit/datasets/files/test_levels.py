"""A folder that looks as before is not read again, and one that does not always is."""

import gc
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pbxsync_worker.datasets.files import FilesData
from pbxsync_worker.datasets.files.levels import Level, Levels
from pbxsync_worker.datasets.files.watch import Watch
from tests.unit.datasets.support import ALL, FAR, files_data


@pytest.fixture(autouse=True)
def _free_handles() -> None:
    """Let go of what tests before left to be collected: a user has only 128 handles to watch folders."""
    gc.collect()


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    etc = tmp_path / "etc"
    (etc / "a/b").mkdir(parents=True)
    (etc / "a/b/x.conf").write_bytes(b"x")
    (etc / "top.conf").write_bytes(b"top")
    return etc


@pytest.fixture
def warm(tmp_path: Path, etc: Path) -> FilesData:
    data = files_data(tmp_path)
    data.inventory(ALL)
    return data


def test_an_unchanged_tree_gives_the_very_same_inventory(warm):
    assert warm.inventory(ALL) is warm.inventory(ALL)


def test_a_file_of_the_same_size_and_time_is_seen_to_be_another(tmp_path, etc, warm):
    before, old = warm.inventory(ALL), (etc / "top.conf").stat()
    while (etc / "top.conf").stat().st_ctime_ns == old.st_ctime_ns:  # the kernel's clock goes in steps
        (etc / "top.conf").write_bytes(b"pot")
        os.utime(etc / "top.conf", ns=(old.st_atime_ns, old.st_mtime_ns))
    after = warm.inventory(ALL)
    assert {name for name in after.items if after.items[name] != before.items[name]} == {b"ASTETCDIR/top.conf"}


def test_a_file_that_comes_and_goes_is_seen(tmp_path, etc, warm):
    (etc / "a/b/new.conf").write_bytes(b"")
    assert b"ASTETCDIR/a/b/new.conf" in warm.inventory(ALL).items
    (etc / "a/b/new.conf").unlink()
    assert b"ASTETCDIR/a/b/new.conf" not in warm.inventory(ALL).items


def test_the_attributes_of_a_folder_are_seen(tmp_path, etc, warm):
    (etc / "a/b").chmod(0o700)
    assert warm.inventory(ALL).items[b"ASTETCDIR/a/b"].attributes.mode == 0o700
    os.setxattr(etc / "a/b", "user.colour", b"blue")
    assert warm.inventory(ALL).items[b"ASTETCDIR/a/b"].attributes.xattrs == ((b"user.colour", b"blue"),)


def test_a_folder_that_is_gone_takes_everything_in_it_along(tmp_path, etc, warm):
    shutil.rmtree(etc / "a")
    assert set(warm.inventory(ALL).items) == {b"ASTETCDIR/top.conf"}


def test_what_changed_just_now_is_read_again(tmp_path):
    moment = (tmp_path / "x").write_bytes(b"x") and (tmp_path / "x").stat().st_ctime
    folder = os.open(tmp_path, os.O_RDONLY)
    reads: list[float] = []

    def read() -> Level:
        reads.append(0.0)
        return Level()

    levels = Levels(xattrs=False)
    for later in (0.5, 1.0, 10.0, 20.0):
        levels.begin(moment + later)
        levels.of(b"", folder, read)
        levels.end()
    os.close(folder)
    assert len(reads) == 3


def test_a_walk_that_breaks_off_leaves_what_was_known(tmp_path):
    levels = Levels(xattrs=False)
    folder = os.open(tmp_path, os.O_RDONLY)
    levels.begin(FAR)
    first = levels.of(b"", folder, Level)
    levels.end()
    levels.begin(FAR)
    levels.begin(FAR)
    assert levels.of(b"", folder, Level) is first
    os.close(folder)


def test_hints_do_not_count_after_a_walk_that_broke_off(tmp_path):
    watch, way = Watch(), ((1, 1),)
    levels = Levels(xattrs=False, watch=watch)
    folder = os.open(tmp_path, os.O_RDONLY)
    watch.tell()
    levels.begin(FAR, way, hints=watch.tell())
    level = levels.of(b"", folder, Level)
    levels.end()
    assert levels.quiet(way, 0.0)
    levels.begin(FAR, way, hints=True)
    assert levels.still(b"") is level
    assert not levels.quiet(way, 0.0)
    levels.begin(FAR, way, hints=True)
    assert levels.still(b"") is None
    os.close(folder)


NAMES = st.sampled_from(["a", "b", "c.conf", "a/x", "a/y", "b/x", "a/x/deep"])
EDITS = st.lists(st.tuples(st.sampled_from(["write", "folder", "link", "remove", "mode"]), NAMES), max_size=6)


@given(st.lists(EDITS, max_size=4))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_warm_look_always_equals_a_first_one(tmp_path, rounds):
    shutil.rmtree(tmp_path / "etc", ignore_errors=True)
    warm = files_data(tmp_path)
    for number, edits in enumerate(rounds):
        for what, name in edits:
            _edit(tmp_path / "etc" / name, what, number)
        assert warm.inventory(ALL) == files_data(tmp_path).inventory(ALL)
        assert warm.inventory(ALL).subtrees == files_data(tmp_path).inventory(ALL).subtrees


def _edit(path: Path, what: str, number: int) -> None:
    # Every round in other sizes: on many kernels two changes within four milliseconds have the same times.
    there = path.is_symlink() or path.exists()
    if what == "mode" and path.is_dir() and not path.is_symlink():
        path.chmod(0o700 + number)
    elif what == "remove" and there:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    elif path.parent.is_dir() and not there and what == "folder":
        path.mkdir()
    elif path.parent.is_dir() and not there and what == "link":
        path.symlink_to("t" * (number + 1))
    elif path.parent.is_dir() and what == "write" and not path.is_dir() and not path.is_symlink():
        path.write_bytes(b"x" * number)
