import os
import subprocess

import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import Unsupported
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from tests.unit.datasets.support import files_data

STAGE = ".pbxsync-stage"


def prepare(data, name: bytes = b"ASTETCDIR/x"):
    return data.prepare("r", [Change(None, Item(name, ItemKind.FILE, 1, digest_of(b"a")))], lambda _: [b"a"])


def test_the_stage_belongs_to_us_alone(tmp_path):
    prepare(files_data(tmp_path))
    assert (tmp_path / "etc" / STAGE).stat().st_mode & 0o7777 == 0o700


def test_it_refuses_a_stage_that_somebody_opened_to_others(tmp_path):
    (tmp_path / "etc" / STAGE).mkdir(parents=True)
    (tmp_path / "etc" / STAGE).chmod(0o777)
    with pytest.raises(Unsupported):
        prepare(files_data(tmp_path))


def test_a_stage_that_is_a_link_is_never_followed(tmp_path):
    (tmp_path / "decoy" / "r").mkdir(parents=True)
    (tmp_path / "decoy" / "r" / "0").touch()
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / STAGE).symlink_to(tmp_path / "decoy")
    data = files_data(tmp_path)
    data.discard("r")
    with pytest.raises(Unsupported):
        prepare(data)
    assert (tmp_path / "decoy" / "r" / "0").exists()


@pytest.fixture
def mounted(tmp_path):
    inner = tmp_path / "etc" / "in ner"
    inner.mkdir(parents=True)
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "none", inner], check=False).returncode:
        pytest.skip("this process may not mount")
    yield inner
    subprocess.run(["umount", inner], check=True)


def test_a_mount_below_a_place_has_its_own_stage(tmp_path, mounted):
    data = files_data(tmp_path)
    (mounted / "deep").mkdir()
    (step,) = prepare(data, b"ASTETCDIR/in ner/deep/x")
    assert step.staged == b"in ner/.pbxsync-stage/r/0"
    data.act(step)
    assert (mounted / "deep" / "x").read_bytes() == b"a"
    data.undo(step)
    data.discard("r")
    assert [path.name for path in mounted.iterdir()] == ["deep"]
