import pytest

from benchmarks.same import differences


@pytest.fixture
def roots(tmp_path):
    found = tmp_path / "one", tmp_path / "other"
    for root in found:
        (root / "deep").mkdir(parents=True)
        (root / "deep/file").write_bytes(b"content")
    return found


def test_equal_trees_have_no_differences(roots):
    assert differences(*roots) == []


def test_a_missing_file_is_a_difference(roots):
    (roots[1] / "deep/file").unlink()
    assert differences(*roots) == ["deep/file"]


def test_a_file_too_many_is_a_difference(roots):
    (roots[1] / "more").touch()
    assert differences(*roots) == ["more"]


def test_other_bytes_of_the_same_size_are_a_difference(roots):
    (roots[1] / "deep/file").write_bytes(b"CONTENT")
    assert differences(*roots) == ["deep/file"]


def test_what_is_left_out_is_not_looked_at(roots):
    (roots[1] / "astdb.sqlite3").touch()
    assert differences(roots[0], roots[1], ("astdb",)) == []
