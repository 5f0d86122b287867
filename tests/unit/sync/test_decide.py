"""Scenes and plans: what a run would leave, what its sentence says, and how many diffs are kept."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.asterisk_action import AS_CHANGED
from pbxsync_worker.core.model.change import Change, ChangeKind, Changes
from pbxsync_worker.core.model.dataset import BoxSet, Dataset, RowPolicy, TableSet
from pbxsync_worker.core.model.inventory import EMPTY, Inventory
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.run import Run
from pbxsync_worker.core.model.sentence import as_text, say
from pbxsync_worker.sync.decide import Scene, look_around
from pbxsync_worker.sync.decide import decide as decide_with
from tests.fakes.memory_data import MemoryData
from tests.unit.core.values import file, run
from tests.unit.sync.parts import Notes, Source, parts


def scene(*changes: Change, ours: Inventory = EMPTY, theirs: Inventory = EMPTY) -> Scene:
    return Scene(ours, theirs, theirs, Changes(changes), baseline_is_old=False)


def decide(run, parts, scene, config):
    return decide_with(run, parts, scene, config, lambda _facts: AS_CHANGED)


def test_what_a_host_will_have_is_what_it_has_with_the_changes_done():
    stays, old, new, gone = (file(b"ASTETCDIR/" + name, name) for name in (b"s", b"o", b"n", b"g"))
    other = file(b"ASTETCDIR/o", b"other")
    changes = (Change(gone, None), Change(None, new), Change(old, other))
    assert scene(*changes, ours=Inventory.of([stays, old, gone])).after.items == {
        stays.name: stays,
        new.name: new,
        other.name: other,
    }


def test_diffs_are_kept_of_configuration_that_changed_in_content_and_only_of_so_many(tmp_path):
    made = parts(tmp_path)
    many = [file(b"ASTETCDIR/%03d" % number, b"%d\n" % number) for number in range(250)]
    sound, attributes = file(b"ASTSPOOLDIR/s", b"x"), Change(file(b"ASTETCDIR/m", mode=1), file(b"ASTETCDIR/m", mode=2))
    changes = [attributes, Change(None, sound), *(Change(None, one) for one in many)]
    config = {one.name: b"%d\n" % number for number, one in enumerate(many)}
    _, _, diffs = decide(run(), made, scene(*changes), config)
    assert len(diffs) == 200
    assert diffs["ASTETCDIR/000"] == "@@ -0,0 +1 @@\n+0"
    assert not {"ASTETCDIR/m", "ASTSPOOLDIR/s"} & diffs.keys()


@pytest.mark.parametrize(("level", "held"), [(Level.HOLD, 1), (Level.WARNING, 0), (Level.FATAL, 0)])
def test_a_doubt_about_the_files_holds_the_plan(tmp_path, level, held):
    made = parts(tmp_path)
    made.host.pbx.bad_files = (Finding(level, "a.conf:1", "odd"),)
    change = Change(None, file(b"ASTETCDIR/a.conf"))
    theirs = Inventory.of([file(b"ASTETCDIR/a.conf")])
    plan, findings, _ = decide(run(), made, scene(change, theirs=theirs), {})
    assert (len(plan.brake), len(findings)) == (held, 1)


def test_a_doubt_is_told_in_words_of_any_language(tmp_path):
    made = parts(tmp_path)
    made.host.pbx.bad_files = (Finding(Level.HOLD, "FreePBX", say("it is {state}", state="busy")),)
    plan, _, _ = decide(run(), made, scene(Change(None, file(b"ASTETCDIR/a.conf"))), {})
    assert as_text(plan.brake[-1]) == "FreePBX: it is busy"


def test_nothing_holds_somebody_who_goes_back(tmp_path):
    made = parts(tmp_path)
    made.host.pbx.bad_files = (Finding(Level.HOLD, "a.conf:1", "odd"),)
    going = [file(b"ASTETCDIR/%d" % number) for number in range(10)]
    changes = [Change(one, None) for one in going]
    back = replace(run(), goal="r0:before")
    plan, _, _ = decide(back, made, scene(*changes, ours=Inventory.of(going)), {})
    assert plan.brake == ()
    forward, _, _ = decide(run(), made, scene(*changes, ours=Inventory.of(going)), {})
    assert len(forward.brake) == 3


class Known(Notes):
    """A Memory in which both sides had the same after the last run."""

    def __init__(self, had: Inventory) -> None:
        super().__init__()
        self.had = had

    def baseline(self, run: Run) -> tuple[Inventory, Inventory]:
        return self.had, self.had


class Boxes(MemoryData):
    """Data of mailboxes only."""

    def inventory(self, dataset: Dataset) -> Inventory:
        return Inventory.of(one.item for one in self.things.values())

    def settable(self, item: Item, here: Item | None) -> Item:
        return item


def test_a_mailbox_that_went_back_is_not_taken_for_peoples_own_work(tmp_path):
    data = Boxes()
    had = Inventory.of([data.put(b"VOICEMAIL/default/1", b"new", ItemKind.BOX, None)])
    goal = Inventory.of([Boxes().put(b"VOICEMAIL/default/1", b"old", ItemKind.BOX, None)])
    made = parts(tmp_path, Source(inventory=goal))
    host = replace(made.host, data=data, memory=Known(had))
    found = look_around(
        replace(run(), goal="r0:before"), replace(made, host=host, dataset=Dataset("d", "D", boxes=(BoxSet(),)))
    )
    assert [change.kind for change in found.changes.changes] == [ChangeKind.REPLACE]
    assert found.remembered.items == {}


def test_records_of_calls_stay_where_somebody_goes_back(tmp_path):
    data, name = Boxes(), b"COLLECT/d/t/host/2026-11-22"
    data.put(name, b"new", ItemKind.RECORDS, None)
    goal = Inventory.of([Boxes().put(name, b"old", ItemKind.RECORDS, None)])
    made = parts(tmp_path, Source(inventory=goal))
    calls = Dataset("d", "D", tables=(TableSet("d", "t", (), policy=RowPolicy.COLLECT, by="at"),))
    found = look_around(
        replace(run(), goal="r0:before"), replace(made, host=replace(made.host, data=data), dataset=calls)
    )
    assert found.changes.changes == ()


class Alike(MemoryData):
    """A host whose items are not to be asked about."""

    def why_not(self, dataset, item):
        raise AssertionError(item.text)


def test_what_both_hosts_have_alike_is_not_looked_at_once_more(tmp_path):
    made, data = parts(tmp_path), Alike()
    same = data.put(b"ASTETCDIR/same.conf", b"same")
    made = replace(made, host=replace(made.host, data=data), link=Source(inventory=Inventory.of([same])))
    found = look_around(run(), made)
    assert (found.changes.changes, found.theirs.items) == ((), {same.name: same})
