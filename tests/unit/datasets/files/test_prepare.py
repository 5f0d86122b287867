import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import NoSpace, NotAllowed, PeerLied, SourceChanged
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from pbxsync_worker.core.model.reading import Proven
from pbxsync_worker.datasets.files import Owners
from pbxsync_worker.datasets.files.prepare import checked
from tests.fakes.disk import BreakingDisk
from tests.unit.datasets.support import ALL, files_data


def new(name: bytes = b"ASTETCDIR/x", content: bytes = b"abc", kind=ItemKind.FILE, **kept) -> Item:
    return Item(name, kind, len(content), digest_of(content), Attributes(**kept))


def prepared(root: Path, item: Item, content=b"abc", **more):
    data = files_data(root, **more)
    return data, data.prepare("r", [Change(None, item)], lambda _: [content])


@pytest.mark.parametrize(
    "name",
    [
        b"ASTETCDIR/../x",
        b"/etc/passwd",
        b"ASTETCDIR//etc/passwd",
        b"NOWHERE/x",
        b"ASTETCDIR/a\0",
        b"ASTETCDIR/.pbxsync-x",
    ],
)
def test_it_refuses_names_that_leave_the_place_before_any_write(tmp_path, name):
    disk = BreakingDisk()
    with pytest.raises(PeerLied):
        prepared(tmp_path, new(name), disk=disk)
    assert disk.count == 0


@pytest.mark.parametrize(
    "item",
    [
        replace(new(), size=-1),
        replace(new(), content=b"short"),
        new(mode=0o100644),
        new(mtime_ns=2**80),
        new(kind=ItemKind.SYMLINK, content=b""),
        new(kind=ItemKind.SYMLINK, content=b"l" * 5000),
        replace(new(), kind=ItemKind.DIRECTORY),
    ],
)
def test_it_refuses_an_item_that_cannot_be(tmp_path, item):
    with pytest.raises(PeerLied):
        prepared(tmp_path, item)


def test_it_refuses_a_protected_item(tmp_path):
    with pytest.raises(NotAllowed):
        prepared(tmp_path, new(), protected=("**/x",))


@pytest.mark.parametrize("content", [b"", b"ab", b"abd", b"abcd"])
def test_it_refuses_another_content_and_leaves_nothing(tmp_path, content):
    with pytest.raises(PeerLied):
        prepared(tmp_path, new(), content)
    assert list((tmp_path / "etc").iterdir()) == []


def test_a_content_without_end_is_cut_at_the_announced_size(tmp_path):
    asked = []

    def endless() -> Iterator[bytes]:
        while True:
            asked.append(1)
            yield b"a" * 1000

    with pytest.raises(PeerLied):
        files_data(tmp_path).prepare("r", [Change(None, replace(new(), size=5000))], lambda _: endless())
    assert len(asked) == 6


def test_a_link_with_an_impossible_target_is_refused(tmp_path):
    with pytest.raises(PeerLied):
        prepared(tmp_path, new(content=b"a\0b", kind=ItemKind.SYMLINK), b"a\0b")


def test_a_source_that_fails_leaves_nothing(tmp_path):
    def fail(_):
        raise SourceChanged(name="x")

    with pytest.raises(SourceChanged):
        files_data(tmp_path).prepare("r", [Change(None, new())], fail)
    assert list((tmp_path / "etc").iterdir()) == []


def test_no_space_is_found_before_the_first_write(tmp_path):
    disk = BreakingDisk()
    with pytest.raises(NoSpace):
        prepared(tmp_path, replace(new(), size=2**60), disk=disk)
    assert disk.count == 0


def test_the_staged_object_has_all_attributes_and_is_known_by_its_inode(tmp_path):
    _, (step,) = prepared(tmp_path, new(mode=0o640, mtime_ns=123456789, owner="daemon", xattrs=((b"user.a", b"1"),)))
    staged = tmp_path / "etc" / os.fsdecode(step.staged)
    status = staged.stat()
    assert step.identity == (status.st_dev, status.st_ino)
    assert (status.st_mode & 0o7777, status.st_mtime_ns) == (0o640, 123456789)
    assert os.getxattr(staged, "user.a") == b"1"


