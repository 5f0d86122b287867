from contextlib import suppress
from dataclasses import replace

import pytest

from pbxsync_worker.core import wire
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import Bug
from pbxsync_worker.datasets.groups import Group
from pbxsync_worker.datasets.mysql.staging import Staged, StagedTable, Staging
from tests.fakes.disk import BreakingDisk, Cut, PowerCut
from tests.unit.datasets.mysql.columns import spec

STAGED = Staged(
    "r", "asterisk", (StagedTable(spec("extension"), ((),), (), b"d", (Group(b"1", (b"a",), (b"b", b"c")),)),)
)


def test_what_is_staged_comes_back(tmp_path):
    staging = Staging(tmp_path, Disk())
    assert staging.get(staging.put(STAGED, 3)) == STAGED


def test_the_step_tells_both_halves_apart(tmp_path):
    change = Staging(tmp_path, Disk()).put(STAGED, 0).change
    assert change.name == b"SQL/asterisk"
    assert change.before is not None
    assert change.after is not None
    assert (change.before.size, change.after.size) == (1, 2)


def test_it_refuses_a_file_of_another_plan(tmp_path):
    staging = Staging(tmp_path, Disk())
    step = staging.put(STAGED, 0)
    (tmp_path / "r-sql-asterisk").write_bytes(wire.pack(replace(STAGED, tables=())))
    with pytest.raises(Bug, match="not those of the plan"):
        staging.get(step)


def test_it_refuses_a_damaged_file(tmp_path):
    staging = Staging(tmp_path, Disk())
    step = staging.put(STAGED, 0)
    (tmp_path / "r-sql-asterisk").write_bytes(b"torn")
    with pytest.raises(Bug, match="cannot be read"):
        staging.get(step)


def test_nothing_is_staged_after_it_was_removed(tmp_path):
    staging = Staging(tmp_path, Disk())
    step = staging.put(STAGED, 0)
    staging.remove("r")
    staging.remove("r")
    assert staging.get(step) is None


def test_another_run_keeps_its_files(tmp_path):
    staging = Staging(tmp_path, Disk())
    step = staging.put(replace(STAGED, run="other"), 0)
    staging.remove("r")
    assert staging.get(step) is not None


@pytest.mark.parametrize("at", range(1, 6))
@pytest.mark.parametrize("cut", Cut)
def test_a_cut_leaves_the_whole_file_or_none(tmp_path, at, cut):
    with suppress(PowerCut):
        Staging(tmp_path, BreakingDisk(at, cut)).put(STAGED, 0)
    file = tmp_path / "r-sql-asterisk"
    assert not file.exists() or file.read_bytes() == wire.pack(STAGED)
