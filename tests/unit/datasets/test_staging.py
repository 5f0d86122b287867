from pathlib import Path

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.datasets.staging import Staging, remove_all, write_stream
from tests.fakes.disk import BreakingDisk, Cut, PowerCut

VALUES = {b"ASTDB/CF/1": (None, b""), b"ASTDB/CF/2": (b"\xff", None)}


def staging(folder: Path, disk: Disk | None = None) -> Staging:
    return Staging(folder / "staging", disk or Disk(), "astdb")


def test_another_process_reads_what_was_written(tmp_path):
    name = staging(tmp_path).write("run-1", VALUES)
    assert name == b"run-1-astdb"
    assert staging(tmp_path).read(name) == VALUES
    assert staging(tmp_path).of_run("run-1") == VALUES


def test_what_was_removed_is_empty(tmp_path):
    one = staging(tmp_path)
    name = one.write("run-1", VALUES)
    one.remove("run-1")
    one.remove("run-1")
    assert one.read(name) == {}
    assert list((tmp_path / "staging").iterdir()) == []


def test_removing_where_nothing_ever_was_makes_nothing(tmp_path):
    staging(tmp_path).remove("run-1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("run", ["", "../x", ".x"])
def test_a_run_that_is_no_file_name_is_refused(tmp_path, run):
    with pytest.raises(Invalid):
        staging(tmp_path).write(run, VALUES)


def test_cut_at_any_act_it_is_whole_or_absent_and_cleared(tmp_path):
    whole = BreakingDisk()
    staging(tmp_path / "whole", whole).write("run-1", VALUES)
    for at in range(1, whole.count + 1):
        for cut in Cut:
            folder = tmp_path / f"{at}{cut}"
            with pytest.raises(PowerCut):
                staging(folder, BreakingDisk(at, cut)).write("run-1", VALUES)
            after = staging(folder)
            assert after.of_run("run-1") in ({}, VALUES)
            after.remove("run-1")
            assert list((folder / "staging").iterdir()) == []


def test_only_what_matches_is_removed_and_removing_again_does_nothing(tmp_path):
    disk = BreakingDisk()
    for name in (b"r1-a", b"r1-b", b"r2-a"):
        write_stream(disk, tmp_path, name, [b"x", b"y"])
    remove_all(disk, tmp_path, "r1-*")
    acts = disk.count
    remove_all(disk, tmp_path, "r1-*")
    remove_all(disk, tmp_path / "missing", "*")
    assert disk.count == acts
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("r2-a", b"xy")]
