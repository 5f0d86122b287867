"""MessageData: what it reads, offers and refuses before anything is written."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset, FileSet, MessageSet, Place
from pbxsync_worker.core.model.errors import NotAllowed, PeerLied, SourceChanged, TargetChanged, Unsupported
from pbxsync_worker.core.model.item import Attributes, ItemKind
from pbxsync_worker.datasets.messages import MessageData
from pbxsync_worker.datasets.messages.names import folder_of
from tests.unit.datasets.messages.hosts import BOX, DATA, Host


def test_a_message_is_one_item_with_its_folder(host: Host):
    host.asterisk.leave(1, "Old")
    assert host.one().name.startswith(b"MESSAGES/default/2001/1600000001-00000001.")
    assert (host.one().kind, folder_of(host.one())) == (ItemKind.MESSAGE, b"Old")


def test_its_number_makes_no_difference(host: Host, source: Host):
    source.asterisk.leave(1)
    source.asterisk.leave(2)
    host.asterisk.leave(2)
    assert host.items.items() <= source.items.items()


def test_messages_of_one_id_and_another_sound_are_two(host: Host, source: Host):
    host.asterisk.leave(1, msg_id="1-00000000")
    source.asterisk.leave(2, msg_id="1-00000000", origtime="1600000001")
    assert host.one().name != source.one().name


def test_a_message_without_an_id_is_known_by_its_sound(host: Host):
    host.asterisk.leave(1, msg_id="")
    assert b"/2001/-." in host.one().name


def test_a_message_without_its_text_is_none_yet(host: Host):
    host.asterisk.leave(1).unlink()
    assert host.items == {}


def test_a_message_without_any_sound_is_none(host: Host):
    text = host.asterisk.leave(1)
    text.with_suffix(".wav").unlink()
    text.with_suffix(".WAV").unlink()
    assert host.items == {}


def test_what_is_being_recorded_and_what_freepbx_links_are_none(host: Host):
    host.asterisk.leave(1, "tmp")
    host.asterisk.leave(1, box="device/2001")
    (host.spool / "voicemail/default/2002").symlink_to("../device/2001")
    assert host.items == {}


def test_a_new_message_is_here_and_not_yet_offered(host: Host):
    host.asterisk.leave(1, age=0)
    host.clock.move(host.asterisk.root.stat().st_mtime - host.clock.now())
    assert len(host.items) == 1
    assert host.data.offered(DATA).items == {}
    host.clock.move(20)
    assert len(host.data.offered(DATA).items) == 1


def test_a_message_whose_text_is_written_anew_is_still_offered(host: Host):
    text = host.asterisk.leave(1)
    text.write_bytes(text.read_bytes() + b"flag=Urgent\n")
    host.clock.move(text.stat().st_mtime - host.clock.now())
    assert len(host.data.offered(DATA).items) == 1


def test_two_copies_of_a_message_are_one_item(host: Host):
    host.asterisk.leave(1)
    host.asterisk.leave(1, "Old")
    assert folder_of(host.one()) == b"INBOX"


def test_the_dataset_chooses_mailboxes(host: Host):
    host.asterisk.leave(1)
    host.asterisk.leave(2, box="sales/7")
    chosen = Dataset("d", "D", messages=(MessageSet("sales"),))
    assert [name.split(b"/")[1] for name in host.data.inventory(chosen).items] == [b"sales"]
    assert host.data.why_not(chosen, host.data.inventory(DATA).items[min(host.items)]) == "not in the dataset"


def test_what_travels_as_files_is_no_message(host: Host):
    host.asterisk.leave(1)
    both = replace(DATA, file_sets=(FileSet(Place.SPOOL, "voicemail"),))
    assert host.data.inventory(both).items == {}
    assert host.data.why_not(both, host.one()) == "its files travel as files"


def test_a_protected_message_is_not_seen_given_or_taken(tmp_path, source: Host):
    source.asterisk.leave(1)
    host = Host(tmp_path / "p", protected=("ASTSPOOLDIR/voicemail/default/2001/**",))
    host.asterisk.leave(1)
    assert host.items == {}
    assert host.data.why_not(DATA, source.one()) == "protected on this host"
    with pytest.raises(NotAllowed):
        b"".join(host.data.open(source.one()))
    with pytest.raises(NotAllowed):
        host.prepare(source, Change(None, source.one()))


def test_open_refuses_another_version(host: Host):
    text = host.asterisk.leave(1)
    item = host.one()
    text.write_bytes(text.read_bytes() + b"flag=Urgent\n")
    with pytest.raises(SourceChanged):
        b"".join(host.data.open(item))


def test_a_host_without_a_spool_has_none_and_takes_none(source: Host):
    source.asterisk.leave(1)
    data = MessageData(None, lambda _: False, source.data._disk, source.clock)
    assert data.inventory(DATA).items == {}
    with pytest.raises(Unsupported):
        data.prepare("r", [Change(None, source.one())], lambda _: source.data.open(source.one()))


@pytest.mark.parametrize(
    "lie",
    [
        {"kind": ItemKind.FILE},
        {"name": b"MESSAGES/default/2001/x"},
        {"name": b"MESSAGES/default/../1-1." + b"0" * 32},
        {"size": 0},
        {"size": 2**31},
        {"attributes": Attributes()},
        {"attributes": Attributes(xattrs=((b"user.folder", b"tmp"),))},
        {"attributes": Attributes(xattrs=((b"user.folder", b"../../x"),))},
        {"attributes": Attributes(mode=0o644, xattrs=((b"user.folder", b"Old"),))},
    ],
)
def test_it_refuses_what_no_honest_host_sends(host: Host, lie):
    host.asterisk.leave(1)
    with pytest.raises(PeerLied):
        host.data.why_not(DATA, replace(host.one(), **lie))


def test_it_refuses_a_message_that_is_another_than_its_name_says(host: Host, source: Host):
    source.asterisk.leave(1)
    other = source.one().name[:-1] + (b"0" if source.one().name[-1:] != b"0" else b"1")
    lying = replace(source.one(), name=other)
    with pytest.raises(PeerLied):
        host.data.prepare("r", [Change(None, lying)], lambda _: source.data.open(source.one()))
    assert (host.items, host.leftovers()) == ({}, [])


def test_it_refuses_a_mailbox_that_is_a_link(host: Host, source: Host):
    source.asterisk.leave(1)
    (host.spool / "elsewhere").mkdir()
    (host.spool / "voicemail/default").mkdir(parents=True)
    (host.spool / "voicemail" / BOX).symlink_to("../../elsewhere")
    with pytest.raises(Unsupported):
        host.prepare(source, Change(None, source.one()))


def test_prepare_refuses_a_message_that_the_plan_did_not_see(host: Host, source: Host):
    source.asterisk.leave(1)
    host.asterisk.leave(1)
    with pytest.raises(TargetChanged):
        host.prepare(source, Change(None, source.one()))
    assert host.leftovers() == []
