"""BoxData: what it reads, offers and refuses before anything is written."""

import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import BoxSet, Dataset, FileSet, Place
from pbxsync_worker.core.model.errors import NotAllowed, PeerLied, SourceChanged
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from tests.fakes.clock import HandClock
from tests.unit.datasets.support import FAR
from tests.unit.datasets.voicemail.hosts import DATA, OLD, Host, box, prepared


def test_an_inventory_has_a_box_with_the_digest_of_its_value(host):
    found = host.data.inventory(DATA).items
    assert sorted(found) == [b"VOICEMAIL/default/2001", b"VOICEMAIL/default/2002", b"VOICEMAIL/default/2003"]
    expected = Item(b"VOICEMAIL/default/2002", ItemKind.BOX, 8, digest_of(b"2222,Bob"))
    assert found[b"VOICEMAIL/default/2002"] == expected
    assert b"".join(host.data.open(expected)) == b"2222,Bob"


def test_who_wrote_a_line_makes_no_difference(host, tmp_path):
    other = Host(tmp_path / "other")
    other.conf.write_text(OLD.replace("2001=1111", "2001  =>  1111").replace(" ; by hand", "   "))
    assert other.data.inventory(DATA).root == host.data.inventory(DATA).root


def test_only_chosen_boxes_are_in_an_inventory(host):
    chosen = Dataset("d", "D", boxes=(BoxSet("default", "200[12]"), BoxSet("sales")))
    assert sorted(host.data.inventory(chosen).items) == [b"VOICEMAIL/default/2001", b"VOICEMAIL/default/2002"]
    assert host.data.inventory(Dataset("d", "D")).items == {}


def test_a_box_that_no_name_can_have_stays_here(host):
    host.change("2001=", "20/01=")
    assert len(host.data.inventory(DATA).items) == 2


def test_without_the_file_there_are_no_boxes(tmp_path):
    assert Host(tmp_path).data.inventory(DATA).items == {}


def test_a_file_that_travels_whole_has_no_boxes(host):
    whole = Dataset("d", "D", (FileSet(Place.ETC, "", ("voicemail.conf",)),), boxes=(BoxSet(),))
    assert host.data.inventory(whole).items == {}
    assert host.data.why_not(whole, box("default/2001")) == "voicemail.conf travels as a whole file"


def test_a_protected_file_has_no_boxes(tmp_path):
    host = Host(tmp_path, protected=("ASTETCDIR/voicemail.conf",))
    host.conf.write_text(OLD)
    assert host.data.inventory(DATA).items == {}
    assert host.data.why_not(DATA, box("default/2001")) == "protected on this host"
    with pytest.raises(NotAllowed):
        prepared(host)


def test_a_protected_box_stays(tmp_path):
    host = Host(tmp_path, protected=("VOICEMAIL/default/2001",))
    host.conf.write_text(OLD)
    assert len(host.data.inventory(DATA).items) == 2
    assert host.data.why_not(DATA, box("default/2001")) == "protected on this host"
    with pytest.raises(NotAllowed):
        list(host.data.open(box("default/2001")))


def test_a_file_that_asterisk_is_writing_is_read_again(tmp_path):
    class Writing(HandClock):
        """While somebody waits, Asterisk goes on writing."""

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if pieces:
                host.conf.write_text(pieces.pop(0))

    pieces = [OLD[:90], OLD]
    host = Host(tmp_path, clock=Writing(FAR))
    host.conf.write_text("")
    assert len(host.data.inventory(DATA).items) == 3


def test_a_file_that_never_stands_still_is_refused(tmp_path):
    class Restless(HandClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            host.conf.write_text(f"[default]\n1={len(self.slept)}\n")

    host = Host(tmp_path, clock=Restless(FAR))
    host.conf.write_text(OLD)
    with pytest.raises(SourceChanged):
        host.data.inventory(DATA)


def test_open_refuses_another_version(host):
    with pytest.raises(SourceChanged):
        list(host.data.open(box("default/2001")))
    with pytest.raises(SourceChanged):
        list(host.data.open(box("sales/1")))


@pytest.mark.parametrize(
    "item",
    [
        Item(b"VOICEMAIL/default/1", ItemKind.FILE, 0, b""),
        Item(b"VOICEMAIL/default", ItemKind.BOX, 0, b""),
        Item(b"VOICEMAIL/default/1/2", ItemKind.BOX, 0, b""),
        Item(b"VOICEMAIL/general/format", ItemKind.BOX, 0, b""),
        Item(b"VOICEMAIL/default/1=2\n3", ItemKind.BOX, 0, b""),
        Item(b"VOICEMAIL/default/..", ItemKind.BOX, 0, b""),
        Item(b"VOICEMAIL/default/1", ItemKind.BOX, 8001, b""),
        Item(b"VOICEMAIL/default/1", ItemKind.BOX, 0, b"", Attributes(mode=0o644)),
        Item(b"ASTDB/default/1", ItemKind.BOX, 0, b""),
    ],
)
def test_an_item_that_is_no_box_is_no_honest_one(host, item):
    with pytest.raises(PeerLied):
        host.data.why_not(DATA, item)


@pytest.mark.parametrize("value", [b"1\n[general]\nmailcmd=evil", b"1\r", b"1\0", b" 1", b"> 1"])
def test_a_value_that_is_more_than_one_line_is_refused(host, value):
    item = Item(b"VOICEMAIL/default/9", ItemKind.BOX, len(value), digest_of(value))
    with pytest.raises(PeerLied):
        host.data.prepare("r", [Change(None, item)], lambda _: [value])
    assert (host.conf.read_text(), host.leftovers()) == (OLD, [])


@pytest.mark.parametrize("wrong", [b"", b"4444,Dorb", b"4444,Dora,longer"])
def test_a_content_that_was_not_announced_is_refused(host, wrong):
    with pytest.raises(PeerLied):
        host.data.prepare("r", [Change(None, box("default/2004"))], lambda _: [wrong])
    assert host.leftovers() == []
