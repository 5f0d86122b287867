"""AstdbData beyond the contract: what it leaves alone, what it refuses, and what a cut or a lost write leaves."""

import logging
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset, FamilySet
from pbxsync_worker.core.model.errors import AsteriskSilent, Invalid, NotAllowed, PeerLied, TargetChanged, Unsupported
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.protected import ALWAYS
from pbxsync_worker.core.model.step import Step, Undone
from pbxsync_worker.datasets.astdb import AstdbData
from pbxsync_worker.datasets.astdb.keys import item_of
from tests.contract.test_host_data_astdb import file_keys
from tests.fakes.astdb import MemoryAstdb
from tests.fakes.disk import BreakingDisk, Cut, PowerCut

DATA = Dataset("d", "D", families=(FamilySet("CF"), FamilySet("AMPUSER", "*/followme/*"), FamilySet("pbx")))
OLD = {b"CF/1": b"one", b"CF/2": b"", b"CF/3": b"three"}
NEW = {b"CF/1": b"ONE", b"CF/3": b"", b"CF/4": b"four"}


def data_of(asterisk: MemoryAstdb, folder: Path, disk: Disk | None = None) -> AstdbData:
    file = file_keys(folder / "none.sqlite3", down=False)
    return AstdbData(asterisk, file, matcher(ALWAYS), folder / "home", disk or Disk())


def changes(old: dict[bytes, bytes] = OLD, new: dict[bytes, bytes] = NEW) -> list[Change]:
    def one(of: dict[bytes, bytes], key: bytes) -> Item | None:
        return item_of(key, of[key]) if key in of else None

    keys = sorted(old.keys() | new.keys())
    return [Change(one(old, key), one(new, key)) for key in keys if old.get(key) != new.get(key)]


def content(change: Change) -> Iterable[bytes]:
    return [NEW[change.name.removeprefix(b"ASTDB/")]]


@pytest.fixture
def asterisk() -> MemoryAstdb:
    return MemoryAstdb(dict(OLD))


@pytest.fixture
def data(asterisk: MemoryAstdb, tmp_path: Path) -> AstdbData:
    return data_of(asterisk, tmp_path)


def staged(folder: Path) -> list[Path]:
    return list((folder / "home").rglob("*-astdb"))


def run(data: AstdbData) -> tuple[Step, ...]:
    steps = data.prepare("r", changes(), content)
    for step in steps:
        data.act(step)
    data.settle("r", steps, None)
    return steps


def test_only_what_the_dataset_selects_is_read(asterisk, data):
    asterisk.held |= {b"AMPUSER/1/cidname": b"x", b"AMPUSER/1/followme/ddial": b"DIRECT", b"DND/1": b"YES"}
    names = data.inventory(DATA).items.keys()
    assert names == {b"ASTDB/" + key for key in (*OLD, b"AMPUSER/1/followme/ddial")}


def test_what_did_not_change_is_the_very_same(asterisk, data):
    before = data.inventory(DATA)
    assert data.inventory(DATA) is before
    asterisk.held[b"CF/1"] = b"other"
    after = data.inventory(DATA)
    assert after.items == {**before.items, b"ASTDB/CF/1": item_of(b"CF/1", b"other")}
    assert after.items[b"ASTDB/CF/3"] is before.items[b"ASTDB/CF/3"]
    assert after.root == Inventory(after.items).root


def test_a_key_that_went_is_not_there_any_more(asterisk, data):
    before = data.inventory(DATA)
    del asterisk.held[b"CF/1"]
    after = data.inventory(DATA)
    assert after.items.keys() == before.items.keys() - {b"ASTDB/CF/1"}
    assert after.root == Inventory(after.items).root


def test_keys_that_stay_from_now_on_are_left_alone(asterisk, tmp_path):
    stays = [matcher(()), matcher(("ASTDB/CF/1",))]
    file = file_keys(tmp_path / "none.sqlite3", down=False)
    data = AstdbData(asterisk, file, matcher(ALWAYS), tmp_path / "home", Disk(), lambda: stays[0])
    assert b"ASTDB/CF/1" in data.inventory(DATA).items
    del stays[0]
    assert b"ASTDB/CF/1" not in data.inventory(DATA).items
    with pytest.raises(NotAllowed):
        list(data.open(item_of(b"CF/1", b"one")))


