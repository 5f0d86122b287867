"""Baselines and the kept states."""

import pytest

from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.inventory import EMPTY, Inventory, digest_of
from pbxsync_worker.core.model.run import Run
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.store.inventories import AFTER, BEFORE
from tests.unit.core.values import inventory, run

OLD, NEW, THEIRS = inventory(a=b"old"), inventory(a=b"new"), inventory(a=b"new", b=b"theirs")


def remember(store: Store, one: Run, before: Inventory, after: Inventory, theirs: Inventory) -> None:
    store.inventories.expect(one, before, after, theirs)
    store.inventories.remember(one)


def test_an_inventory_is_found_by_its_root(store):
    root = store.inventories.save(NEW)
    assert store.inventories.save(NEW) == root == NEW.root.hex()
    assert store.inventories.get(root) == NEW


def test_what_was_pruned_is_not_found_although_it_was_read(store):
    root = store.inventories.save(NEW)
    assert store.inventories.get(root) == NEW
    store.inventories.prune(1)
    with pytest.raises(NotFound):
        store.inventories.get(root)


def test_an_inventory_is_read_once(store):
    root = store.inventories.save(NEW)
    assert store.inventories.get(root) is store.inventories.get(root)


def test_an_unknown_root_is_not_found(store):
    with pytest.raises(NotFound):
        store.inventories.get("00" * 32)


def test_a_committed_run_leaves_the_baseline_and_the_states_around_it(store):
    remember(store, run(), OLD, NEW, THEIRS)
    assert store.inventories.baseline("farm", "files") == (NEW, THEIRS)
    assert store.inventories.get(store.inventories.state("r1").root) == OLD
    assert store.inventories.get(store.inventories.state("r1", AFTER).root) == NEW


def test_remembering_again_changes_nothing(store):
    remember(store, run(), OLD, NEW, THEIRS)
    first = [(one.run, one.side, one.root) for one in store.inventories.kept()]
    store.inventories.remember(run())
    assert [(one.run, one.side, one.root) for one in store.inventories.kept()] == first
    assert store.inventories.baseline("farm", "files") == (NEW, THEIRS)


def test_a_run_that_changed_nothing_can_be_remembered(store):
    remember(store, run(), NEW, NEW, NEW)
    assert {one.root for one in store.inventories.kept()} == {NEW.root.hex()}


def test_each_job_of_each_group_has_its_own_baseline(store):
    remember(store, run(), OLD, NEW, THEIRS)
    remember(store, run("r2", job="other"), OLD, EMPTY, EMPTY)
    assert store.inventories.baseline("farm", "files") == (NEW, THEIRS)
    assert store.inventories.baseline("farm", "other") == (EMPTY, EMPTY)
    assert store.inventories.baseline("other", "files") is None


def test_kept_states_come_newest_first_and_by_job(store):
    remember(store, run("r1"), OLD, NEW, THEIRS)
    remember(store, run("r2", job="other"), NEW, OLD, THEIRS)
    assert [(one.run, one.side) for one in store.inventories.kept()] == [
        ("r2", AFTER),
        ("r2", BEFORE),
        ("r1", AFTER),
        ("r1", BEFORE),
    ]
    assert {one.run for one in store.inventories.kept(job="files")} == {"r1"}


def test_a_state_that_is_not_kept_is_not_found(store):
    with pytest.raises(NotFound):
        store.inventories.state("r1")


def test_pruning_keeps_the_newest_runs_of_each_job(store):
    for number in range(4):
        remember(store, run(f"r{number}"), inventory(a=b"%d" % number), inventory(a=b"%d" % (number + 1)), NEW)
    remember(store, run("x", job="other"), OLD, NEW, THEIRS)
    store.inventories.prune(2)
    assert {one.run for one in store.inventories.kept()} == {"r2", "r3", "x"}


def test_trimming_forgets_the_states_that_pruning_forgets(store):
    for number in range(4):
        remember(store, run(f"r{number}"), inventory(a=b"%d" % number), inventory(a=b"%d" % (number + 1)), NEW)
    store.inventories.trim(2)
    assert {one.run for one in store.inventories.kept()} == {"r2", "r3"}
    with pytest.raises(NotFound):
        store.inventories.get(inventory(a=b"0").root.hex())


def test_pruning_names_every_content_that_a_kept_state_needs(store):
    remember(store, run("r1"), inventory(a=b"1"), inventory(a=b"2"), NEW)
    remember(store, run("r2"), inventory(a=b"2"), inventory(a=b"3", b=b"4"), NEW)
    assert store.inventories.prune(1) == {digest_of(b"2"), digest_of(b"3"), digest_of(b"4")}


def test_pruning_keeps_the_inventories_that_a_state_or_baseline_names_and_no_other(store):
    remember(store, run("r1"), OLD, NEW, THEIRS)
    store.inventories.save(inventory(z=b"nobody"))
    remember(store, run("r2"), NEW, inventory(a=b"3"), THEIRS)
    store.inventories.prune(1)
    assert store.inventories.baseline("farm", "files") == (inventory(a=b"3"), THEIRS)
    assert store.inventories.get(NEW.root.hex()) == NEW
    for gone in (OLD, inventory(z=b"nobody")):
        with pytest.raises(NotFound):
            store.inventories.get(gone.root.hex())


def test_pruning_an_empty_store_refers_to_nothing(store):
    assert store.inventories.prune(3) == frozenset()


def test_what_is_expected_does_not_count_before_the_commit(store):
    remember(store, run(), OLD, NEW, THEIRS)
    store.inventories.expect(run("r2"), NEW, OLD, OLD)
    assert store.inventories.baseline("farm", "files") == (NEW, THEIRS)
    assert {one.run for one in store.inventories.kept()} == {"r1"}


def test_what_was_expected_of_a_run_that_was_undone_is_forgotten(store):
    store.inventories.expect(run(), OLD, NEW, THEIRS)
    store.inventories.forget("r1")
    store.inventories.remember(run())
    assert store.inventories.baseline("farm", "files") is None


def test_expecting_again_replaces(store):
    store.inventories.expect(run(), OLD, OLD, OLD)
    remember(store, run(), OLD, NEW, THEIRS)
    assert store.inventories.baseline("farm", "files") == (NEW, THEIRS)


def test_what_a_run_expects_survives_pruning(store):
    store.inventories.expect(run(), OLD, NEW, THEIRS)
    referred = store.inventories.prune(1)
    store.inventories.remember(run())
    assert store.inventories.baseline("farm", "files") == (NEW, THEIRS)
    assert digest_of(b"old") in referred


def test_an_inventory_that_was_given_is_known_the_next_time(store):
    store.inventories.remember_given(NEW)
    store.inventories.remember_given(NEW)
    store.inventories.prune(1)
    assert store.inventories.given(NEW.root) == NEW
    assert store.inventories.given(OLD.root) is None


def test_what_was_given_last_is_not_read_again(store):
    store.inventories.remember_given(NEW)
    assert store.inventories.given(NEW.root).items is NEW.items


def test_what_is_read_shares_the_items_that_are_in_memory(store):
    later = inventory(a=b"new", c=b"later")
    store.inventories.save(later)
    store.inventories.remember_given(NEW)
    read = store.inventories.get(later.root.hex())
    assert read == later
    assert next(item for name, item in read.items.items() if name in NEW.items) is next(iter(NEW.items.values()))
