"""Peers and one-time offers."""

from collections.abc import Callable

import pytest

from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.host import Host, Peer, PeerState, Policy, Right
from tests.unit.core.values import A, B

PEER = Peer(Host(A, "one", "one:8443"), b"\x30cert", PeerState.PENDING, Policy(frozenset({Right.READ})), "six words")
OTHER = Peer(Host(B, "another", "two:8443"), b"\x30", PeerState.PAIRED, Policy())


@pytest.fixture
def hosts(store):
    store.hosts.save(PEER)
    store.hosts.save(OTHER)
    return store.hosts


def test_a_host_does_not_know_itself_before_it_was_told(store):
    with pytest.raises(NotFound, match="pbxsync init"):
        store.hosts.me()


def test_a_host_remembers_who_it_is(store):
    store.hosts.set_me(Host(A, "one", "x:1"))
    store.hosts.set_me(Host(B, "two", "y:1"))
    assert store.hosts.me() == Host(B, "two", "y:1")


def test_a_peer_comes_back_as_it_was(hosts):
    assert hosts.peer(A) == PEER


def test_peers_come_by_name_and_by_state(hosts):
    assert hosts.peers() == (OTHER, PEER)
    assert hosts.peers(PeerState.PAIRED) == (OTHER,)


@pytest.mark.parametrize("name", [A, "aaaa", "one"])
def test_a_peer_is_found_by_identity_beginning_or_name(hosts, name):
    assert hosts.peer(name) == PEER


@pytest.mark.parametrize("name", ["", "c", "%", "_", "on", "a%"])
def test_anything_else_finds_nobody(hosts, name):
    with pytest.raises(NotFound):
        hosts.peer(name)


def test_an_exact_name_wins_over_the_beginning_of_an_identity(hosts):
    named = Peer(Host("c" * 64, "aaaa", "c:1"), b"", PeerState.PAIRED, Policy())
    hosts.save(named)
    assert hosts.peer("aaaa") == named
    assert hosts.peer(A) == PEER


def test_saving_again_replaces(hosts):
    hosts.save(Peer(Host(A, "renamed", "new:1"), b"", PeerState.REVOKED, Policy()))
    assert hosts.peer(A).host.name == "renamed"
    assert len(hosts.peers()) == 2


def test_trust_policy_and_address_change_one_by_one(hosts):
    hosts.set_state(A, PeerState.REVOKED)
    hosts.set_policy(A, Policy(max_delete_percent=1))
    hosts.set_address(A, "elsewhere:1")
    found = hosts.peer(A)
    assert (found.state, found.policy.max_delete_percent, found.host.address) == (PeerState.REVOKED, 1, "elsewhere:1")
    assert hosts.peer(B) == OTHER


def test_a_stranger_cannot_be_changed(hosts):
    changes: list[Callable[[], None]] = [
        lambda: hosts.set_state("c" * 64, PeerState.PAIRED),
        lambda: hosts.set_policy("aaaa", Policy()),
        lambda: hosts.set_address("", "x:1"),
        lambda: hosts.seen("c" * 64, 1.0),
    ]
    for change in changes:
        with pytest.raises(NotFound):
            change()


def test_trouble_is_noted_without_pretending_that_the_peer_was_seen(hosts):
    hosts.seen(A, 5.0)
    hosts.seen(A, 9.0, "no answer")
    assert (hosts.peer(A).seen_at, hosts.peer(A).trouble) == (5.0, "no answer")
    hosts.seen(A, 10.0)
    assert (hosts.peer(A).seen_at, hosts.peer(A).trouble) == (10.0, "")


def test_a_forgotten_peer_is_unknown(hosts):
    hosts.forget(A)
    with pytest.raises(NotFound):
        hosts.peer(A)


def test_a_code_is_good_once(store):
    policy = Policy(frozenset({Right.WRITE}))
    store.hosts.offer(b"hash", policy, expires_at=100.0)
    assert store.hosts.open_offers(50.0) == (b"hash",)
    assert store.hosts.use_offer(b"hash", 50.0) == policy
    assert store.hosts.use_offer(b"hash", 50.0) is None
    assert store.hosts.open_offers(50.0) == ()


def test_a_code_that_is_too_old_or_unknown_is_no_good(store):
    store.hosts.offer(b"hash", Policy(), expires_at=100.0)
    assert store.hosts.use_offer(b"hash", 100.0) is None
    assert store.hosts.use_offer(b"other", 50.0) is None
    assert store.hosts.open_offers(100.0) == ()


def test_codes_are_forgotten_after_a_day(store):
    store.hosts.offer(b"old", Policy(), expires_at=100.0)
    store.hosts.offer(b"new", Policy(), expires_at=100.0 + 86401)
    assert store.hosts.open_offers(0.0) == (b"new",)


@pytest.mark.parametrize("name", ["aaaa", "one", "", "%", A.upper()])
def test_trust_is_decided_by_the_whole_identity_only(hosts, name):
    assert hosts.by_id(A) == PEER
    with pytest.raises(NotFound):
        hosts.by_id(name)
