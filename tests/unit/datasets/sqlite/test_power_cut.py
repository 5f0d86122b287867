"""The power goes before, within and after every durable act of a run: the database is wholly old or wholly new."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pbxsync_worker.core.model.step import Step, Undone
from tests.contract.test_host_data import DictContents
from tests.fakes.disk import BreakingDisk, Cut, PowerCut
from tests.unit.datasets.sqlite.hosts import ROWS, Host

SCHEMA = "CREATE TABLE t (k INTEGER PRIMARY KEY, v)"


def hosts(root: Path, disk: BreakingDisk | None = None, *, whole: bool) -> tuple[Host, Host]:
    spec = replace(ROWS, whole=whole)
    return Host(root / "a", spec=spec), Host(root / "b", spec=spec, disk=disk)


def run(source: Host, target: Host, done: list[Step]) -> None:
    step = target.prepare_from(source)
    done.append(step)
    target.data.act(step)
    target.data.settle("r", [step], None)
    done.append(step)  # here the run is committed
    target.data.settle("r", [step], DictContents())


@pytest.fixture
def begin(tmp_path: Path) -> Path:
    for name, value in (("a", "new"), ("b", "old")):
        host = Host(tmp_path / "begin" / name, SCHEMA)
        for key in range(3 if name == "a" else 2):
            host.sql("INSERT INTO t VALUES (?, ?)", key, value)
    return tmp_path / "begin"


@pytest.mark.parametrize("whole", [False, True], ids=["rows", "whole"])
@pytest.mark.parametrize("cut", Cut)
def test_every_point_of_a_run(begin: Path, tmp_path: Path, cut: Cut, whole: bool):
    counting = BreakingDisk()
    shutil.copytree(begin, tmp_path / "whole")
    run(*hosts(tmp_path / "whole", counting, whole=whole), [])
    old, new = (host.dump() for host in reversed(hosts(begin, whole=whole)))
    assert counting.count > 5
    for at in range(1, counting.count + 1):
        root = shutil.copytree(begin, tmp_path / f"{cut}-{at}")
        done: list[Step] = []
        source, target = hosts(root, BreakingDisk(at, cut), whole=whole)
        with pytest.raises(PowerCut):
            run(source, target, done)
        _, again = hosts(root, whole=whole)
        assert again.dump() in (old, new)
        if len(done) == 2:
            again.data.settle("r", [done[0]], DictContents())
            assert again.dump() == new
        else:
            undone = again.data.undo(done[0]) if done else Undone.NOT_DONE
            assert undone in (Undone.RESTORED, Undone.NOT_DONE)
            again.data.settle("r", done[:1], None)
            again.data.discard("r")
            assert again.dump() == old
        assert again.staged() == []
        assert again.sql("SELECT name FROM sqlite_master") == [("t",)]
        shutil.rmtree(root)
    print(counting.count)
