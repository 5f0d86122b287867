"""Digests of inventories keep their laws."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pbxsync_worker.core.model.inventory import EMPTY, Inventory, digest_of, item_digest, new_digest
from tests.unit.core.values import INVENTORIES, ITEMS, directory, file


@given(st.lists(ITEMS, max_size=8, unique_by=lambda item: item.name), st.randoms())
def test_the_order_of_items_does_not_matter(items, chance):
    mixed = list(items)
    chance.shuffle(mixed)
    assert Inventory.of(items).subtrees == Inventory.of(mixed).subtrees


@given(INVENTORIES, INVENTORIES)
def test_roots_are_equal_exactly_where_the_items_are(one, other):
    assert (one.root == other.root) == (one.items == other.items)


@given(INVENTORIES, INVENTORIES)
def test_what_an_older_inventory_knew_changes_no_digest(one, older):
    mixed = Inventory(dict(older.items) | dict(one.items))
    assert mixed.learning_from(older).subtrees == mixed.subtrees


def test_only_what_changed_is_digested_again():
    same, old, new = file(b"P/a/same"), file(b"P/b/x", b"old"), file(b"P/b/x", b"new")
    older = Inventory.of([same, old])
    known = older.subtrees[b"P/a"]
    now = Inventory.of([same, new]).learning_from(older)
    assert now.subtrees[b"P/a"] is known
    assert now.subtrees == Inventory.of([same, new]).subtrees


def test_another_with_equal_items_need_not_digest_them_again():
    one = Inventory.of([file(b"P/a"), file(b"P/b")])
    known = one.subtrees
    assert Inventory(dict(one.items), frozenset({b"P"})).known_as(one).subtrees is known


@given(st.lists(INVENTORIES, min_size=2, max_size=5), st.sets(st.integers(0, 4)))
def test_digests_learned_over_many_inventories_are_those_made_anew(several, asked):
    last = several[0]
    for at, one in enumerate(several[1:]):
        last = Inventory(one.items).learning_from(last)
        if at in asked:
            assert last.subtrees == Inventory(one.items).subtrees
    assert last.root == several[-1].root


@given(INVENTORIES, INVENTORIES)
def test_joining_is_the_same_as_taking_it_all_at_once(one, other):
    ours, theirs = (
        Inventory.of(replace(item, name=place + b"/" + item.name) for item in part.items.values())
        for place, part in ((b"OURS", one), (b"THEIRS", other))
    )
    joined = Inventory.joined([ours, theirs])
    assert joined.items == dict(ours.items) | dict(theirs.items)
    assert joined.subtrees == Inventory(joined.items).subtrees


def test_joining_one_with_nothing_is_that_one():
    one = Inventory.of([file(b"P/x")])
    assert Inventory.joined([EMPTY, one, EMPTY]) is one


@given(INVENTORIES, ITEMS)
def test_one_more_item_gives_another_root(one, item):
    more = Inventory.of([*one.items.values(), item])
    assert (more.root == one.root) == (one.items.get(item.name) == item)


@given(INVENTORIES, ITEMS)
def test_a_folder_without_changes_keeps_its_digest(one, item):
    more = Inventory.of([*one.items.values(), item])
    for folder, digest in one.subtrees.items():
        if folder and not item.name.startswith(folder + b"/"):
            assert more.subtrees[folder] == digest


@given(INVENTORIES, st.binary(min_size=1, max_size=3).filter(lambda name: b"/" not in name))
def test_equal_subtrees_have_equal_digests_wherever_they_lie(one, prefix):
    moved = Inventory.of(
        type(item)(prefix + b"/" + item.name, item.kind, item.size, item.content, item.attributes)
        for item in one.items.values()
    )
    for folder, digest in one.subtrees.items():
        if folder:
            assert moved.subtrees[prefix + b"/" + folder] == digest
    if one.items:
        assert moved.subtrees[prefix] == one.root


@given(ITEMS, ITEMS)
def test_items_have_one_digest_exactly_where_all_but_the_name_is_equal(one, other):
    same = (one.kind, one.size, one.content, one.attributes) == (
        other.kind,
        other.size,
        other.content,
        other.attributes,
    )
    assert (item_digest(one) == item_digest(other)) == same


def test_a_folder_and_a_file_of_one_name_differ():
    assert Inventory.of([file(b"a/b")]).root != Inventory.of([file(b"a"), file(b"b")]).root


def test_a_folder_item_counts_beside_what_lies_in_it():
    assert Inventory.of([directory(b"a"), file(b"a/b")]).root != Inventory.of([file(b"a/b")]).root


def test_a_file_right_under_a_deep_folder_is_found_from_the_root():
    assert set(Inventory.of([file(b"a/b/c/d")]).subtrees) == {b"", b"a", b"a/b", b"a/b/c"}


def test_a_later_item_of_the_same_name_replaces_an_earlier_one():
    assert Inventory.of([file(b"a", b"1"), file(b"a", b"2")]).items[b"a"] == file(b"a", b"2")


def test_nothing_has_a_root_too():
    assert EMPTY.root == new_digest().digest() == digest_of(b"")
    assert EMPTY.size == 0


def test_its_size_is_that_of_all_contents():
    assert Inventory.of([file(b"a", b"123"), file(b"b", b"4567"), directory(b"c")]).size == 7


def test_one_that_shares_has_the_very_objects_that_are_equal_and_is_the_same():
    ours = Inventory.of([file(b"ASTETCDIR/a", b"1"), file(b"ASTETCDIR/b", b"1")])
    theirs = Inventory.of([file(b"ASTETCDIR/a", b"1"), file(b"ASTETCDIR/b", b"2"), file(b"ASTETCDIR/c", b"1")])
    before = dict(theirs.items)
    theirs.sharing(ours)
    assert theirs.items == before
    assert [theirs.items[name] is ours.items[name] for name in ours.items] == [True, False]
