from dataclasses import replace

import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset, FileSet, Place
from pbxsync_worker.core.model.errors import NoSpace, NotAllowed, PeerLied, SourceChanged
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from tests.fakes.disk import FailingDisk
from tests.unit.datasets.support import ALL, files_data


def item(name: bytes, content: bytes = b"abc", kind: ItemKind = ItemKind.FILE) -> Item:
    return Item(name, kind, len(content), b"" if kind is ItemKind.DIRECTORY else digest_of(content))


@pytest.fixture
def path(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "x").write_bytes(b"abc")
    return tmp_path / "etc" / "x"


def test_open_gives_files_links_and_nothing_for_folders(tmp_path, path):
    (tmp_path / "etc" / "l").symlink_to("/nowhere")
    data = files_data(tmp_path)
    assert b"".join(data.open(item(b"ASTETCDIR/x"))) == b"abc"
    assert b"".join(data.open(item(b"ASTETCDIR/l", b"/nowhere", ItemKind.SYMLINK))) == b"/nowhere"
    assert list(data.open(item(b"ASTETCDIR/d", b"", ItemKind.DIRECTORY))) == []


def test_open_gives_pieces_of_at_most_a_mebibyte(tmp_path, path):
    content = b"0123456789" * 300_000
    path.write_bytes(content)
    sizes = [len(piece) for piece in files_data(tmp_path).open(item(b"ASTETCDIR/x", content))]
    assert max(sizes) == 2**20
    assert sum(sizes) == len(content)


@pytest.mark.parametrize("name", [b"ASTETCDIR/none", b"ASTETCDIR/no/ne", b"ASTETCDIR/x/y", b"ASTETCDIR/link/x"])
def test_open_refuses_what_is_not_there_or_behind_a_link(tmp_path, path, name):
    (tmp_path / "etc" / "link").symlink_to(".")
    with pytest.raises(SourceChanged):
        list(files_data(tmp_path).open(item(name)))


def test_open_refuses_a_file_that_changes_between_two_pieces(tmp_path, path):
    content = b"a" * 2**21
    path.write_bytes(content)
    reading = files_data(tmp_path).open(item(b"ASTETCDIR/x", content))
    next(reading)
    with path.open("r+b") as file:
        file.seek(2**21 - 1)
        file.write(b"b")
    with pytest.raises(SourceChanged):
        list(reading)


def test_open_refuses_bad_names_and_protected_items(tmp_path, path):
    data = files_data(tmp_path, protected=("ASTETCDIR/x",))
    with pytest.raises(PeerLied):
        list(data.open(item(b"ASTETCDIR/../etc/passwd")))
    with pytest.raises(NotAllowed):
        list(data.open(item(b"ASTETCDIR/x")))


def test_base_is_an_open_file_of_exactly_this_version(tmp_path, path):
    base = files_data(tmp_path).base(item(b"ASTETCDIR/x"))
    assert base is not None
    with base:
        assert base.seek(1) == 1
        assert base.read() == b"bc"


@pytest.mark.parametrize("name", [b"ASTETCDIR/x", b"ASTETCDIR/none", b"ASTETCDIR/no/ne"])
def test_there_is_no_base_where_the_version_is_another(tmp_path, path, name):
    assert files_data(tmp_path).base(item(name, b"abd")) is None
    assert files_data(tmp_path).base(item(name, b"longer")) is None


def test_why_not_says_why_an_item_has_no_place_here(tmp_path):
    data = files_data(tmp_path, protected=("ASTETCDIR/secret",))
    some = Dataset("s", "S", (FileSet(Place.ETC, "a/b", include=("*.conf", "deep/**")),))
    assert data.why_not(ALL, item(b"ASTETCDIR/x")) == ""
    assert data.why_not(ALL, item(b"ASTETCDIR/secret")) == "protected on this host"
    assert data.why_not(ALL, item(b"ASTSPOOLDIR/x")) == "this host has no such place"
    assert data.why_not(some, item(b"ASTETCDIR/a/b/x.conf")) == ""
    assert data.why_not(some, item(b"ASTETCDIR/a/b/x.txt")) == "not in the dataset"
    assert data.why_not(some, item(b"ASTETCDIR/x.conf")) == "not in the dataset"
    for folder in (b"a", b"a/b", b"a/b/deep"):
        assert data.why_not(some, item(b"ASTETCDIR/" + folder, b"", ItemKind.DIRECTORY)) == ""
    assert data.why_not(some, item(b"ASTETCDIR/a/c", b"", ItemKind.DIRECTORY)) == "not in the dataset"


def test_why_not_refuses_what_no_honest_host_sends(tmp_path):
    with pytest.raises(PeerLied):
        files_data(tmp_path).why_not(ALL, item(b"ASTETCDIR/../x"))
    with pytest.raises(PeerLied):
        files_data(tmp_path).why_not(ALL, replace(item(b"ASTETCDIR/x"), size=-5))


def test_everything_of_an_inventory_may_come_to_another_host(tmp_path, path):
    (tmp_path / "etc" / "d").mkdir()
    data = files_data(tmp_path)
    assert {data.why_not(ALL, one) for one in data.inventory(ALL).items.values()} == {""}


@pytest.mark.parametrize("at", range(2, 6))
def test_a_disk_that_fills_up_while_staging_says_so_and_leaves_nothing(tmp_path, at):
    data = files_data(tmp_path, disk=FailingDisk(at, 28))
    with pytest.raises(NoSpace):
        data.prepare("r", [Change(None, item(b"ASTETCDIR/x"))], lambda _: [b"abc"])
    assert list((tmp_path / "etc").iterdir()) == []
