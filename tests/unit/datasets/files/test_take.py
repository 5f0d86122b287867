"""A displaced file becomes the store's own only where nobody can write to it any more."""

import os

import pytest

from pbxsync_worker.core.contents import ContentStore
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.datasets.files.take import taken
from tests.contract.test_host_data import DictContents
from tests.fakes.disk import BreakingDisk

DATA = b"recording" * 1000
ITEM = Item(b"SPOOL/big.wav", ItemKind.FILE, len(DATA), digest_of(DATA))


@pytest.fixture
def spot(tmp_path):
    (tmp_path / "stage").mkdir()
    (tmp_path / "stage/0").write_bytes(DATA)
    handle = os.open(tmp_path / "stage", os.O_RDONLY)
    yield handle, b"0"
    os.close(handle)


@pytest.fixture
def contents(tmp_path):
    return ContentStore(tmp_path / "contents", Disk())


class Said:
    """What a file is said to be, the first time and when it is read."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def has_content(self, *_, anew=False):
        return self.answers[anew]


def take(spot, contents, said=Said(True, True)):  # noqa: B008 - it never changes
    return taken(Disk(), spot, ITEM, said, contents)


def test_a_file_that_nobody_writes_to_is_moved_into_the_store(tmp_path, spot, contents):
    assert take(spot, contents)
    assert b"".join(contents.open(ITEM.content)) == DATA
    assert not (tmp_path / "stage/0").exists()


def test_what_the_store_has_is_readable_by_nobody_else(tmp_path, spot, contents):
    (tmp_path / "stage/0").chmod(0o664)
    assert take(spot, contents)
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "contents").glob("??/*")] == [0o600]


def test_a_file_that_somebody_holds_open_for_writing_stays_where_it_is(tmp_path, spot, contents):
    with (tmp_path / "stage/0").open("ab"):
        assert not take(spot, contents)
    assert (tmp_path / "stage/0").read_bytes() == DATA
    assert not contents.has(ITEM.content)


def test_one_that_only_readers_hold_open_is_taken(tmp_path, spot, contents):
    with (tmp_path / "stage/0").open("rb"):
        assert take(spot, contents)


def test_a_file_with_a_second_name_stays(tmp_path, spot, contents):
    os.link(tmp_path / "stage/0", tmp_path / "elsewhere")
    assert not take(spot, contents)


def test_a_file_that_is_no_more_what_it_was_stays(spot, contents):
    assert not take(spot, contents, Said(False, True))
    assert not contents.has(ITEM.content)


def test_one_that_was_written_to_and_has_its_old_time_again_stays(spot, contents):
    assert not take(spot, contents, Said(True, False))
    assert not contents.has(ITEM.content)


def test_nobody_can_open_it_for_writing_while_it_is_read(tmp_path, spot, contents):
    class Writes(Said):
        def has_content(self, *_, anew=False):
            if anew:
                with pytest.raises(BlockingIOError):
                    os.open(tmp_path / "stage/0", os.O_WRONLY | os.O_NONBLOCK)
            return True

    assert take(spot, contents, Writes())


def test_what_stays_is_not_held_any_longer(tmp_path, spot, contents):
    assert not take(spot, contents, Said(True, False))
    os.close(os.open(tmp_path / "stage/0", os.O_WRONLY | os.O_NONBLOCK))


def test_a_store_that_cannot_take_gets_nothing(tmp_path, spot):
    assert not take(spot, DictContents())
    assert (tmp_path / "stage/0").exists()


def test_a_content_that_is_held_already_is_not_replaced(tmp_path, spot, contents):
    contents.put([DATA], ITEM.content)
    assert not take(spot, contents)


def test_a_store_on_another_file_system_gets_nothing_and_the_file_keeps_its_mode(tmp_path, spot):
    class Elsewhere(ContentStore):
        def reaches(self, _folder):
            return False

    (tmp_path / "stage/0").chmod(0o644)
    assert not take(spot, Elsewhere(tmp_path / "contents", Disk()))
    assert (tmp_path / "stage/0").stat().st_mode & 0o777 == 0o644


def test_many_that_were_taken_are_made_durable_with_one_sync(tmp_path):
    disk = BreakingDisk()
    contents = ContentStore(tmp_path / "contents", disk)
    contents.sync_taken(digest_of(b"%d" % number) for number in range(300))
    assert disk.labels == ["syncfs"]
