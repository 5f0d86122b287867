"""What another host says of SQLite databases is believed only as far as it is asked for and allowed here."""

import pytest

from pbxsync_worker.core.model.dataset import Dataset, Place, SqliteSet
from pbxsync_worker.core.model.errors import Invalid, NotAllowed, PeerLied
from pbxsync_worker.core.model.inventory import Inventory, digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.peer.checks import check_dataset, check_inventory, check_name

DATA = Dataset("d", "D", databases=(SqliteSet(Place.LOG, "sub/master.db", exclude=("own*",)),))
BASE = b"SQLITE/ASTLOGDIR/sub%2Fmaster.db/"
OPEN = ("SQLITE", "ASTLOGDIR")


def check(name: bytes, kind: ItemKind = ItemKind.ROW, places: tuple[str, ...] = OPEN) -> None:
    item = Item(name, kind, 1, digest_of(b"x"))
    check_inventory("far", DATA, Inventory.of([item]), places, matcher(()))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (b"!schema", ItemKind.SCHEMA),
        (b"!pages", ItemKind.DATABASE),
        (b"cdr/1", ItemKind.ROW),
        (b"a%2Fb/'x", ItemKind.ROW),
    ],
)
def test_what_was_asked_for_is_believed(name: bytes, kind: ItemKind):
    check(BASE + name, kind)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (b"own/1", ItemKind.ROW), (b"ownother/1", ItemKind.ROW), (b"cdr", ItemKind.ROW), (b"cdr/1", ItemKind.FILE),
        (b"../x/1", ItemKind.ROW), (b"cdr/", ItemKind.ROW), (b"cdr/" + b"k" * 300, ItemKind.ROW),
    ],
)  # fmt: skip
def test_what_was_not_asked_for_is_refused(name: bytes, kind: ItemKind):
    with pytest.raises(PeerLied):
        check(BASE + name, kind)


@pytest.mark.parametrize("places", [("SQLITE",), ("ASTLOGDIR",), ("SQLITE", "ASTETCDIR")])
def test_a_database_needs_both_its_kind_and_its_place_to_be_open(places: tuple[str, ...]):
    with pytest.raises(PeerLied):
        check(BASE + b"cdr/1", places=places)
    with pytest.raises(NotAllowed):
        check_dataset(DATA, places)
    with pytest.raises(NotAllowed):
        check_name(BASE + b"cdr/1", places, matcher(()))


@pytest.mark.parametrize("path", ["", "../master.db", "a//b", ".pbxsync-x/y"])
def test_a_path_that_leaves_its_place_makes_no_dataset(path: str):
    with pytest.raises(Invalid):
        check_dataset(Dataset("d", "D", databases=(SqliteSet(Place.LOG, path),)), OPEN)


def test_an_open_place_opens_its_databases():
    check_dataset(DATA, OPEN)
    check_name(BASE + b"cdr/1", OPEN, matcher(()))
