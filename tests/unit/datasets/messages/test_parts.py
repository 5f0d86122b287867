"""The small parts below MessageData: names, bundles, the lock, folders, staging."""

import os
from pathlib import Path

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import FolderLocked, PeerLied, SourceChanged, Unsupported
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.wire import pack
from pbxsync_worker.datasets.messages.acts import FolderActs
from pbxsync_worker.datasets.messages.bundle import Unbundled, head, in_order, is_whole
from pbxsync_worker.datasets.messages.folder import FileState, Reader, listed, read, whole
from pbxsync_worker.datasets.messages.folders import Folders
from pbxsync_worker.datasets.messages.lock import FolderLock
from pbxsync_worker.datasets.messages.names import identity_of, left_at, where
from pbxsync_worker.datasets.messages.staging import Stages, staged
from tests.fakes.clock import HandClock
from tests.unit.datasets.messages.hosts import Host

SIZES = {"txt": 3, "wav": 5}


@pytest.fixture
def folder(tmp_path: Path):
    handle = os.open(tmp_path, os.O_RDONLY)
    yield handle
    os.close(handle)


def item(content: bytes) -> Item:
    return Item(b"MESSAGES/a/b/c", ItemKind.MESSAGE, len(content), digest_of(content))


def test_an_identity_is_the_id_and_half_a_digest():
    assert identity_of(b"[message]\nmsg_id=12-0a\n", b"\1" * 32) == b"12-0a." + b"01" * 16
    assert identity_of(b"msg_id=not usable\n", b"\1" * 32) == b"-." + b"01" * 16
    assert left_at(b"origtime=77\n") == 77
    assert left_at(b"") is None


@pytest.mark.parametrize(
    "name", [b"MESSAGES", b"MESSAGES/a/b", b"MESSAGES/a/.b/1." + b"0" * 32, b"X/a/b/1." + b"0" * 32]
)
def test_it_refuses_a_name_of_no_message(name: bytes):
    with pytest.raises(PeerLied):
        where(name)


def test_the_text_comes_last():
    assert in_order({"wav", "txt", "zip", "WAV"}) == ["WAV", "wav", "zip", "txt"]


@pytest.mark.parametrize(
    "sizes", [{"txt": 3}, {"wav": 5}, {"txt": 0, "wav": 5}, {"txt": 3, "w/v": 5}, {"txt": 2**17, "wav": 5}]
)
def test_what_is_not_whole_does_not_travel(sizes: dict[str, int]):
    assert is_whole(SIZES)
    assert not is_whole(sizes)


def test_a_bundle_gives_its_files_whatever_its_pieces():
    content = head(SIZES) + b"sound" + b"txt"
    coming = Unbundled(item(content), [content[at : at + 1] for at in range(len(content))])
    assert [(kind, b"".join(coming.file(size))) for kind, size in coming.files] == [("wav", b"sound"), ("txt", b"txt")]
    coming.check()


@pytest.mark.parametrize(
    "files",
    [[("txt", 3), ("wav", 5)], [("wav", 5), ("wav", 5), ("txt", 3)], [("wav", -1), ("txt", 3)], [("txt", 3)], "x"],
)
def test_it_refuses_a_bundle_with_another_head(files: object):
    packed = pack(files)
    content = len(packed).to_bytes(2, "big") + packed + b"soundtxt"
    with pytest.raises(PeerLied):
        Unbundled(item(content), [content])


def test_it_refuses_a_bundle_that_goes_on():
    content = head(SIZES) + b"soundtxt"
    coming = Unbundled(item(content), [content, b"more"])
    for _, size in coming.files:
        b"".join(coming.file(size))
    with pytest.raises(PeerLied):
        coming.check()


def test_a_lock_is_taken_given_back_and_waited_for(tmp_path: Path, folder: int):
    clock = HandClock()
    lock = FolderLock(Disk(), clock)
    stages = Stages(tmp_path, Disk())
    with stages.made("r") as stage:
        with lock.held(folder, stage, "x"):
            assert (tmp_path / ".lock").stat().st_nlink == 2
        assert not (tmp_path / ".lock").exists()
        (tmp_path / ".lock").touch()
        with pytest.raises(FolderLocked), lock.held(folder, stage, "x"):
            pass
        lock.release(folder, stage)
        assert (tmp_path / ".lock").exists()


def test_only_plain_files_are_listed(tmp_path: Path, folder: int):
    (tmp_path / "msg0000.txt").symlink_to("/etc/passwd")
    (tmp_path / "msg0001.wav").mkdir()
    for name in ("msg0002.txt", "msg002.txt", "amsg0002.wav", "msg00020.wav"):
        (tmp_path / name).write_bytes(b"x")
    assert {at: list(files) for at, files in listed(folder).items()} == {2: ["txt"]}
    assert whole(listed(folder)) == []


def test_it_refuses_to_read_what_was_replaced(tmp_path: Path, folder: int):
    (tmp_path / "a").write_bytes(b"one")
    with pytest.raises(SourceChanged):
        b"".join(read(folder, b"a", FileState(1, 3, 0)))
    with pytest.raises(SourceChanged):
        b"".join(read(folder, b"gone", FileState(1, 3, 0)))


def test_what_was_read_once_is_not_read_again(tmp_path: Path):
    host = Host(tmp_path)
    text = host.asterisk.leave(1)
    handle = os.open(text.parent, os.O_RDONLY)
    files, reader = listed(handle)[0], Reader()
    known = reader.known(handle, 0, files, host.clock.now())
    text.unlink()
    assert reader.known(handle, 0, files, host.clock.now()) == known
    os.close(handle)


def test_folders_are_made_like_their_parent_and_unmade_only_empty(tmp_path: Path, folder: int):
    folders, parts = Folders(tmp_path, Disk()), (b"voicemail", b"default", b"1", b"INBOX")
    (tmp_path / "voicemail").mkdir()
    (tmp_path / "voicemail").chmod(0o775)
    missing, _ = folders.missing(parts, os.fstat(folder).st_dev)
    with folders.made(parts):
        assert missing == 3
    assert (tmp_path / "voicemail/default/1/INBOX").stat().st_mode & 0o777 == 0o775
    (tmp_path / "voicemail/default/kept").touch()
    folders.unmake(parts, missing)
    assert [one.name for one in (tmp_path / "voicemail/default").iterdir()] == ["kept"]


def test_a_mailbox_on_another_file_system_is_refused(tmp_path: Path, folder: int):
    with pytest.raises(Unsupported):
        Folders(tmp_path, Disk()).missing((b"voicemail",), os.fstat(folder).st_dev + 1)


def test_a_folder_that_is_full_takes_no_more(tmp_path: Path, folder: int):
    (tmp_path / "msg9999.txt").touch()
    with Stages(tmp_path, Disk()).made("r") as stage, pytest.raises(Unsupported):
        FolderActs(Disk()).put(folder, stage, {"txt": (b"lock", 1)})


def test_what_is_staged_is_told_by_step(tmp_path: Path):
    with Stages(tmp_path, Disk()).made("r") as stage:
        for name in ("1.new.txt", "1.old.0042.txt", "1.old.0042.wav", "2.new.txt"):
            (tmp_path / ".pbxsync-messages/r" / name).touch()
        held = staged(stage, 1)
    assert (set(held.new), set(held.old), held.number) == ({"txt"}, {"txt", "wav"}, 42)
