import os

import pytest

from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.core.model.errors import Unsupported
from pbxsync_worker.datasets.files.tree import Tree, best_opener, is_missing, open_by_kernel, open_by_walking

OPENERS = pytest.mark.parametrize("opener", [open_by_kernel, open_by_walking])


@pytest.fixture
def etc(tmp_path):
    (tmp_path / "etc" / "a" / "b").mkdir(parents=True)
    return tmp_path / "etc"


@OPENERS
def test_it_opens_a_folder_below(etc, opener):
    with Tree({Place.ETC: etc}, opener).folder(Place.ETC, (b"a", b"b")) as handle:
        assert os.fstat(handle).st_ino == (etc / "a" / "b").stat().st_ino


@OPENERS
@pytest.mark.parametrize("parts", [(b"link",), (b"link", b"b"), (b"a", b"up"), (b"file",), (b"none",)])
def test_it_refuses_links_files_and_ways_out(etc, opener, parts):
    (etc / "link").symlink_to("a")
    (etc / "a" / "up").symlink_to("..")
    (etc / "file").touch()
    with pytest.raises(OSError) as caught, Tree({Place.ETC: etc}, opener).folder(Place.ETC, parts):
        pass
    assert is_missing(caught.value)


def test_the_root_itself_may_be_a_link(etc, tmp_path):
    (tmp_path / "named").symlink_to(etc)
    with Tree({Place.ETC: tmp_path / "named"}).folder(Place.ETC, (b"a",)) as handle:
        assert os.fstat(handle).st_ino == (etc / "a").stat().st_ino


def test_it_refuses_a_place_that_this_host_lacks(etc):
    with pytest.raises(Unsupported):
        Tree({Place.ETC: etc}).open(Place.SPOOL)


def test_no_descriptor_stays_open(etc):
    tree = Tree({Place.ETC: etc}, open_by_walking)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - descriptors have no better list
    for parts in [(b"a", b"b"), (b"a", b"none"), (b"none", b"b")]:
        try:
            with tree.folder(Place.ETC, parts):
                pass
        except FileNotFoundError:
            continue
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208 - descriptors have no better list


def test_this_kernel_opens_in_one_call():
    assert best_opener() is open_by_kernel
