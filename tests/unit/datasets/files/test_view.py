import pytest

from tests.unit.datasets.support import ALL, compare, files_data


@pytest.fixture
def etc(tmp_path):
    etc = tmp_path / "etc"
    (etc / "d").mkdir(parents=True)
    (etc / "x.conf").write_bytes(b"old")
    (etc / "d" / "y.conf").write_bytes(b"y")
    return etc


def test_it_shows_the_folder_as_it_is(tmp_path, etc):
    view = files_data(tmp_path).config_view()
    assert sorted(view.names()) == ["d/y.conf", "x.conf"]
    assert view.read("x.conf") == b"old"
    assert view.read("./d//y.conf") == b"y"
    assert view.read("none.conf") is None
    assert view.read("d") is None


@pytest.mark.parametrize("target", ["d/y.conf", "./d/../d/y.conf", "{etc}/d/y.conf"])
def test_links_are_followed_inside(tmp_path, etc, target):
    (etc / "l.conf").symlink_to(target.format(etc=etc))
    view = files_data(tmp_path).config_view()
    assert view.read("l.conf") == b"y"
    assert "l.conf" in view.names()


@pytest.mark.parametrize("target", ["../secret", "/etc/passwd", "d/../../secret", "l.conf", "d"])
def test_links_out_and_in_circles_lead_nowhere(tmp_path, etc, target):
    (tmp_path / "secret").write_bytes(b"s")
    (etc / "l.conf").symlink_to(target)
    view = files_data(tmp_path).config_view()
    assert view.read("l.conf") is None
    assert "l.conf" not in view.names()


@pytest.mark.parametrize("path", ["../secret", "d/../../secret", "/etc/passwd"])
def test_a_path_out_of_the_folder_is_not_read(tmp_path, etc, path):
    (tmp_path / "secret").write_bytes(b"s")
    assert files_data(tmp_path).config_view().read(path) is None


def test_it_shows_the_folder_as_it_would_be(tmp_path, etc):
    here, source = files_data(tmp_path), files_data(tmp_path / "there")
    theirs = tmp_path / "there" / "etc"
    (theirs / "new").mkdir()
    (theirs / "new" / "n.conf").write_bytes(b"n")
    (theirs / "d").write_bytes(b"now a file")
    (theirs / "x.conf").symlink_to("new/n.conf")
    changes = compare(here.inventory(ALL), source.inventory(ALL))
    steps = here.prepare("r", changes, lambda change: source.open(change.after) if change.after else [])
    view, now = here.config_view(steps), here.config_view()
    assert {name: view.read(name) for name in view.names()} == {
        "new/n.conf": b"n",
        "d": b"now a file",
        "x.conf": b"n",
    }
    assert sorted(now.names()) == ["d/y.conf", "x.conf"]
    assert view.read("d/y.conf") is None
