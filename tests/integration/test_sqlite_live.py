"""SQLite under other processes: a writer that never rests loses nothing and is not disturbed; kill -9 tears nothing."""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.dataset import DeletePolicy
from pbxsync_worker.core.model.errors import DatabaseBusy, TargetChanged
from pbxsync_worker.core.model.step import Undone
from pbxsync_worker.core.wire import pack
from tests.contract.test_host_data import DictContents
from tests.unit.datasets.sqlite.hosts import ROWS, Host

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

SCHEMA = """
CREATE TABLE users (extension INTEGER PRIMARY KEY, name TEXT, text TEXT);
CREATE TABLE records (id INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER, text TEXT);
"""
RUNS = 25
KILLS = 20
MODES = pytest.mark.parametrize("wal", [False, True], ids=["DELETE", "WAL"])


@contextmanager
def process(*words: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.integration.sqlite_processes", *words]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


@contextmanager
def writer(host: Host) -> Iterator[list[int]]:
    """Give the numbers that a writer was told are safe, complete when it has ended."""
    safe: list[int] = []
    with process("write", str(host.path)) as running:
        assert running.stdout is not None
        running.stdout.readline()
        yield safe
        assert running.poll() is None, running.stderr.read() if running.stderr else ""
        running.kill()
        safe += range(1, max(map(int, running.stdout.read().split())) + 1)


def fill(host: Host, number: int, people: int = 200) -> None:
    with host.open() as link:
        link.execute("BEGIN")
        rows = [(one, f"name {one} of {number}", "x" * 100) for one in range(number, number + people)]
        link.execute("DELETE FROM users")
        link.executemany("INSERT INTO users VALUES (?, ?, ?)", rows)
        link.execute("COMMIT")


def numbers(host: Host) -> list[int]:
    return [int(str(number)) for (number,) in host.sql("SELECT number FROM records ORDER BY id")]


@MODES
def test_a_live_writer_loses_nothing_in_many_runs_by_rows(tmp_path: Path, wal: bool):
    spec = replace(ROWS, exclude=("records",))
    source, target = (Host(tmp_path / name, SCHEMA, spec=spec, wal=wal, clock=SystemClock()) for name in "ab")
    with writer(target) as safe:
        for run in range(RUNS):
            fill(source, run)
            step = target.take_from(source, f"r{run}")
            if run % 3 == 0:
                assert target.data.undo(step) is Undone.RESTORED
                target.data.discard(f"r{run}")
            else:
                target.data.settle(f"r{run}", [step], DictContents())
                assert target.sql("SELECT * FROM users") == source.sql("SELECT * FROM users")
    print(f"{len(safe)} rows were written during {RUNS} runs")
    assert numbers(target) == safe + [safe[-1] + 1] * (len(numbers(target)) - len(safe))
    assert len(safe) > RUNS


@MODES
def test_rows_of_a_table_that_others_write_into_stay(tmp_path: Path, wal: bool):
    source, target = (Host(tmp_path / name, SCHEMA, wal=wal, clock=SystemClock()) for name in "ab")
    fill(source, 1)
    with writer(target) as safe:
        for run in range(5):
            fill(source, run + 2)
            step = target.take_from(source, f"r{run}", DeletePolicy.NEVER)
            target.data.settle(f"r{run}", [step], DictContents())
    assert set(safe) <= set(numbers(target))


@MODES
def test_a_source_that_is_written_all_the_time_gives_one_moment_of_it(tmp_path: Path, wal: bool):
    source, target = (Host(tmp_path / name, SCHEMA, spec=replace(ROWS, whole=True), wal=wal, clock=SystemClock())
                      for name in "ab")  # fmt: skip
    with writer(source) as safe:
        for run in range(5):
            step = target.take_from(source, f"r{run}")
            target.data.settle(f"r{run}", [step], DictContents())
            found = numbers(target)
            assert found == list(range(1, len(found) + 1))
    assert set(safe) <= set(numbers(source))


@MODES
def test_a_live_writer_loses_nothing_where_all_pages_are_replaced(tmp_path: Path, wal: bool):
    source, target = (Host(tmp_path / name, SCHEMA, spec=replace(ROWS, whole=True), wal=wal, clock=SystemClock())
                      for name in "ab")  # fmt: skip
    ends: Counter[str] = Counter()
    with writer(target) as safe:
        for run in range(RUNS):
            fill(source, run)
            before = numbers(target)
            try:
                target.take_from(source, f"r{run}")
            except (TargetChanged, DatabaseBusy) as error:
                ends[error.code] += 1
                assert set(before) <= set(numbers(target))
                target.data.discard(f"r{run}")
            else:
                ends["done"] += 1
                break
    print(dict(ends))
    if not ends["done"]:
        assert set(safe) <= set(numbers(target))


@pytest.mark.parametrize("whole", [False, True], ids=["rows", "whole"])
@MODES
def test_after_kill_9_it_is_wholly_old_or_wholly_new(tmp_path: Path, wal: bool, whole: bool):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    choice, ends = random.Random(seed), Counter[str]()
    for at in range(KILLS):
        root = tmp_path / str(at)
        source, target = (Host(root / name, SCHEMA, spec=replace(ROWS, whole=whole), wal=wal, clock=SystemClock())
                          for name in "ab")  # fmt: skip
        fill(source, 500, people=1000)
        fill(target, 1, people=1000)
        old, new = target.dump(), source.dump()
        step = target.prepare_from(source)
        (target.root / "step").write_bytes(pack(step))
        with process("act", str(target.root), "whole" if whole else "rows") as running:
            assert running.stdout is not None
            assert running.stdout.readline() == "begun\n"
            time.sleep(choice.uniform(0, 0.06 if whole else 0.4))
        found = target.dump()
        assert found in (old, new)
        assert target.sql("PRAGMA integrity_check") == [("ok",)]
        ends["new" if found == new else "old"] += 1
        recovered = Host(target.root, spec=target.spec, clock=SystemClock())
        if at % 2:
            assert recovered.data.undo(step) is (Undone.RESTORED if found == new else Undone.NOT_DONE)
            recovered.data.discard("r")
            assert recovered.dump() == old
        else:
            recovered.data.act(step)
            recovered.data.settle("r", [step], DictContents())
            assert recovered.dump() == new
        assert recovered.staged() == []
        recovered.sql("DELETE FROM users")  # a journal that was never synced goes with the next write
        assert [path.name for path in recovered.path.parent.iterdir()] == ["data.db"]
    print(dict(ends))
