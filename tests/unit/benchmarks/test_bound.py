import random

import pytest

from benchmarks.bound import lower_bound

NOISE = random.Random(1).randbytes(50_000)


@pytest.fixture
def trees(tmp_path):
    for name in ("base", "changed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(NOISE)
    return tmp_path / "base", tmp_path / "changed"


def test_what_is_equal_costs_nothing(trees):
    assert lower_bound(*trees) == 0


def test_a_move_costs_nothing(trees):
    (trees[1] / "file").rename(trees[1] / "elsewhere")
    assert lower_bound(*trees) == 0


def test_what_is_new_costs_what_it_is(trees):
    (trees[1] / "more").write_bytes(NOISE[::-1])
    assert 50_000 <= lower_bound(*trees) < 50_100


def test_an_edit_costs_little(trees):
    (trees[1] / "file").write_bytes(NOISE[:20_000] + b"edited" + NOISE[20_000:])
    assert lower_bound(*trees) < 200


def test_the_same_new_content_twice_costs_once(trees):
    for name in ("one", "two"):
        (trees[1] / name).write_bytes(NOISE[::-1])
    assert lower_bound(*trees) < 50_100


def test_what_is_left_out_costs_nothing(trees):
    (trees[1] / "astdb.sqlite3").write_bytes(NOISE[::-1])
    one, other = trees
    assert lower_bound(one, other, ("astdb",)) == 0