def test_setuid_bits_are_never_set(tmp_path):
    _, (step,) = prepared(tmp_path, new(mode=0o6755))
    assert (tmp_path / "etc" / os.fsdecode(step.staged)).stat().st_mode & 0o7777 == 0o755


def test_what_is_not_kept_stays_as_it_is_on_this_host(tmp_path):
    path = tmp_path / "etc" / "x"
    path.parent.mkdir()
    path.write_bytes(b"old")
    path.chmod(0o604)
    os.setxattr(path, "user.here", b"1")
    data = files_data(tmp_path)
    before = data.inventory(ALL).items[b"ASTETCDIR/x"]
    (step,) = data.prepare("r", [Change(before, new())], lambda _: [b"abc"])
    data.act(step)
    assert path.read_bytes() == b"abc"
    assert path.stat().st_mode & 0o7777 == 0o604
    assert os.getxattr(path, "user.here") == b"1"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody")
def test_a_new_item_without_kept_owner_belongs_to_whom_its_folder_belongs(tmp_path):
    (tmp_path / "etc").mkdir()
    os.chown(tmp_path / "etc", 1, 1)
    data, (step,) = prepared(tmp_path, new())
    data.act(step)
    assert (tmp_path / "etc" / "x").stat().st_uid == 1


def test_an_unprivileged_host_keeps_no_foreign_owner_and_finds_no_difference_again(tmp_path):
    data = files_data(tmp_path, owners=Owners(privileged=False))
    wanted = data.settable(new(owner="daemon", group="daemon", mode=0o600, mtime_ns=7), None)
    (step,) = data.prepare("r", [Change(None, wanted)], lambda _: [b"abc"])
    data.act(step)
    here = data.inventory(ALL).items[b"ASTETCDIR/x"]
    theirs = new(owner="daemon", group="daemon", mode=0o600, mtime_ns=7, xattrs=())
    assert data.settable(theirs, here) == here


def test_a_sparse_file_stays_sparse(tmp_path):
    content = bytes(8 * 2**20) + b"end"
    _, (step,) = prepared(tmp_path, new(content=content), content)
    status = (tmp_path / "etc" / os.fsdecode(step.staged)).stat()
    assert status.st_size == len(content)
    assert status.st_blocks * 512 < 2**20


def test_one_sync_makes_all_of_it_durable(tmp_path):
    disk = BreakingDisk()
    items = [new(b"ASTETCDIR/%d" % n) for n in range(20)]
    files_data(tmp_path, disk=disk).prepare("r", [Change(None, item) for item in items], lambda _: [b"abc"])
    assert disk.labels.count("syncfs") == 1
    assert disk.labels[-1] == "syncfs"
    assert "fsync" not in disk.labels


class Unread:
    """Pieces that are not what their item says, given by somebody who says that he looked."""

    def __iter__(self):
        yield b"other"


def test_what_was_digested_on_the_way_is_not_digested_again():
    item = Item(b"ASTETCDIR/x", ItemKind.FILE, 5, digest_of(b"right"))
    assert list(checked(Proven(item, Unread()), item)) == [b"other"]


def test_what_was_proven_to_be_another_item_is_digested():
    item = Item(b"ASTETCDIR/x", ItemKind.FILE, 5, digest_of(b"right"))
    with pytest.raises(PeerLied):
        list(checked(Proven(replace(item, content=digest_of(b"other!")), Unread()), item))


def test_more_than_announced_is_refused_whoever_looked():
    item = Item(b"ASTETCDIR/x", ItemKind.FILE, 4, digest_of(b"othe"))
    with pytest.raises(PeerLied):
        list(checked(Proven(item, Unread()), item))
