from pathlib import Path

from scripts.lab.folders import ShortFolder


def test_a_short_folder_is_used_as_it_is():
    wanted = Path("/tmp/pbxsync-short-test")
    folder = ShortFolder(wanted)
    folder.remove()
    assert folder.path == wanted
    assert wanted.is_dir()
    wanted.rmdir()


def test_a_long_folder_is_replaced_by_a_temporary_one_and_removed(tmp_path):
    folder = ShortFolder(tmp_path / ("x" * 90))
    assert len(str(folder.path)) < 60
    folder.remove()
    assert not folder.path.exists()
