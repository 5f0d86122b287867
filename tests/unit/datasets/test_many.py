"""Several kinds of data as one."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset, FamilySet, FileSet, Keep, Place
from pbxsync_worker.core.model.errors import Bug, SourceChanged, Unsupported
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.step import Step, Undone
from pbxsync_worker.datasets.astdb import AstdbData
from pbxsync_worker.datasets.astdb.keys import item_of
from pbxsync_worker.datasets.many import ManyData, Offering
from tests.contract.test_host_data import DictContents, Host, HostDataContract, RealHost, item
from tests.contract.test_host_data_astdb import file_keys
from tests.fakes.astdb import MemoryAstdb
from tests.fakes.memory_data import MemoryData
from tests.unit.datasets.support import files_data

DATA = Dataset("d", "D", (FileSet(Place.ETC, keep=Keep(owner=False, mtime=False)),), (FamilySet("CF"),))
CONTENT = {b"ASTETCDIR/x": b"new", b"ASTETCDIR/y": b"other", b"ASTDB/CF/1": b"ONE", b"ASTDB/CF/2": b""}


class Here:
    """A host with a file x and a key CF/1."""

    def __init__(self, root: Path) -> None:
        self.asterisk = MemoryAstdb({b"CF/1": b"one"})
        file = file_keys(root / "none.sqlite3", down=False)
        keys = AstdbData(self.asterisk, file, matcher(()), root / "home", Disk())
        self.data = ManyData({b"ASTDB": keys}, files_data(root))
        self.root = root
        (root / "etc/x").write_bytes(b"old")
        (root / "etc/x").chmod(0o644)

    def state(self) -> tuple[dict[str, bytes], dict[bytes, bytes]]:
        files = {path.name: path.read_bytes() for path in (self.root / "etc").iterdir() if path.is_file()}
        return files, dict(self.asterisk.held)

    def leftovers(self) -> list[Path]:
        return [*self.root.rglob(".pbxsync-*"), *self.root.rglob("*-astdb")]


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here(tmp_path)


def changes() -> list[Change]:
    return [
        Change(item("x", b"old"), item("x", b"new")),
        Change(None, item("y", b"other")),
        Change(item_of(b"CF/1", b"one"), item_of(b"CF/1", b"ONE")),
        Change(None, item_of(b"CF/2", b"")),
    ]


def content(change: Change) -> Iterable[bytes]:
    return [CONTENT[change.name]]


OLD = ({"x": b"old"}, {b"CF/1": b"one"})
NEW = ({"x": b"new", "y": b"other"}, {b"CF/1": b"ONE", b"CF/2": b""})


def acted(here: Here) -> tuple[Step, ...]:
    steps = here.data.prepare("r", changes(), content)
    for step in steps:
        here.data.act(step)
    return steps


def test_an_inventory_has_the_items_of_all(here):
    assert here.data.inventory(DATA).items.keys() == {b"ASTETCDIR/x", b"ASTDB/CF/1"}


def test_an_inventory_has_what_is_pinned_in_any_part(here):
    found = Here(here.root / "other")
    pinned = found.data.inventory(DATA).pinned
    assert here.data.inventory(DATA).pinned == pinned


def test_each_item_is_opened_where_it_belongs(here):
    found = here.data.inventory(DATA).items
    assert {name: b"".join(here.data.open(one)) for name, one in found.items()} == {
        b"ASTETCDIR/x": b"old",
        b"ASTDB/CF/1": b"one",
    }


def test_each_refuses_another_version(here):
    for other in (item("x", b"other"), item_of(b"CF/1", b"other")):
        with pytest.raises(SourceChanged):
            b"".join(here.data.open(other))


def test_a_key_is_settable_as_it_is(here):
    one: Item = item_of(b"CF/1", b"x")
    assert here.data.settable(one, None) == one


def test_each_part_tells_why_an_item_has_no_place(here):
    assert here.data.why_not(DATA, item_of(b"DND/1", b"YES")) == "not in the dataset"
    assert here.data.why_not(DATA, item("x", b"new")) == ""


def test_everything_is_done_and_taken_back(here):
    steps = acted(here)
    assert here.state() == NEW
    assert {here.data.undo(step) for step in reversed(steps)} == {Undone.RESTORED}
    here.data.settle("r", steps, None)
    here.data.discard("r")
    assert (here.state(), here.leftovers()) == (OLD, [])


def test_steps_are_numbered_through(here):
    assert [step.number for step in here.data.prepare("r", changes(), content)] == [0, 1, 2, 3]


def test_content_is_asked_for_in_the_order_of_the_changes(here):
    asked: list[bytes] = []

    def listen(change: Change) -> Iterable[bytes]:
        asked.append(change.name)
        return content(change)

    here.data.prepare("r", changes(), listen)
    assert asked == [change.name for change in changes()]


def test_changes_of_one_kind_that_are_torn_apart_are_a_bug(here):
    one, two, *keys = changes()
    with pytest.raises(Bug):
        here.data.prepare("r", [one, *keys, two], content)


def test_nothing_stays_staged_where_one_part_refuses(here):
    bad = Change(None, item_of(b"CF/9", b"a\nb"))
    with pytest.raises(Unsupported):
        here.data.prepare("r", [*changes(), bad], lambda one: [b"a\nb"] if one is bad else content(one))
    assert (here.state(), here.leftovers()) == (OLD, [])


def test_settling_hands_over_what_every_part_replaced(here):
    steps, contents = acted(here), DictContents()
    here.data.settle("r", steps, None)
    here.data.settle("r", steps, contents)
    here.data.settle("r", steps, contents)
    assert {b"old", b"one", b"ONE"} <= set(contents.held.values())
    assert (here.state(), here.leftovers()) == (NEW, [])


class TestTheFilesAmongMany(HostDataContract):
    @pytest.fixture
    def host(self, tmp_path: Path) -> Host:
        host = RealHost(tmp_path)
        file = file_keys(tmp_path / "none.sqlite3", down=False)
        keys = AstdbData(MemoryAstdb({b"CF/1": b"one"}), file, matcher(()), tmp_path / "home", Disk())
        host.data = ManyData({b"ASTDB": keys}, host.data)
        return host


class Gives(MemoryData):
    """Data that gives something else than it lists."""

    def offered(self, dataset: Dataset) -> Inventory:
        return Inventory.of([Item(b"GIVES/own", ItemKind.RECORDS, 1, b"o" * 32)])


def test_what_is_offered_may_be_something_else_than_what_is_listed(tmp_path: Path):
    listing = Gives()
    listing.put(b"GIVES/taken", b"x")
    files = files_data(tmp_path)
    (tmp_path / "etc/x").write_bytes(b"1")
    given = Offering(ManyData({b"GIVES": listing}, files))
    assert {b"GIVES/own", b"ASTETCDIR/x"} <= given.inventory(DATA).items.keys()
    assert b"GIVES/taken" not in given.inventory(DATA).items
    one = given.inventory(DATA).items[b"ASTETCDIR/x"]
    assert b"".join(given.open(one)) == b"1"
    assert list(given.open_many([one])) == [b"1"]