def test_few_keys_are_not_worth_reading_whole_families(asterisk, data):
    asterisk.asked.clear()
    run(data)
    assert "tree" not in asterisk.asked


def test_another_selection_is_asked_of_every_key(asterisk, data):
    data.inventory(DATA)
    asterisk.held[b"DND/1"] = b"YES"
    assert set(data.inventory(Dataset("e", "E", families=(FamilySet("DND"),))).items) == {b"ASTDB/DND/1"}


def test_protected_keys_are_not_read(asterisk, data):
    asterisk.held = {b"pbx/UUID": b"x"}
    assert data.inventory(DATA).items == {}
    with pytest.raises(NotAllowed):
        list(data.open(item_of(b"pbx/UUID", b"x")))


def test_a_key_whose_name_cannot_travel_stays_and_is_told(asterisk, data, caplog):
    asterisk.held = {b"CF//1": b"x", b"CF/1/": b"x"}
    with caplog.at_level(logging.WARNING):
        assert data.inventory(DATA).items == {}
    assert len(caplog.records) == 2


def test_a_dataset_without_families_asks_nobody(asterisk, data):
    asterisk.silent = True
    assert data.inventory(Dataset("d", "D")).items == {}


def test_a_silent_asterisk_is_not_an_empty_one(asterisk, data):
    asterisk.silent = True
    with pytest.raises(AsteriskSilent):
        data.inventory(DATA)


@pytest.mark.parametrize("family", ["", "a/b"])
def test_what_is_no_family_is_refused(data, family):
    with pytest.raises(Invalid):
        data.inventory(Dataset("d", "D", families=(FamilySet(family),)))


def test_many_values_are_given_with_one_question(asterisk, data):
    items = data.inventory(DATA).items.values()
    asterisk.asked.clear()
    assert [b"".join(data.open(item)) for item in items] == list(OLD.values())
    assert asterisk.asked == []


def test_no_connection_is_left_open(asterisk, data):
    data.inventory(DATA)
    assert not asterisk.open
    run(data)
    assert not asterisk.open


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (Change(None, Item(b"ASTETCDIR/x", ItemKind.FILE, 0, b"")), PeerLied),
        (Change(None, Item(b"ASTDB/CF/9", ItemKind.FILE, 0, b"")), PeerLied),
        (Change(None, Item(b"ASTDB/CF/../9", ItemKind.KEY, 0, b"")), PeerLied),
        (Change(None, item_of(b"pbx/UUID", b"x")), NotAllowed),
    ],
)
def test_prepare_refuses_what_no_honest_host_sends(asterisk, data, change, error):
    with pytest.raises(error):
        data.prepare("r", [change], lambda _: [b""])
    assert asterisk.held == OLD


def test_prepare_reads_no_more_of_a_content_than_was_announced(data):
    def endless() -> Iterable[bytes]:
        while True:
            yield b"x" * 100

    with pytest.raises(PeerLied):
        data.prepare("r", [Change(None, item_of(b"CF/9", b"x"))], lambda _: endless())


@pytest.mark.parametrize("value", [b"a\nb", b" blank", b"x" * 1000])
def test_a_value_that_cannot_be_set_is_refused_before_the_first_write(asterisk, data, tmp_path, value):
    change = Change(None, item_of(b"CF/9", value))
    with pytest.raises(Unsupported, match="ASTDB/CF/9"):
        data.prepare("r", [*changes(), change], lambda one: [value] if one is change else content(one))
    assert asterisk.held == OLD
    assert staged(tmp_path) == []


def test_a_value_that_could_not_be_set_back_is_refused_as_well(asterisk, data):
    asterisk.held[b"CF/9"] = b"a\nb"
    with pytest.raises(Unsupported, match="ASTDB/CF/9"):
        data.prepare("r", [Change(item_of(b"CF/9", b"a\nb"), None)], content)


