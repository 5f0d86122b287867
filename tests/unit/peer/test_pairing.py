"""Codes and proofs: a code works once, for a while, for one key; nothing that was heard can be used again."""

import pytest
from msgspec import structs

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import Invalid, NotAllowed
from pbxsync_worker.core.model.host import Host, PeerState
from pbxsync_worker.core.store import open_store
from pbxsync_worker.peer.code import new_code, read_code
from pbxsync_worker.peer.identity import own_identity
from pbxsync_worker.peer.pairing import Gate, Joining, confirm, make_code, proven, revoke
from tests.fakes.clock import HandClock
from tests.fakes.link import EVERYTHING, STREAMS, peer_of

ADDRESS = "pbx-a.example.org:8443"


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def identities(tmp_path):
    return {name: own_identity(tmp_path / name, Disk()) for name in ("a", "b", "evil")}


@pytest.fixture
def store(tmp_path, clock, identities):
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", clock)
    store.hosts.set_me(Host(identities["a"].id, "pbx-a", ADDRESS))
    yield store
    store.database.close()


@pytest.fixture
def gate(store, identities, clock):
    return Gate(store, identities["a"], clock)


@pytest.fixture
def code(store, identities, clock):
    return read_code(make_code(store, identities["a"], ADDRESS, EVERYTHING, clock.now()))


@pytest.fixture
def joining(identities, store, clock):
    def joining(who="b", name="pbx-b"):
        identity = identities[who]
        return Joining(identity, Host(identity.id, name, "pbx-b:8443"), EVERYTHING, store, STREAMS, clock)

    return joining


def asked(gate, code, joining):
    return proven(code, joining, gate.hello().nonce)[0]


def test_a_code_carries_address_host_and_secret(identities):
    code = new_code(identities["a"].id, ADDRESS)
    assert code.text.startswith("PBX-")
    assert read_code(code.text) == code
    assert read_code(f"  {code.text.lower().replace('-', ' ')}\n") == code


def test_two_codes_are_never_the_same(identities):
    assert new_code(identities["a"].id, ADDRESS).secret != new_code(identities["a"].id, ADDRESS).secret


def test_every_single_typo_is_noticed(identities):
    text = new_code(identities["a"].id, ADDRESS).text
    for at in range(4, len(text)):
        if text[at] != "-":
            wrong = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
            with pytest.raises(Invalid):
                read_code(wrong)


@pytest.mark.parametrize("text", ["", "PBX", "PBX-", "ABC-123", "PBX-!!!!", "PBX-" + "A" * 5000, "PBX-ÄÖÜ"])
def test_it_refuses_what_is_no_code(text):
    with pytest.raises(Invalid):
        read_code(text)


def test_a_host_without_an_address_makes_no_code(store, identities, clock):
    with pytest.raises(Invalid, match="peer_address"):
        make_code(store, identities["a"], "", EVERYTHING, clock.now())


def test_the_secret_is_stored_nowhere(store, code, tmp_path, clock):
    (key,) = store.hosts.open_offers(clock.now())
    assert key != code.secret
    assert all(code.secret not in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert all(code.secret.hex().encode() not in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_a_host_that_pairs_was_seen(gate, code, joining, store, identities, clock):
    gate.join(asked(gate, code, joining()))
    assert store.hosts.peer(identities["b"].id).seen_at == clock.now()


def test_a_proven_host_waits_for_a_person(gate, code, joining, store, identities):
    gate.join(asked(gate, code, joining()))
    peer = store.hosts.peer(identities["b"].id)
    assert peer.state is PeerState.PENDING
    assert peer.policy == EVERYTHING
    assert len(peer.words.split()) == 6
    assert confirm(store, peer.host.id, "ann").state is PeerState.PAIRED
    with pytest.raises(NotAllowed):
        confirm(store, peer.host.id, "ann")
    revoke(store, peer.host.id, "ann")
    assert store.hosts.peer(peer.host.id).state is PeerState.REVOKED


def test_a_replayed_proof_is_refused(gate, code, joining):
    request = asked(gate, code, joining())
    gate.join(request)
    with pytest.raises(NotAllowed, match="not valid"):
        gate.join(request)


def test_a_used_code_is_refused_to_another_host_and_to_the_same(gate, code, joining):
    gate.join(asked(gate, code, joining()))
    for who in ("b", "evil"):
        with pytest.raises(NotAllowed, match="not valid"):
            gate.join(asked(gate, code, joining(who, f"pbx-{who}")))


def test_a_code_expires(gate, code, joining, clock):
    clock.move(901)
    with pytest.raises(NotAllowed, match="not valid"):
        gate.join(asked(gate, code, joining()))


def test_a_nonce_expires(gate, code, joining, clock):
    request = asked(gate, code, joining())
    clock.move(61)
    with pytest.raises(NotAllowed, match="not valid"):
        gate.join(request)


@pytest.mark.parametrize("field", ["certificate", "name", "address", "nonce", "proof", "signature", "answers"])
def test_a_proof_is_bound_to_everything_it_says(gate, code, joining, field):
    request = asked(gate, code, joining())
    other = asked(gate, code, joining("evil", "pbx-evil"))
    changed = "another:1" if field == "address" else getattr(other, field)
    with pytest.raises(NotAllowed, match="not valid"):
        gate.join(structs.replace(request, **{field: changed}))


def test_a_failed_try_does_not_use_the_code_up(gate, code, joining):
    request = asked(gate, code, joining())
    with pytest.raises(NotAllowed):
        gate.join(structs.replace(request, proof=b"guessed"))
    gate.join(asked(gate, code, joining()))


def test_after_five_wrong_tries_in_a_minute_every_one_is_refused_then_it_goes_on(gate, code, joining, clock):
    wrong = new_code(code.host, ADDRESS)
    for _ in range(5):
        with pytest.raises(NotAllowed, match="not valid"):
            gate.join(asked(gate, wrong, joining()))
    with pytest.raises(NotAllowed, match="too many"):
        gate.join(asked(gate, code, joining()))
    clock.move(61)
    gate.join(asked(gate, code, joining()))


def test_a_host_cannot_take_the_name_of_another_and_the_code_stays_good(gate, code, joining, store, identities):
    store.hosts.save(peer_of(identities["evil"], "pbx-b"))
    with pytest.raises(NotAllowed, match="name"):
        gate.join(asked(gate, code, joining()))
    gate.join(asked(gate, code, joining(name="pbx-other")))


def test_a_host_does_not_pair_with_itself(gate, code, joining):
    with pytest.raises(NotAllowed, match="not valid"):
        gate.join(asked(gate, code, joining("a", "pbx-a")))


def test_many_hellos_do_not_fill_the_memory(gate, code, joining):
    request = asked(gate, code, joining())
    for _ in range(64):
        gate.hello()
    with pytest.raises(NotAllowed):
        gate.join(request)
