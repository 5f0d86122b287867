"""Foreign inventories are believed only as far as they are possible, asked for, and allowed here."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.dataset import BoxSet, Dataset, FileSet, Keep, MessageSet, Place, RowPolicy, TableSet
from pbxsync_worker.core.model.errors import Invalid, NotAllowed, PeerLied
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.protected import ALWAYS
from pbxsync_worker.peer.checks import check_dataset, check_inventory, check_name
from tests.fakes.link import DATASET, PLACES, folder, item_with

PROTECTED = matcher(ALWAYS)
CONF = Dataset("conf", "", (FileSet(Place.ETC, include=("*.conf", "custom/**"), exclude=("secret*",)),))


def check(*items, dataset=DATASET, places=PLACES):
    check_inventory("pbx-a", dataset, Inventory.of(items), places, PROTECTED)


def test_an_honest_inventory_passes():
    check(folder(b"ASTETCDIR/custom"), item_with(b"ASTETCDIR/custom/a b\n\xff.conf", b"x"))
    check(item_with(b"ASTETCDIR/" + b"d/" * 50 + b"x" * 255, b"x"), Item(b"ASTSPOOLDIR/l", *_link()))


def _link():
    linked = item_with(b"x", b"target", ItemKind.SYMLINK, 0o777)
    return linked.kind, linked.size, linked.content, linked.attributes


@pytest.mark.parametrize("name", [b"ASTETCDIR/pjsip.conf", b"ASTETCDIR/custom/deep/er.txt"])
def test_what_the_patterns_take_passes(name):
    check(item_with(name, b"x"), dataset=CONF)


def test_a_folder_that_only_leads_to_something_taken_passes():
    check(folder(b"ASTETCDIR/custom"), item_with(b"ASTETCDIR/custom/x", b"x"), dataset=CONF)


@pytest.mark.parametrize("inside", [(), (folder(b"ASTSPOOLDIR/monitor/2026/11"),)])
def test_a_set_in_which_nothing_lies_yet_passes(inside):
    recordings = Dataset("r", "", (FileSet(Place.SPOOL, "monitor/2026"), FileSet(Place.SPOOL, "monitor/2025")))
    bare = Item(b"ASTSPOOLDIR/monitor", ItemKind.DIRECTORY, 0, b"")
    check(bare, folder(b"ASTSPOOLDIR/monitor/2026"), *inside, dataset=recordings)


@pytest.mark.parametrize(
    "name",
    [b"ASTETCDIR/readme.txt", b"ASTETCDIR/secret.conf", b"ASTETCDIR/other/x.conf", b"ASTSPOOLDIR/x.conf"],
)
def test_it_refuses_what_the_dataset_does_not_take(name):
    with pytest.raises(PeerLied, match=r"pbx-a.*not part of the dataset"):
        check(item_with(name, b"x"), dataset=CONF)


def test_it_refuses_a_folder_that_leads_nowhere():
    with pytest.raises(PeerLied, match="not part"):
        check(folder(b"ASTETCDIR/unasked"), dataset=CONF)


def test_it_refuses_a_place_that_the_policy_does_not_open():
    with pytest.raises(PeerLied, match="not part"):
        check(item_with(b"ASTSPOOLDIR/x", b"x"), places=("ASTETCDIR",))


def test_it_refuses_attributes_that_the_dataset_does_not_keep():
    bare = Dataset("bare", "", (FileSet(Place.ETC, keep=Keep(mode=False, owner=False, mtime=False)),))
    check(item_with(b"ASTETCDIR/x", b"x").with_attributes(Attributes()), dataset=bare)
    for attributes in (Attributes(mode=0o777), Attributes(owner="root"), Attributes(mtime_ns=1), Attributes(xattrs=())):
        with pytest.raises(PeerLied, match="does not keep"):
            check(item_with(b"ASTETCDIR/x", b"x").with_attributes(attributes), dataset=bare)


def test_an_empty_file_must_have_the_digest_of_nothing():
    good = item_with(b"ASTETCDIR/empty", b"")
    check(good)
    with pytest.raises(PeerLied, match="digest"):
        check(replace(good, content=b"x" * 32))
    with pytest.raises(PeerLied, match="digest"):
        check(replace(good, size=5))


@pytest.mark.parametrize(
    "more",
    [
        item_with(b"ASTETCDIR/a", b"a file where a folder was"),
        item_with(b"OTHER/x", b"x"),
        folder(b"ASTETCDIR/leads/nowhere/"),
        item_with(b"ASTETCDIR/a/x.conf/y", b"below a file"),
    ],
)
def test_what_comes_to_an_inventory_that_was_good_is_checked(more):
    good = [folder(b"ASTETCDIR/a"), item_with(b"ASTETCDIR/a/x.conf", b"x")]
    check(*good)
    check(*good, item_with(b"ASTETCDIR/b.conf", b"b"))
    with pytest.raises(PeerLied):
        check(*good, more)


def test_the_same_inventory_is_checked_again_where_other_places_are_open():
    items = [item_with(b"ASTETCDIR/x.conf", b"x")]
    check(*items)
    with pytest.raises(PeerLied):
        check(*items, places=("ASTSPOOLDIR",))


def test_two_names_for_one_item_are_refused():
    item = item_with(b"ASTETCDIR/one", b"x")
    with pytest.raises(PeerLied, match="two names"):
        check_inventory("pbx-a", DATASET, Inventory({b"ASTETCDIR/other": item}), PLACES, PROTECTED)


def test_a_name_is_opened_to_a_peer_only_in_its_places_and_unprotected():
    check_name(b"ASTETCDIR/pjsip.conf", PLACES, PROTECTED)
    with pytest.raises(NotAllowed, match="not open"):
        check_name(b"ASTSPOOLDIR/x", ("ASTETCDIR",), PROTECTED)
    with pytest.raises(NotAllowed, match="protected"):
        check_name(b"ASTETCDIR/manager.conf", PLACES, PROTECTED)
    with pytest.raises(NotAllowed, match="empty part"):
        check_name(b"ASTETCDIR/../shadow", PLACES, PROTECTED)


@pytest.mark.parametrize("path", ["..", "a/../..", "/etc", "a//b", "a/\0"])
def test_a_dataset_that_leaves_its_place_is_refused(path):
    with pytest.raises(Invalid, match="below its place"):
        check_dataset(Dataset("x", "", (FileSet(Place.ETC, path),)), PLACES)


def test_a_dataset_of_a_closed_place_or_with_a_bad_pattern_is_refused():
    check_dataset(DATASET, PLACES)
    with pytest.raises(NotAllowed):
        check_dataset(DATASET, ("ASTETCDIR",))
    with pytest.raises(Invalid):
        check_dataset(Dataset("x", "", (FileSet(Place.ETC, include=("{a",)),)), PLACES)


def test_mailboxes_pass_where_they_are_asked_for_and_open():
    boxes = Dataset("boxes", "", boxes=(BoxSet("default"),))
    one = item_with(b"VOICEMAIL/default/2001", b"1234,Ann", ItemKind.BOX).with_attributes(Attributes())
    check(one, dataset=boxes, places=("VOICEMAIL",))
    for wrong, places in (
        (one, ("ASTETCDIR",)),
        (replace(one, name=b"VOICEMAIL/sales/2001"), ("VOICEMAIL",)),
        (replace(one, kind=ItemKind.KEY), ("VOICEMAIL",)),
        (replace(one, kind=ItemKind.FILE), ("VOICEMAIL",)),
        (replace(one, name=b"ASTDB/default/2001"), ("VOICEMAIL", "ASTDB")),
    ):
        with pytest.raises(PeerLied, match="not part"):
            check(wrong, dataset=boxes, places=places)


def test_messages_pass_where_they_are_asked_for_and_open():
    asked = Dataset("m", "", messages=(MessageSet("default"),))
    folder = Attributes(xattrs=((b"user.folder", b"INBOX"),))
    one = item_with(b"MESSAGES/default/2001/1-1.aa", b"sound", ItemKind.MESSAGE).with_attributes(folder)
    check(one, dataset=asked, places=("MESSAGES",))
    for wrong, places in (
        (one, ("VOICEMAIL", "ASTSPOOLDIR")),
        (replace(one, name=b"MESSAGES/sales/2001/1-1.aa"), ("MESSAGES",)),
        (replace(one, kind=ItemKind.FILE), ("MESSAGES",)),
    ):
        with pytest.raises(PeerLied, match="not part"):
            check(wrong, dataset=asked, places=places)
    with pytest.raises(Invalid):
        check_dataset(Dataset("m", "", messages=(MessageSet("default", "{1"),)), ("MESSAGES",))


def test_a_bad_pattern_for_mailboxes_is_refused():
    with pytest.raises(Invalid):
        check_dataset(Dataset("boxes", "", boxes=(BoxSet("default", "{1"),)), ("VOICEMAIL",))


CALLS = Dataset("c", "", tables=(TableSet("asteriskcdrdb", "cdr", (), policy=RowPolicy.COLLECT, by="calldate"),))
RECORDS = Item(
    b"COLLECT/asteriskcdrdb/cdr/me/n1", ItemKind.RECORDS, 1, b"c" * 32, Attributes(xattrs=((b"user.rows", b"r" * 40),))
)


def records(item: Item, origin: str = "me", places: tuple[str, ...] = ("COLLECT",)) -> None:
    check_inventory("pbx-a", CALLS, Inventory.of([item]), places, PROTECTED, origin)


def test_records_come_from_the_host_that_wrote_them():
    records(RECORDS)
    for origin, places in (("other", ("COLLECT",)), ("", ("COLLECT",)), ("me", ("SQL",))):
        with pytest.raises(PeerLied, match="not part of the dataset"):
            records(RECORDS, origin, places)


def test_records_are_no_rows():
    with pytest.raises(PeerLied, match="not part of the dataset"):
        records(replace(RECORDS, kind=ItemKind.ROW))
