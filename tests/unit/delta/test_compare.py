"""Base, ours, theirs -> changes: the truth table, and the laws that hold for any trees."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbxsync_worker.core.model.change import ChangeKind
from pbxsync_worker.core.model.dataset import BoxSet, Dataset, FamilySet, MessageSet
from pbxsync_worker.core.model.inventory import EMPTY, Inventory
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.delta.compare import Base, LocalEdits, compare
from pbxsync_worker.delta.plan import order
from tests.unit.delta.trees import (
    ADD_ONLY,
    DATASET,
    KNOWN,
    PLACE,
    POLICIES,
    TREES,
    done,
    file,
    folder,
    having,
    histories,
    link,
    shuffled,
)

OLD, NEW, EDITED = file("a", b"old"), file("a", b"new"), file("a", b"edited")
NOTHING = having()
BASE = Base(having(OLD, file("z")), having(OLD, file("z")))
BASES = st.none() | st.builds(Base, TREES, TREES)
EDITS = st.sampled_from(LocalEdits)


def beside(item: Item | None) -> Inventory:
    """Return an inventory with something that never changes, and this item where it is there."""
    return having(file("z"), *([item] if item else []))


def kinds(changes) -> list[str]:
    return [change.kind.value + ("!" if change.local_edit else "") for change in changes.changes]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (OLD, OLD, []),
        (OLD, NEW, ["replace"]),
        (EDITED, OLD, ["replace!"]),  # somebody edited it here: the primary wins, and the plan says so
        (EDITED, NEW, ["replace!"]),
        (NEW, NEW, []),  # both came to the same
        (None, OLD, ["add!"]),  # somebody removed it here
        (None, NEW, ["add!"]),
        (OLD, None, ["remove"]),
        (EDITED, None, ["remove!"]),
        (None, None, []),
    ],
)
def test_a_farm_follows_its_primary_and_tells_of_local_edits(ours, theirs, expected):
    changes = compare(DATASET, BASE, beside(ours), beside(theirs))
    assert kinds(changes) == expected
    assert changes.kept == ()


@pytest.mark.parametrize(
    ("ours", "theirs", "expected", "kept"),
    [
        (OLD, NEW, ["replace"], []),
        (EDITED, NEW, [], [b"ASTETCDIR/a"]),
        (EDITED, None, [], [b"ASTETCDIR/a"]),
        (None, OLD, [], [b"ASTETCDIR/a"]),
        (OLD, None, ["remove"], []),
    ],
)
def test_a_return_to_the_past_keeps_what_people_did_since(ours, theirs, expected, kept):
    changes = compare(DATASET, BASE, beside(ours), beside(theirs), LocalEdits.KEEP)
    assert kinds(changes) == expected
    assert [one.name for one in changes.kept] == kept


@pytest.mark.parametrize(("dataset", "gone"), [(DATASET, [b"k", b"l"]), (KNOWN, [b"k"]), (ADD_ONLY, [])])
def test_what_the_source_does_not_have_goes_as_the_policy_says(dataset, gone):
    known, local = file("k"), file("l")
    changes = compare(dataset, Base(having(known), having(known)), having(known, local), NOTHING)
    assert [change.name for change in changes.changes] == [PLACE + b"/" + name for name in gone]


def test_what_is_in_no_file_set_never_goes():
    stray = file("x")
    elsewhere = having(type(stray)(b"ASTSPOOLDIR/x", stray.kind, stray.size, stray.content))
    assert compare(DATASET, None, elsewhere, NOTHING).changes == ()


def test_without_a_base_nothing_is_known_to_be_a_local_edit():
    assert kinds(compare(DATASET, None, having(OLD), having(NEW))) == ["replace"]
    assert kinds(compare(KNOWN, None, having(OLD), NOTHING)) == []


def test_other_attributes_alone_are_a_change_of_attributes():
    changes = compare(DATASET, None, having(file("a", mode=0o600)), having(file("a", mode=0o640)))
    assert [change.kind for change in changes.changes] == [ChangeKind.ATTRIBUTES]


def test_a_folder_with_something_that_stays_stays_and_says_why():
    changes = compare(
        KNOWN, Base(having(folder("d")), having(folder("d"))), having(folder("d"), file("d/own")), NOTHING
    )
    assert changes.changes == ()
    assert [(one.name, as_text(one.reason)) for one in changes.kept] == [(b"ASTETCDIR/d", "holds something that stays")]


def test_a_folder_that_holds_something_foreign_does_not_become_a_file():
    pinned = having(folder("d"), pinned=frozenset({b"ASTETCDIR/d"}))
    changes = compare(DATASET, None, pinned, having(file("d")))
    assert (changes.changes, [one.name for one in changes.kept]) == ((), [b"ASTETCDIR/d"])


def test_nothing_is_put_below_a_file_that_somebody_made_of_a_folder():
    base = Base(having(folder("d"), file("z")), EMPTY)
    changes = compare(
        DATASET, base, having(file("d"), file("z")), having(folder("d"), file("d/x"), file("z")), LocalEdits.KEEP
    )
    assert changes.changes == ()
    assert [one.name for one in changes.kept] == [b"ASTETCDIR/d", b"ASTETCDIR/d/x"]


def test_a_link_in_the_place_of_a_folder_is_one_replacement_and_the_removal_of_what_it_held():
    changes = compare(DATASET, None, having(folder("d"), file("d/x")), having(link("d", b"/etc")))
    assert kinds(changes) == ["replace", "remove"]


@given(tree=TREES, dataset=POLICIES, base=BASES, edits=EDITS)
def test_two_equal_hosts_have_nothing_to_change(tree, dataset, base, edits):
    assert compare(dataset, base, tree, tree, edits).changes == ()


@settings(max_examples=400)
@given(history=histories(), dataset=POLICIES, edits=EDITS)
def test_every_plan_can_be_done_and_leaves_nothing_to_do(history, dataset, edits):
    before, ours, theirs = history
    base = Base(before, before)
    changes = compare(dataset, base, ours, theirs, edits)
    after = done(ours, order(changes.changes))
    assert compare(dataset, base, after, theirs, edits).changes == ()


@given(ours=TREES, theirs=TREES, base=BASES)
def test_a_mirror_ends_exactly_as_its_source(ours, theirs, base):
    changes = compare(DATASET, base, ours, theirs)
    assert done(ours, order(changes.changes)).items == theirs.items


@given(history=histories(), dataset=POLICIES, edits=EDITS, data=st.data())
def test_the_order_of_an_inventory_means_nothing(history, dataset, edits, data):
    before, ours, theirs = history
    base = Base(before, before)
    mine, other = (shuffled(tree, data.draw(st.permutations(list(tree.items)))) for tree in (ours, theirs))
    assert compare(dataset, base, mine, other, edits) == compare(dataset, base, ours, theirs, edits)


@given(history=histories(), dataset=POLICIES, edits=EDITS)
def test_nothing_is_both_changed_and_kept_and_each_is_named_once(history, dataset, edits):
    base, ours, theirs = history
    found = compare(dataset, Base(base, base), ours, theirs, edits)
    names = [change.name for change in found.changes] + [one.name for one in found.kept]
    assert len(names) == len(set(names))
    assert [change.name for change in found.changes] == sorted(change.name for change in found.changes)


@given(history=histories())
def test_what_somebody_changed_since_is_never_touched_on_the_way_back(history):
    base, ours, theirs = history
    changes = compare(DATASET, Base(base, base), ours, theirs, LocalEdits.KEEP).changes
    edited = {change.name for change in changes if base.items.get(change.name) != ours.items.get(change.name)}
    assert edited == set() or not base.items


def box(value: bytes) -> Item:
    return Item(b"VOICEMAIL/default/1", ItemKind.BOX, len(value), value)


SAID = Base(having(box(b"old")), having(box(b"old")))


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (box(b"phone"), box(b"old"), []),  # a PIN changed here by phone, and nothing there
        (box(b"phone"), box(b"new"), ["replace!"]),
        (box(b"old"), box(b"new"), ["replace"]),
        (None, box(b"old"), ["add!"]),
        (box(b"phone"), None, ["remove!"]),
    ],
)
def test_a_mailbox_that_only_changed_here_stays(ours, theirs, expected):
    dataset = Dataset("d", "D", boxes=(BoxSet(),))
    found = compare(dataset, SAID, having(*filter(None, [ours])), having(*filter(None, [theirs])))
    assert kinds(found) == expected
    kept = ["changed on this host, and not on the source"] if expected == [] else []
    assert [as_text(one.reason) for one in found.kept] == kept


def test_a_message_that_somebody_heard_here_stays_where_it_is_until_the_source_moves_it_too():
    def message(folder: bytes) -> Item:
        xattrs = ((b"user.folder", folder),)
        return Item(b"MESSAGES/default/1/x", ItemKind.MESSAGE, 1, b"c", Attributes(xattrs=xattrs))

    dataset = Dataset("d", "D", messages=(MessageSet(),))
    base = Base(having(message(b"INBOX")), having(message(b"INBOX")))
    heard = having(message(b"Old"))
    assert compare(dataset, base, heard, having(message(b"INBOX"))).changes == ()
    assert kinds(compare(dataset, base, heard, having(message(b"Work")))) == ["attributes!"]
    assert kinds(compare(dataset, base, heard, having())) == ["remove!"]
    assert kinds(compare(dataset, None, heard, having())) == []


def test_a_mailbox_that_was_kept_once_is_kept_again():
    dataset = Dataset("d", "D", boxes=(BoxSet(),))
    again = Base(having(box(b"phone")), having(box(b"old")))
    assert compare(dataset, again, having(box(b"phone")), having(box(b"old"))).changes == ()


def test_the_first_run_brings_the_mailboxes_of_the_source():
    dataset = Dataset("d", "D", boxes=(BoxSet(),))
    assert kinds(compare(dataset, None, having(box(b"mine")), having(box(b"old")))) == ["replace"]


def test_a_key_is_no_folder_of_the_keys_below_it():
    """FreePBX has `AMPUSER/2001/recording`, and `AMPUSER/2001/recording/ondemand` beside it."""
    users = Dataset("d", "D", families=(FamilySet("AMPUSER"),))
    recording, below = (
        Item(b"ASTDB/AMPUSER/2001/" + name, ItemKind.KEY, 0, b"") for name in (b"recording", b"recording/ondemand")
    )
    for ours in (having(), having(recording)):
        changes = compare(users, None, ours, having(recording, below))
        assert below in [change.after for change in changes.changes]
        assert changes.kept == ()
