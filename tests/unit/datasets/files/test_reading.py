import os
from pathlib import Path

import pytest

from pbxsync_worker.core.model.errors import SourceChanged
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import ItemKind
from pbxsync_worker.datasets.files.reading import Reader, content_at, open_file
from tests.fakes.clock import HandClock
from tests.unit.datasets.support import FAR


class MeddlingClock(HandClock):
    """Lets somebody write whenever the reader asks for the time."""

    def __init__(self, path: Path, times: int) -> None:
        super().__init__(FAR)
        self.path, self.times = path, times

    def now(self) -> float:
        if self.times:
            self.times -= 1
            self.path.write_bytes(self.path.read_bytes() + b"more")
        return super().now()


@pytest.fixture
def folder(tmp_path: Path):
    handle = os.open(tmp_path, os.O_RDONLY)
    yield handle
    os.close(handle)


def test_a_version_has_the_digest_of_its_bytes(tmp_path, folder):
    (tmp_path / "x").write_bytes(b"abc" * 1_000_000)
    version = Reader(HandClock(FAR)).version(folder, b"x")
    assert version is not None
    assert version.content == digest_of(b"abc" * 1_000_000)


def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path, folder):
    (tmp_path / "x").write_bytes(b"abc")
    version = Reader(MeddlingClock(tmp_path / "x", 2)).version(folder, b"x")
    assert version is not None
    assert version.content == digest_of(b"abcmoremore")
    assert version.status.st_size == 11


def test_a_file_that_never_stands_still_is_refused(tmp_path, folder):
    (tmp_path / "x").write_bytes(b"abc")
    with pytest.raises(SourceChanged):
        Reader(MeddlingClock(tmp_path / "x", 99)).version(folder, b"x")


def test_a_file_written_this_very_moment_is_waited_for(tmp_path, folder):
    (tmp_path / "x").write_bytes(b"abc")
    clock = HandClock((tmp_path / "x").stat().st_ctime_ns / 1e9)
    assert Reader(clock).version(folder, b"x") is not None
    assert len(clock.slept) == 1


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: Path(path).symlink_to("y")])
def test_only_regular_files_are_opened_and_a_fifo_does_not_block(tmp_path, folder, make):
    (tmp_path / "y").touch()
    make(tmp_path / "x")
    assert open_file(folder, b"x") is None
    assert Reader(HandClock(FAR)).version(folder, b"x") is None
    assert content_at(folder, b"x", ItemKind.FILE) is None


def test_a_link_is_read_as_what_it_says(tmp_path, folder):
    (tmp_path / "l").symlink_to("/etc/passwd")
    assert content_at(folder, b"l", ItemKind.SYMLINK) == digest_of(b"/etc/passwd")
    (tmp_path / "x").touch()
    assert content_at(folder, b"x", ItemKind.SYMLINK) is None
