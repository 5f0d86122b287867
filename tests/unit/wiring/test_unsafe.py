"""What no other host has yet: mailboxes and keys by their contents, messages and SQLite databases by their times."""

import os
from dataclasses import replace

import pytest

from pbxsync_worker.core.model.dataset import BoxSet, Dataset, FamilySet, MessageSet, Place, SqliteSet
from pbxsync_worker.core.model.host import Host
from pbxsync_worker.core.model.report import Version
from pbxsync_worker.core.settings import Settings
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.wiring import Installation
from pbxsync_worker.wiring.unsafe import Unsafe, since
from tests.unit.core.values import A, B, catalogue

CONF = "[general]\nformat = wav\n[default]\n100 => {pin},Ann\n101 => 1111,Bob\n"
BOXES = Dataset("etc", "Mailboxes", boxes=(BoxSet(),))


@pytest.fixture
def here(tmp_path):
    for name in ("etc", "spool/voicemail/default/100/INBOX", "lib"):
        (tmp_path / name).mkdir(parents=True)
    settings = Settings(
        home=tmp_path / "home", freepbx_conf=tmp_path / "none", asterisk_conf=tmp_path / "asterisk.conf", ami_port=1,
        places={Place.ETC: tmp_path / "etc", Place.SPOOL: tmp_path / "spool", Place.VARLIB: tmp_path / "lib"},
    )  # fmt: skip
    made = Installation(settings)
    made.store.hosts.set_me(Host(A, "one", ""))
    pin(made, "1234")
    yield made
    made.store.database.close()


def pin(here, new: str) -> None:
    (here.settings.places[Place.ETC] / "voicemail.conf").write_text(CONF.format(pin=new))


def given(here, dataset: Dataset, age: float = 3600.0, *, remembered: bool = True) -> None:
    """Let another host have read a dataset of this one some seconds ago."""
    made = replace(catalogue(), datasets=(dataset,))
    here.store.catalogues.save(Signed(document_of(made), A, b"signature"))
    inventory = here.data.inventory(dataset) if remembered else None
    if inventory is not None:
        here.store.inventories.remember_given(inventory)
    root = "ff" if inventory is None else inventory.root.hex()
    here.store.versions.keep(B, [Version("farm", "files", A, "r1", root, age, age)])


def test_mailboxes_as_they_were_given_are_safe_however_often_their_file_is_written(here):
    given(here, BOXES)
    pin(here, "1234")
    assert Unsafe(here).look().items == 0


def test_a_mailbox_with_another_pin_would_be_lost(here):
    given(here, BOXES)
    unsafe = Unsafe(here)
    assert unsafe.look().items == 0
    pin(here, "9876")
    found = unsafe.look()
    assert found.items == 1
    assert here.clock.now() - found.oldest < 60  # since it was last seen as it was given, not since the last run


def test_a_change_before_the_first_look_is_as_old_as_it_can_be(here):
    given(here, BOXES)
    pin(here, "9876")
    assert here.clock.now() - Unsafe(here).look().oldest >= 3600


def test_it_goes_on_being_lost_until_it_is_read_again(here):
    given(here, BOXES)
    unsafe = Unsafe(here)
    pin(here, "9876")
    assert [unsafe.look().items for _ in range(3)] == [1, 1, 1]
    given(here, BOXES, age=-1.0)
    assert unsafe.look().items == 0


def test_what_was_given_and_is_not_remembered_cannot_be_compared(here):
    given(here, BOXES, remembered=False)
    assert Unsafe(here).look().items is None


def test_keys_of_an_asterisk_that_is_away_are_not_known(here):
    given(here, Dataset("etc", "Keys", families=(FamilySet("CF"),)), remembered=False)
    assert Unsafe(here).look().items is None


def test_a_message_that_came_would_be_lost(here):
    inbox = here.settings.places[Place.SPOOL] / "voicemail/default/100/INBOX"
    messages = Dataset("etc", "Messages", messages=(MessageSet(),))
    later = inbox.stat().st_mtime + 1000  # no write of this test comes so late
    assert since(here, messages, later).items == 0
    (inbox / "msg0000.txt").write_text("[message]\n")
    os.utime(inbox, (later + 5, later + 5))
    found = since(here, messages, later)
    assert (found.items, found.oldest) == (1, later + 5)


def test_a_database_that_was_written_would_be_lost_also_where_it_stands_in_its_log(here):
    lib = here.settings.places[Place.VARLIB]
    for name in ("some.sqlite", "some.sqlite-wal"):
        (lib / name).write_bytes(b"")
        os.utime(lib / name, (100.0, 100.0))
    some = Dataset("etc", "Some", databases=(SqliteSet(Place.VARLIB, "some.sqlite"),))
    assert since(here, some, 100.0).items == 0
    os.utime(lib / "some.sqlite-wal", (200.0, 200.0))
    assert since(here, some, 100.0) == since(here, some, 150.0)
    assert since(here, some, 100.0).items == 1
