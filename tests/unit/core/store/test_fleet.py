"""The fleet at a glance, from what is remembered of every host."""

from pbxsync_worker.core.model.host import Host, Peer, PeerState, Policy
from pbxsync_worker.core.model.report import LineState, Told, Version
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.core.store.fleet import fleet
from tests.unit.core.values import A, B, C, catalogue

CHANGED = (Told("data.changed_items", 3, 0, "changes"), Told("data.unsafe_s", 600, 0, "changes"))


def hosts(store):
    store.hosts.set_me(Host(A, "one", "one:8443"))
    for identity, name in ((B, "two"), (C, "three")):
        store.hosts.save(Peer(Host(identity, name, ""), b"x", PeerState.PAIRED, Policy()))
    store.catalogues.save(Signed(document_of(catalogue()), A, b"signature"))


def test_before_this_host_has_an_identity_there_is_no_fleet(store):
    assert fleet(store) == ()


def test_this_host_comes_first_and_the_others_by_name(store):
    hosts(store)
    assert [(one.name, one.line is None) for one in fleet(store)] == [("one", True), ("three", False), ("two", False)]


def test_what_changed_at_a_source_since_would_be_lost_with_it(store):
    hosts(store)
    store.facts.record(A, CHANGED)
    loss = fleet(store)[0].loss
    assert (loss.items, loss.since_s) == (3, 600)
    assert (
        as_text(loss.sentence)
        == "what changed in 3 files, tables, keys and mailboxes, the oldest change 10 minutes ago"
    )


def test_with_a_host_that_is_no_source_nothing_is_lost(store):
    hosts(store)
    store.facts.record(B, CHANGED)
    assert next(one for one in fleet(store) if one.id == B).loss.items == 0


def test_what_a_source_does_not_tell_is_not_known_and_not_nothing(store):
    hosts(store)
    assert fleet(store)[0].loss.items is None
    store.facts.record(A, [Told("data.changed_items", 0, 0, "changes"), Told("data.unsafe_s", 0, 0, "changes")])
    assert fleet(store)[0].loss.items == 0


def test_what_a_host_that_is_away_told_last_is_not_taken_for_now(store):
    hosts(store)
    store.hosts.set_me(Host(C, "three", ""))
    store.hosts.save(Peer(Host(A, "one", ""), b"x", PeerState.PAIRED, Policy()))
    store.facts.record(A, CHANGED)
    store.lines.save(A, LineState("reachable"))
    assert next(one for one in fleet(store) if one.id == A).loss.items == 3
    store.lines.save(A, LineState("unreachable"))
    assert next(one for one in fleet(store) if one.id == A).loss.items is None


def test_a_host_that_has_an_older_version_than_another_is_seen(store):
    hosts(store)
    store.versions.keep(B, [Version("farm", "files", A, "r1", "old", 900.0, 900.0)])
    store.versions.keep(C, [Version("farm", "files", A, "r2", "new", 60.0, 60.0)])
    assert {one.name: [has.current for has in one.has] for one in fleet(store)} == {
        "one": [],
        "two": [False],
        "three": [True],
    }
