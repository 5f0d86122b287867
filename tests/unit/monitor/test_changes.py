"""What changed since a moment, by times alone; contents are never read."""

import os

import pytest

from pbxsync_worker.monitor.changes import Evidence, Unhurried, Watched, files_since, together
from tests.fakes.clock import HandClock


def everything(_path, _folder):
    return True


@pytest.fixture
def tree(tmp_path):
    """A tree as it was left; `since` is a moment after it."""
    root = tmp_path / "etc"
    (root / "deep").mkdir(parents=True)
    for name in ("a.conf", "b.conf", "deep/c.conf"):
        (root / name).write_text(name)
    return root


@pytest.fixture
def since(tree):
    last = max(path.stat().st_ctime for path in (tree, *tree.rglob("*")))
    # Times of files are coarse: what comes next must be later than this.
    marker = tree.parent / "marker"
    while True:
        marker.write_text("x")
        if marker.stat().st_ctime > last:
            return last


def test_where_nothing_changed_there_is_nothing(tree, since):
    assert files_since(tree, since, everything) == Evidence(0, 0.0)


def test_a_file_that_was_written_counts(tree, since):
    (tree / "deep/c.conf").write_text("other")
    found = files_since(tree, since, everything)
    assert found.items == 1
    assert found.oldest > since


def test_a_file_whose_time_was_set_back_counts_all_the_same(tree, since):
    (tree / "a.conf").write_text("other")
    os.utime(tree / "a.conf", (1, 1))
    assert files_since(tree, since, everything).items == 1


def test_a_file_that_came_or_went_shows_in_its_folder(tree, since):
    (tree / "deep/c.conf").unlink()
    assert files_since(tree, since, everything).items == 1


def test_what_is_not_selected_does_not_count(tree, since):
    (tree / "a.conf").write_text("other")
    assert files_since(tree, since, lambda path, folder: folder or path != "a.conf") == Evidence(0, 0.0)


def test_a_folder_in_which_nothing_is_selected_is_not_entered(tree, since):
    (tree / "deep/c.conf").write_text("other")
    assert files_since(tree, since, lambda path, folder: path != "deep").items == 0


def test_a_place_that_is_too_large_is_not_judged(tree, since):
    assert files_since(tree, since, everything, most=3).items is None


def test_a_link_is_not_followed(tree, since):
    assert not (tree / "deep").is_symlink()
    (tree / "loop").symlink_to(tree.parent)
    assert files_since(tree, since, everything).items == 2  # the link and its folder


def test_jobs_are_judged_together_and_what_is_unknown_in_one_is_unknown():
    one, two = Watched(5.0, lambda _: Evidence(2, 9.0)), Watched(5.0, lambda _: Evidence(1, 7.0))
    assert together([one, two]) == Evidence(3, 7.0)
    assert together([one, Watched(5.0, lambda _: Evidence(None))]).items is None


def test_what_was_never_kept_in_step_is_not_known():
    assert together([]).items is None
    assert together([Watched(0.0, lambda _: Evidence(2, 9.0))]).items is None


def test_a_look_that_costs_much_is_rare():
    clock, looks = HandClock(), []

    def look():
        looks.append(clock.monotonic())
        clock.move(2.0)
        return Evidence(len(looks))

    unhurried = Unhurried(look, clock)
    for _ in range(20):
        unhurried()
        clock.move(10.0)
    assert len(looks) == 2
