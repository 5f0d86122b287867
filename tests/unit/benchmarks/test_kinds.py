"""What each kind of change does to a small tree."""

import pytest

from benchmarks.same import differences
from benchmarks.work import astdb
from benchmarks.work.config import EDITED, config_files
from benchmarks.work.kinds import CHANGED, PHONE, change
from benchmarks.work.media import BEGAN
from benchmarks.work.tree import put
from scripts.lab.people import people

BOXES = range(1200, 1260)


@pytest.fixture
def trees(tmp_path):
    """Two equal small trees."""
    texts = config_files(people(40, 1, PHONE - 10), 1, largest=1)
    for name in ("one", "other"):
        root = tmp_path / name
        put(root, ((f"etc-asterisk/{file}", text.encode(), BEGAN) for file, text in texts.items()))
        for box in BOXES:
            put(root, (_message(box, number, ending) for number in range(3) for ending in ("wav", "txt")))
        put(root, [(f"sounds/custom-ivr/ivr-{number}.wav", b"%d" % number, BEGAN) for number in range(3)])
        astdb.write(root / "astdb.sqlite3", [("/AMPUSER/1234/cidname", "Ana")])
    return tmp_path / "one", tmp_path / "other"


def _message(box, number, ending):
    return f"voicemail/default/{box}/INBOX/msg{number:04d}.{ending}", f"{box} {number} {ending}".encode(), BEGAN


def _changed(trees):
    one, other = trees
    return differences(one, other, ("astdb",))


def test_nothing_changed_changes_nothing(trees):
    change("K0", trees[1], 1)
    assert _changed(trees) == []


def test_one_extension_edited_changes_six_files(trees):
    change("K1", trees[1], 1)
    assert _changed(trees) == sorted(f"etc-asterisk/{name}" for name in EDITED)


def test_an_extension_can_be_edited_again(trees):
    for seed in (1, 2):
        change("K1", trees[1], seed)
    assert len(_changed(trees)) == len(EDITED)


def test_the_same_seed_makes_the_same_edit(trees):
    for root in trees:
        change("K1", root, 7)
    assert _changed(trees) == []


def test_another_seed_makes_an_edit_that_nobody_has_seen(trees):
    for seed, root in enumerate(trees):
        change("K1", root, seed)
    assert len(_changed(trees)) == len(EDITED)


def test_apply_config_gives_120_files_a_new_time_and_no_new_content(trees):
    change("K1R", trees[1], 1)
    etc = trees[1] / "etc-asterisk"
    touched = [path.name for path in etc.iterdir() if path.stat().st_mtime == CHANGED]
    assert len(touched) == 120 + len(EDITED)
    assert len(_changed(trees)) == len(EDITED)


def test_on_a_typical_day_as_many_messages_come_as_go(trees):
    before = len(list(trees[1].rglob("msg*.wav")))
    change("K2", trees[1], 1)
    assert len(list(trees[1].rglob("msg*.wav"))) == before


def test_after_a_typical_day_no_mailbox_has_a_gap(trees):
    change("K2", trees[1], 1)
    for box in trees[1].glob("voicemail/default/*/INBOX"):
        names = sorted(path.name for path in box.glob("*.txt"))
        assert names == [f"msg{number:04d}.txt" for number in range(len(names))]


def test_an_insertion_leaves_the_rest_as_it_was(tmp_path):
    (tmp_path / "recordings.bin").write_bytes(b"old")
    change("K3", tmp_path, 1)
    found = (tmp_path / "recordings.bin").read_bytes()
    assert len(found) == 2**16 + 3
    assert found.endswith(b"old")


def test_a_moved_folder_keeps_its_files(trees):
    change("K5", trees[1], 1)
    (moved,) = (trees[1] / "sounds").iterdir()
    assert moved.name != "custom-ivr"
    assert len(list(moved.iterdir())) == 3


def test_three_keys_of_an_extension_change(trees):
    change("A1", trees[1], 1)
    old, new = (astdb.read(root / "astdb.sqlite3") for root in trees)
    assert len(new.items() - old.items()) == 3


def test_it_refuses_a_tree_in_which_there_is_nothing_to_edit(tmp_path):
    put(tmp_path, ((f"etc-asterisk/{name}", b"; empty\n", BEGAN) for name in EDITED))
    with pytest.raises(ValueError, match="holds nothing like"):
        change("K1", tmp_path, 1)
