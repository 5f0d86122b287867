"""The names of all files below some places."""

from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.datasets.files import list_files


def test_it_names_every_file_and_link_and_follows_none(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "top.conf").touch()
    (tmp_path / "a" / "b" / "x").touch()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert list(list_files({Place.ETC: tmp_path})) == [b"ASTETCDIR/link", b"ASTETCDIR/top.conf", b"ASTETCDIR/a/b/x"]


def test_what_is_ours_is_not_listed(tmp_path):
    (tmp_path / ".pbxsync-stage").mkdir()
    (tmp_path / ".pbxsync-stage" / "x").touch()
    (tmp_path / ".pbxsync-x").touch()
    assert list(list_files({Place.ETC: tmp_path, Place.DATA: tmp_path / "absent"})) == []
