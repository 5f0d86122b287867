import os

import pytest

from pbxsync_worker.core.durable import Disk, open_folder
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.datasets.files.settle import carry, remove_tree
from pbxsync_worker.datasets.files.space import KEPT_WHOLE
from tests.contract.test_host_data import DictContents
from tests.fakes.disk import BreakingDisk, PowerCut
from tests.unit.datasets.support import ALL, compare, files_data, tree_of


@pytest.fixture
def acted(tmp_path):
    source = files_data(tmp_path / "there")
    for root, files in ((tmp_path, {"x": b"1", "gone": b"g"}), (tmp_path / "there", {"x": b"2"})):
        (root / "etc").mkdir(exist_ok=True)
        for name, content in files.items():
            (root / "etc" / name).write_bytes(content)
    (tmp_path / "etc" / "l").symlink_to("old")
    (tmp_path / "there" / "etc" / "l").symlink_to("new")

    def act(here):
        changes = compare(here.inventory(ALL), source.inventory(ALL))
        steps = here.prepare("r", changes, lambda change: source.open(change.after) if change.after else [])
        for step in steps:
            here.act(step)
        return steps

    return act


def test_displaced_and_written_contents_and_link_targets_are_handed_over(tmp_path, acted):
    here, contents = files_data(tmp_path), DictContents()
    here.settle("r", acted(here), contents)
    assert set(contents.held.values()) == {b"1", b"2", b"g", b"old", b"new"}
    assert sorted(path.name for path in (tmp_path / "etc").iterdir()) == ["l", "x"]


class CountedContents(DictContents):
    """Counts how many contents came alone, and how many at once."""

    def __init__(self):
        super().__init__()
        self.alone: list[int] = []
        self.together: list[int] = []

    def put(self, content, digest):
        super().put(content, digest)
        self.alone.append(len(self.held[digest]))

    def put_many(self, pairs):
        pairs = list(pairs)
        self.held.update(pairs)
        self.together.append(len(pairs))


def test_small_contents_are_handed_over_together(tmp_path, acted):
    here, contents = files_data(tmp_path), CountedContents()
    here.settle("r", acted(here), contents)
    assert (contents.together, contents.alone) == ([5], [])


def test_a_large_content_that_was_displaced_is_handed_over_alone(tmp_path, acted):
    for side, letter in (("etc", b"o"), ("there/etc", b"n")):
        (tmp_path / side).mkdir(parents=True, exist_ok=True)
        (tmp_path / side / "large").write_bytes(letter * (KEPT_WHOLE + 1))
    here, contents = files_data(tmp_path), CountedContents()
    here.settle("r", acted(here), contents)
    assert contents.alone == [KEPT_WHOLE + 1]


def test_sound_that_was_written_is_not_held_twice_but_what_it_displaced_is(tmp_path, acted):
    for side, letter in (("etc", b"o"), ("there/etc", b"n")):
        (tmp_path / side).mkdir(parents=True, exist_ok=True)
        (tmp_path / side / "message.wav").write_bytes(b"RIFF\0" + letter * 10_000)
        (tmp_path / side / "large.conf").write_bytes(letter * 10_000)
    here, contents = files_data(tmp_path), DictContents()
    here.settle("r", acted(here), contents)
    held = {content[:1] + content[-1:] for content in contents.held.values() if len(content) > 5000}
    assert held == {b"oo", b"nn", b"Ro"}


def test_what_is_small_and_twice_is_handed_over_once(tmp_path, acted):
    (tmp_path / "there/etc").mkdir(parents=True, exist_ok=True)
    (tmp_path / "there/etc/again").write_bytes(b"2")
    here, contents = files_data(tmp_path), CountedContents()
    here.settle("r", acted(here), contents)
    assert contents.together == [5]


def test_a_power_cut_at_any_act_of_settling_is_repaired_by_settling_again(tmp_path, acted):
    steps = acted(files_data(tmp_path))
    contents = DictContents()
    at = 1
    while True:
        try:
            files_data(tmp_path, disk=BreakingDisk(at)).settle("r", steps, contents)
            break
        except PowerCut:
            at += 1
    assert at > 3
    assert set(contents.held.values()) == {b"1", b"2", b"g", b"old", b"new"}
    assert sorted(path.name for path in (tmp_path / "etc").iterdir()) == ["l", "x"]


def test_an_original_that_was_written_after_it_was_replaced_is_kept(tmp_path, acted):
    here, contents = files_data(tmp_path), DictContents()
    with (tmp_path / "etc" / "x").open("ab") as late:
        steps = acted(here)
        late.write(b" and more")
        late.flush()
        here.settle("r", steps, contents)
    assert [path.read_bytes() for path in (tmp_path / "home" / "kept" / "r").iterdir()] == [b"1 and more"]
    assert digest_of(b"1") not in contents.held


def test_without_contents_it_only_syncs(tmp_path, acted):
    steps = acted(files_data(tmp_path))
    disk = BreakingDisk()
    files_data(tmp_path, disk=disk).settle("r", steps, None)
    assert disk.labels == ["syncfs"]


def test_changed_attributes_are_made_durable_too(tmp_path):
    disk = BreakingDisk()
    here = files_data(tmp_path, disk=disk)
    (tmp_path / "etc" / "x").touch()
    before = here.inventory(ALL).items[b"ASTETCDIR/x"]
    steps = here.prepare("r", [Change(before, before.with_attributes(before.attributes))], lambda _: [])
    disk.labels.clear()
    here.settle("r", steps, DictContents())
    assert disk.labels == ["syncfs"]


def test_discard_never_follows_a_link(tmp_path):
    here = files_data(tmp_path)
    (tmp_path / "decoy").mkdir()
    (tmp_path / "decoy" / "file").touch()
    stage = tmp_path / "etc" / ".pbxsync-stage"
    (stage / "r").mkdir(parents=True, mode=0o700)
    stage.chmod(0o700)
    (stage / "r" / "0").symlink_to(tmp_path / "decoy")
    here.discard("r")
    assert not stage.exists()
    assert (tmp_path / "decoy" / "file").exists()


def test_discard_leaves_the_stages_of_other_runs(tmp_path):
    here = files_data(tmp_path)
    stage = tmp_path / "etc" / ".pbxsync-stage"
    for run in ("r", "other"):
        (stage / run).mkdir(parents=True, mode=0o700)
    stage.chmod(0o700)
    here.discard("r")
    assert [path.name for path in stage.iterdir()] == ["other"]


def test_a_folder_is_carried_with_all_that_is_in_it(tmp_path):
    (tmp_path / "from" / "d" / "e").mkdir(parents=True)
    (tmp_path / "from" / "d" / "e" / "f").write_bytes(b"1")
    (tmp_path / "from" / "d" / "l").symlink_to("e")
    source, target = open_folder(tmp_path / "from"), open_folder(tmp_path / "to")
    for _ in range(2):
        carry(Disk(), source, b"d", target)
    assert (tmp_path / "to" / "d" / "e" / "f").read_bytes() == b"1"
    assert (tmp_path / "to" / "d" / "l").readlink().name == "e"
    remove_tree(Disk(), source, b"d")
    assert tree_of(tmp_path / "from") == {}
    os.close(source)
    os.close(target)
