"""How two hosts come to trust each other: a one-time code, proofs from both sides, and six words for two people.

The secret of the code never travels and is nowhere stored; proofs are made with its hash and are bound to both public
keys, both names and both nonces.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from msgspec import structs

from pbxsync_worker.core.model.errors import Invalid, NotAllowed, PeerLied
from pbxsync_worker.core.model.host import Host, Peer, PeerState, Policy
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store import Store
from pbxsync_worker.peer.code import LIFETIME, Code, new_code, read_code
from pbxsync_worker.peer.connection import Address, Connection, Deadlines
from pbxsync_worker.peer.exchange import Exchange
from pbxsync_worker.peer.identity import Identity, fingerprint, verify, words
from pbxsync_worker.peer.messages import Hello, Join, Joined, Welcome
from pbxsync_worker.peer.wire import Streams

TRIES = 5
"""Wrong proofs in a minute before every further one is refused unseen."""

_NONCE_LIFE = 60.0
_NONCES = 64
_FAILED = ("pairing", "peer port")


def make_code(store: Store, identity: Identity, address: str, policy: Policy, now: float) -> str:
    """Return a one-time code; whoever uses it within 15 minutes gets this policy, once a person has confirmed."""
    if not address:
        raise Invalid(
            what="Pairing code", problems=say("this host has no address that others can reach (peer_address)")
        )
    code = new_code(identity.id, address)
    store.hosts.offer(code.key, policy, now + LIFETIME)
    return code.text


def confirm(store: Store, identity: str, who: str) -> Peer:
    """Trust a host whose words a person has compared; raise NotAllowed for one that is not waiting for it."""
    peer = store.hosts.by_id(identity)
    if peer.state is not PeerState.PENDING:
        raise NotAllowed(reason=say("host {name} is not waiting to be confirmed", name=peer.host.name))
    store.hosts.set_state(peer.host.id, PeerState.PAIRED)
    store.audit.add(who, "confirm host", f"{peer.host.name} {peer.host.id}")
    return store.hosts.by_id(peer.host.id)


def revoke(store: Store, identity: str, who: str) -> None:
    """Trust a host no more, at once."""
    peer = store.hosts.by_id(identity)
    store.hosts.set_state(peer.host.id, PeerState.REVOKED)
    store.audit.add(who, "revoke host", f"{peer.host.name} {peer.host.id}")


@dataclass(frozen=True, slots=True)
class Joining:
    """What the host that uses a code brings; policy: what the other one may do here."""

    identity: Identity
    me: Host
    policy: Policy
    store: Store
    streams: Streams
    clock: Clock
    deadlines: Deadlines | None = None


def join(text: str, ours: Joining) -> Peer:
    """Use a code: prove it to the host that made it, check its proof, and keep it as PENDING.

    Raise Invalid for a typo, PeerRefused where the code is not valid any more, PeerLied where another host answers.
    """
    code = read_code(text)
    if code.host == ours.identity.id:
        raise Invalid(what="Pairing code", problems=say("it was made by this host itself"))
    connection = Connection(Address(code.address, code.address, code.host, None), ours.clock, ours.deadlines)
    exchange = Exchange(code.address, connection, ours.streams)
    try:
        name = _prove(exchange, code, ours)
        certificate = connection.certificate
    finally:
        exchange.close()
    _check_name(ours.store, name, code.host)
    shown = words(ours.identity.certificate, certificate, code.key)
    host, now = Host(code.host, name, code.address), ours.clock.now()
    peer = Peer(host, certificate, PeerState.PENDING, ours.policy, shown, now)
    ours.store.hosts.save(peer)
    return peer


def _prove(exchange: Exchange, code: Code, ours: Joining) -> str:
    welcome = exchange.one("/v1/pair/hello", Hello())
    if not isinstance(welcome, Welcome):
        raise PeerLied(host=exchange.host, reason="it does not pair")
    request, said = proven(code, ours, welcome.nonce)
    joined = exchange.one("/v1/pair", request)
    if not isinstance(joined, Joined) or not hmac.compare_digest(
        joined.proof, _proof(code.key, b"joined", said + joined.name.encode())
    ):
        raise PeerLied(host=exchange.host, reason="it cannot prove that it made the code")
    return joined.name


def proven(code: Code, ours: Joining, answers: bytes) -> tuple[Join, bytes]:
    """Return the proof for the nonce of the other host, and the transcript that both sides prove."""
    blank = Join(ours.identity.certificate, ours.me.name, ours.me.address, secrets.token_bytes(16), answers, b"", b"")
    said = _transcript(code.host, blank)
    proof, signature = _proof(code.key, b"join", said), ours.identity.sign(said)
    return structs.replace(blank, proof=proof, signature=signature), said


class Gate:
    """The side of the host that made a code."""

    def __init__(self, store: Store, identity: Identity, clock: Clock) -> None:
        self._store = store
        self._identity = identity
        self._clock = clock
        self._nonces: dict[bytes, float] = {}
        self._lock = Lock()

    def hello(self) -> Welcome:
        """Give a nonce that can be used once within a minute; the oldest makes room."""
        nonce = secrets.token_bytes(16)
        with self._lock:
            while len(self._nonces) >= _NONCES:
                del self._nonces[next(iter(self._nonces))]
            self._nonces[nonce] = self._clock.monotonic() + _NONCE_LIFE
        return Welcome(nonce)

    def join(self, message: Join) -> Joined:
        """Check the proof of a host and keep it as PENDING; raise NotAllowed, always with the same sentence."""
        if self._store.people.failed(*_FAILED, 60.0) >= TRIES:
            raise NotAllowed(reason=say("too many wrong pairing codes; try again in a minute"))
        said = _transcript(self._identity.id, message)
        key = self._proven(message, said)
        if key is None:
            raise self._failed()
        identity = fingerprint(message.certificate)
        _check_name(self._store, message.name, identity)
        policy = self._store.hosts.use_offer(key, self._clock.now())
        if policy is None:
            raise self._failed()
        shown = words(self._identity.certificate, message.certificate, key)
        host = Host(identity, message.name, message.address)
        now = self._clock.now()
        self._store.hosts.save(Peer(host, message.certificate, PeerState.PENDING, policy, shown, now))
        self._store.audit.add(f"host {message.name}", "used a pairing code", identity)
        name = self._store.hosts.me().name
        return Joined(name, _proof(key, b"joined", said + name.encode()))

    def _failed(self) -> NotAllowed:
        self._store.people.note_failure(*_FAILED)
        return NotAllowed(reason=say("the pairing code is not valid, or not any more"))

    def _proven(self, message: Join, said: bytes) -> bytes | None:
        with self._lock:
            until = self._nonces.pop(message.answers, None)
        if until is None or until < self._clock.monotonic() or not _owns(message, said, self._identity.id):
            return None
        for key in self._store.hosts.open_offers(self._clock.now()):
            if hmac.compare_digest(message.proof, _proof(key, b"join", said)):
                return key
        return None


def _owns(message: Join, said: bytes, me: str) -> bool:
    try:
        return fingerprint(message.certificate) != me and verify(message.certificate, said, message.signature)
    except Invalid:
        return False


def _check_name(store: Store, name: str, identity: str) -> None:
    taken: Mapping[str, str] = {peer.host.name: peer.host.id for peer in store.hosts.peers()}
    if not name.isprintable() or name != name.strip() or taken.get(name, identity) != identity:
        raise NotAllowed(
            reason=say("the name {name} is taken or not usable; give that host another name", name=repr(name))
        )


def _transcript(offering: str, join: Join) -> bytes:
    parts = (
        b"pbxsync pair 1",
        bytes.fromhex(offering),
        join.certificate,
        join.name.encode(),
        join.address.encode(),
        join.nonce,
        join.answers,
    )
    return hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).digest()


def _proof(key: bytes, purpose: bytes, said: bytes) -> bytes:
    return hmac.digest(key, b"pbxsync " + purpose + b"\0" + said, "sha256")