def test_content_is_asked_for_in_the_order_of_the_changes(data):
    asked: list[bytes] = []

    def listen(change: Change) -> Iterable[bytes]:
        asked.append(change.name)
        return content(change)

    data.prepare("r", changes(), listen)
    assert asked == [b"ASTDB/CF/1", b"ASTDB/CF/3", b"ASTDB/CF/4"]


def test_a_write_that_asterisk_lost_is_found_when_the_run_settles(asterisk, data):
    steps = data.prepare("r", changes(), content)
    for step in steps:
        data.act(step)
    asterisk.held[b"CF/1"] = OLD[b"CF/1"]
    with pytest.raises(TargetChanged, match="CF/1"):
        data.settle("r", steps, None)


def test_what_somebody_sets_after_a_write_stays(asterisk, data):
    steps = data.prepare("r", changes(), content)
    for step in steps:
        data.act(step)
    asterisk.held[b"CF/1"] = b"mine"
    data.settle("r", steps, None)
    assert asterisk.held[b"CF/1"] == b"mine"


def test_an_undo_that_asterisk_lost_is_found(asterisk, data):
    steps = run(data)
    for step in reversed(steps):
        data.undo(step)
    asterisk.held[b"CF/1"] = NEW[b"CF/1"]
    with pytest.raises(TargetChanged, match="CF/1"):
        data.settle("r", steps, None)


def test_another_process_takes_back_what_this_one_did(asterisk, data, tmp_path):
    steps = run(data)
    again = data_of(asterisk, tmp_path)
    assert [again.undo(step) for step in reversed(steps)] == [Undone.RESTORED] * 4
    assert asterisk.held == OLD


def test_an_undo_after_everything_was_undone_and_cleared_touches_nothing(asterisk, data):
    steps = run(data)
    for step in reversed(steps):
        data.undo(step)
    data.discard("r")
    assert {data.undo(step) for step in steps} == {Undone.NOT_DONE}
    asterisk.held[b"CF/1"] = NEW[b"CF/1"]
    assert data.undo(steps[0]) is Undone.KEPT
    assert asterisk.held[b"CF/1"] == NEW[b"CF/1"]


def test_discard_asks_nobody(asterisk, data, tmp_path):
    data.prepare("r", changes(), content)
    asterisk.silent = True
    data.discard("r")
    assert staged(tmp_path) == []


@pytest.mark.parametrize(
    ("item", "why"),
    [
        (item_of(b"CF/9", b"x"), ""),
        (item_of(b"DND/9", b"x"), "not in the dataset"),
        (item_of(b"pbx/UUID", b"x"), "protected on this host"),
        (item_of(b"CF/9", b"x" * 5000), ""),
    ],
)
def test_it_tells_why_a_key_has_no_place_here(data, item, why):
    assert data.why_not(DATA, item) == why


def test_an_item_that_is_no_key_is_no_honest_one(data):
    with pytest.raises(PeerLied):
        data.why_not(DATA, Item(b"ASTDB/CF/9", ItemKind.FILE, 0, b""))


def test_cut_at_every_act_and_every_key_it_is_taken_back(tmp_path):
    """Within the run, and within its taking back."""
    whole = _cut(tmp_path / "whole", 0, Cut.BEFORE)
    assert whole.count > 2 * len(changes())
    for at in range(1, whole.count + 1):
        for cut in Cut:
            _cut(tmp_path / f"{at}{cut}", at, cut)


def _cut(folder: Path, at: int, cut: Cut) -> BreakingDisk:
    """Do a run and take it back until the power goes, then take it back as recovery does."""
    disk, asterisk = BreakingDisk(at, cut), MemoryAstdb(dict(OLD))
    journal: list[Step] = []
    with suppress(PowerCut):
        asterisk.around = disk.around
        data = data_of(asterisk, folder, disk)
        journal += data.prepare("r", changes(), content)
        for step in journal:
            data.act(step)
        _take_back(data, journal)
    asterisk.around = nullcontext
    _take_back(data_of(asterisk, folder), journal)
    assert asterisk.held == OLD
    assert staged(folder) == []
    return disk


def _take_back(data: AstdbData, steps: list[Step]) -> None:
    for step in reversed(steps):
        assert data.undo(step) is not Undone.KEPT
    data.settle("r", steps, None)
    data.discard("r")
