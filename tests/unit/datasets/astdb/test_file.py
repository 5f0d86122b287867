"""The file of an Asterisk that is down; what it holds is told by the contract (tests/contract)."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import AsteriskSilent, Unsupported
from pbxsync_worker.datasets.astdb import AstdbFile
from tests.contract.test_host_data_astdb import make_file
from tests.fakes.clock import HandClock
from tests.fakes.disk import BreakingDisk, Cut, PowerCut


@pytest.fixture
def path(tmp_path: Path) -> Path:
    make_file(tmp_path / "astdb.sqlite3")
    return tmp_path / "astdb.sqlite3"


def keys(path: Path, *downs: bool, disk: Disk | None = None, clock: HandClock | None = None) -> AstdbFile:
    """downs: whether Asterisk is down at each time that this is asked; the last one stays."""
    said = iter(downs)
    last = [True]

    def down() -> bool:
        last[0] = next(said, last[0])
        return last[0]

    return AstdbFile(path, disk or Disk(), clock or HandClock(), down)


def test_it_is_not_touched_while_asterisk_runs(path):
    for use in (
        lambda f: f.tree(b"CF"),
        lambda f: f.get(b"CF/1"),
        lambda f: f.put(b"CF/1", b""),
        lambda f: f.remove(b"CF/1"),
    ):
        with pytest.raises(AsteriskSilent):
            use(keys(path, False))


def test_its_families_are_named_once(path):
    file = keys(path)
    file.put(b"CF/1", b"a")
    file.put(b"CF/2", b"a")
    assert b"CF" in file.families()


def test_what_no_commit_changed_is_not_read_again(path):
    file = keys(path)
    first = file.trees((b"CF",))
    assert file.trees((b"CF",))[b"CF"] is first[b"CF"]
    file.put(b"CF/new", b"1")
    assert file.trees((b"CF",))[b"CF"] == {**first[b"CF"], b"CF/new": b"1"}


def test_an_asterisk_started_within_a_write_keeps_its_database(path):
    with pytest.raises(AsteriskSilent):
        keys(path, True, False).put(b"CF/1", b"1")
    assert keys(path).get(b"CF/1") is None


def test_a_file_that_is_not_there_is_not_an_empty_one_and_not_made(tmp_path):
    for use in (lambda f: f.tree(b"CF"), lambda f: f.put(b"CF/1", b"1")):
        with pytest.raises(Unsupported):
            use(keys(tmp_path / "none.sqlite3"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_refused(path):
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(Unsupported):
        keys(path).tree(b"CF")


def test_it_writes_into_the_same_file(path):
    before = path.stat().st_ino
    keys(path).put(b"CF/1", b"1")
    assert path.stat().st_ino == before
    with sqlite3.connect(path) as link:
        assert link.execute("SELECT key, value, typeof(value) FROM astdb").fetchall() == [("/CF/1", "1", "text")]
    link.close()


@pytest.fixture
def holder(path: Path) -> Iterator[int]:
    """Another process that has the file open, without any lock."""
    program = "import sys; f = open(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    argv = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        yield child.pid


def test_a_process_that_has_it_open_is_named(path, holder):
    with pytest.raises(AsteriskSilent, match=f"process {holder} "):
        keys(path).put(b"CF/1", b"1")


def test_a_lock_of_somebody_else_is_respected(path):
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(AsteriskSilent):
        keys(path).put(b"CF/1", b"1")
    other.close()


def test_a_cut_write_is_wholly_there_or_not(path):
    for cut in Cut:
        with pytest.raises(PowerCut):
            keys(path, disk=BreakingDisk(1, cut)).put(b"CF/" + cut.encode(), b"1")
    assert keys(path).tree(b"CF") == {b"CF/after": b"1"}


def test_what_is_half_done_by_a_killed_process_is_taken_back(path):
    keys(path).put(b"CF/1", b"old")
    program = (
        "import os, sqlite3, sys\n"
        "link = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "link.execute('PRAGMA cache_size = 1')\n"
        "link.execute('BEGIN')\n"
        "link.execute('UPDATE astdb SET value = ?', ('new',))\n"
        "link.executemany('INSERT INTO astdb VALUES (?, ?)', ((f'/X/{n}', 'x' * 900) for n in range(2000)))\n"
        "os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert Path(f"{path}-journal").stat().st_size
    assert keys(path).get(b"CF/1") == b"old"
    assert keys(path).tree(b"X") == {}


def test_without_a_journal_everything_is_settled(path):
    clock = HandClock()
    keys(path, clock=clock).settled()
    assert sum(clock.slept) < 0.1


def test_a_journal_that_stays_is_not_settled(path):
    Path(f"{path}-journal").write_bytes(b"")
    with pytest.raises(AsteriskSilent):
        keys(path).settled()


class CommittingClock(HandClock):
    """While one waits, Asterisk commits and begins anew."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if len(self.slept) == 3:
            with self._path.open("r+b") as file:
                file.seek(24)
                file.write(b"\0\0\x01\0")


def test_a_commit_settles_although_the_next_transaction_has_begun(path):
    Path(f"{path}-journal").write_bytes(b"")
    clock = CommittingClock(path)
    keys(path, clock=clock).settled()
    assert len(clock.slept) == 4


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
def test_where_we_may_not_look_it_waits(path):
    clock = HandClock()
    path.parent.chmod(0)
    try:
        keys(path, clock=clock).settled()
    finally:
        path.parent.chmod(0o700)
    assert clock.slept == [2.0]
