import pytest

from pbxsync_worker.core.model.errors import PeerLied
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from pbxsync_worker.datasets.astdb.keys import check_item, has_name, item_of, key_of, same


def test_a_key_is_the_name_without_its_head():
    assert key_of(b"ASTDB/CF/2001") == b"CF/2001"
    assert item_of(b"CF/2001", b"5").name == b"ASTDB/CF/2001"


@pytest.mark.parametrize(
    "name",
    [
        *(b"ASTETCDIR/x", b"ASTDB", b"ASTDB/", b"ASTDB/CF", b"ASTDB/CF/", b"ASTDB//CF/1", b"ASTDB/CF//1"),
        *(b"ASTDB/CF/../1", b"ASTDB/CF/.", b"ASTDB/CF/1\0", b"ASTDB/CF/" + b"1" * 256, b"ASTDB" + b"/x" * 65),
        b"ASTDB/CF/.pbxsync-x",
    ],
)
def test_a_name_that_no_honest_host_sends_is_refused(name):
    with pytest.raises(PeerLied):
        key_of(name)


def test_a_key_below_a_key_has_a_name():
    assert has_name(b"AMPUSER/2001/recording/in/external")


@pytest.mark.parametrize(
    "item",
    [
        Item(b"ASTDB/CF/1", ItemKind.FILE, 0, b""),
        Item(b"ASTDB/CF/1", ItemKind.SYMLINK, 0, b""),
        Item(b"ASTDB/CF/1", ItemKind.KEY, 0, b"", Attributes(mode=0o644)),
    ],
)
def test_an_item_that_is_no_key_is_refused(item):
    with pytest.raises(PeerLied):
        check_item(item)


def test_absent_is_not_empty():
    assert same(None, b"CF/1", None)
    assert not same(None, b"CF/1", b"")
    assert not same(item_of(b"CF/1", b""), b"CF/1", None)
    assert same(item_of(b"CF/1", b""), b"CF/1", b"")
