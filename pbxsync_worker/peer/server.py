"""The peer service as a WSGI application: who asks, may they, and the streams that answer them.

The certificate of every request is looked up in the store, so a revoked host is refused at once, also on a connection
that was opened before.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any

from flask import Flask, Response, request, stream_with_context
from werkzeug.exceptions import HTTPException

from pbxsync_worker.core.model.errors import Invalid, NotAllowed, NotFound, PbxSyncError
from pbxsync_worker.core.model.host import Peer, PeerState, Right
from pbxsync_worker.core.model.pattern import Matcher
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import as_text, say
from pbxsync_worker.core.store import Store
from pbxsync_worker.peer.download import Deltas
from pbxsync_worker.peer.identity import Identity, fingerprint
from pbxsync_worker.peer.kept_signatures import KeptSignatures
from pbxsync_worker.peer.messages import Fetch, Hello, Join, Message, Ping, Pong, Refused
from pbxsync_worker.peer.orders import PATIENCE, Orders
from pbxsync_worker.peer.pace import paced
from pbxsync_worker.peer.pairing import Gate
from pbxsync_worker.peer.reports import Reporting, Reports
from pbxsync_worker.peer.sending import Sending
from pbxsync_worker.peer.serving import Readable, Remembering, Serving, Telling
from pbxsync_worker.peer.sharing import Sharing, Watch, asked_for
from pbxsync_worker.peer.wire import TYPE, Last, Streams, Written, read, write

log = logging.getLogger(__name__)

MAX_REQUEST = 2**25
MAX_STRANGER = 2**14
"""Bytes of a request, before and after decompression; a host that is not paired yet gets less."""

_QUIET = 60.0
_REMEMBERED = 1000
_TOLD = 500
"""Letters of the audit log about one refusal; what a stranger asked for stands in it."""

Environ = Mapping[str, Any]
Answer = Callable[[Peer, Sequence[Message | bytes]], Iterator[Message | bytes]]


def certificate_of(environ: Environ) -> bytes | None:
    """Return the certificate (DER) that the peer proved in the TLS handshake, None for one that showed none."""
    found: bytes | None = environ["gunicorn.socket"].getpeercert(binary_form=True)
    return found


@dataclass(frozen=True, slots=True)
class PeerParts:
    """What the peer service is built of.

    enqueue(run id) wakes a worker of this host; reporting: what the hosts tell each other of themselves, None for one
    that is driven by another host over its own line; load: processes that want to run, for each processor; patience:
    seconds of a run that one answer tells of, at most; shared: a folder of ours on a disk for answers that several
    replicas get, None to make each of them anew; signatures: those that outlast a restart.
    """

    identity: Identity
    store: Store
    data: Readable
    memory: Remembering
    facts: Telling
    protected: Matcher
    enqueue: Callable[[str], None]
    streams: Streams
    deltas: Deltas
    clock: Clock
    certificate: Callable[[Environ], bytes | None] = certificate_of
    reporting: Reporting | None = None
    load: Callable[[], float] = lambda: 0.0
    patience: float = PATIENCE
    shared: Path | None = None
    signatures: KeptSignatures | None = None


def create_peer_app(parts: PeerParts) -> Flask:
    """Return the application of the peer port; no page and no admin function is reachable on it."""
    app = Flask("pbxsync-peer", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST
    door = Door(parts)
    serving = Serving(parts.store, parts.data, parts.memory, parts.protected, parts.deltas, parts.facts)
    if parts.signatures is not None:
        serving.keep_signatures(parts.signatures)
    orders = Orders(parts.identity, parts.store, parts.enqueue, parts.clock, parts.patience)
    routes: dict[str, tuple[Right | None, Answer]] = {
        "/v1/ping": (None, door.ping),
        "/v1/pull": (Right.READ, serving.pull),
        "/v1/facts": (Right.READ, serving.facts),
        "/v1/fetch": (Right.READ, serving.fetch),
        "/v1/catalogue": (Right.COORDINATE, orders.give),
        "/v1/run": (Right.COORDINATE, orders.ask),
        "/v1/follow": (Right.COORDINATE, orders.follow),
        "/v1/cancel": (Right.COORDINATE, orders.cancel),
        "/v1/changed": (None, orders.changed),
    }
    if parts.reporting is not None:
        reports = Reports(parts.reporting, parts.store.lines, parts.clock)
        routes |= {
            "/v1/report": (None, reports.report),
            "/v1/errands": (None, reports.errands),
            "/v1/errand": (None, reports.errand),
        }
    for path, (right, answer) in routes.items():
        app.add_url_rule(path, path, door.view(right, answer), methods=["POST"])
    gate = Gate(parts.store, parts.identity, parts.clock)
    for path in ("/v1/pair/hello", "/v1/pair"):
        app.add_url_rule(path, path, door.pairing(gate), methods=["POST"])
    app.register_error_handler(HTTPException, door.stumbled)
    return app


class Door:
    """Lets requests in or not, and says so in log and audit."""

    def __init__(self, parts: PeerParts) -> None:
        self._parts = parts
        self._sending = Sending(parts.store, parts.data, parts.protected, parts.streams, parts.deltas, parts.load)
        self._sharing = None if parts.shared is None else Sharing(parts.shared, parts.clock)
        self._said: dict[tuple[str, str], float] = {}
        self._lock = Lock()

    def ping(self, _: Peer, messages: Sequence[Message | bytes]) -> Iterator[Message]:
        """Say who we are."""
        if len(messages) != 1 or not isinstance(messages[0], Ping):
            raise Invalid(what="request", problems="one Ping was expected")
        yield Pong(self._parts.identity.id, self._parts.store.hosts.me().name, self._parts.clock.now())

    def view(self, right: Right | None, answer: Answer) -> Callable[[], Response]:
        """Return the view of one route; right: what the peer must be allowed."""

        def view() -> Response:
            try:
                peer = self._enter(right)
            except PbxSyncError as error:
                return self._no(error)
            try:
                messages = self._read(MAX_REQUEST)
            except Invalid as error:
                self._tell(peer.host.id, peer.host.name, error)
                return self._no(error)
            body = self._body(peer, messages, answer)
            rate = next((one.rate for one in messages if isinstance(one, Fetch)), 0)
            return _streamed(body, (lambda pieces: paced(pieces, rate, self._parts.clock)) if rate else iter)

        return view

    def _body(self, peer: Peer, messages: Sequence[Message | bytes], answer: Answer) -> Iterable[bytes]:
        """Return the pieces of an answer, which may have been made for another host."""

        def make(watch: Watch) -> Written:
            codec, level = self._sending.coding(peer, messages)
            told = watch(self._guarded(peer, answer(peer, messages)))
            return Written(told, self._parts.streams, codec, level)

        sharing = self._sharing
        if sharing is None:
            return make(iter)
        sharing.expire()
        asked = asked_for(self._parts.store, peer, messages)
        return make(iter) if asked is None else sharing.body(asked, make)

    def pairing(self, gate: Gate) -> Callable[[], Response]:
        """Return the view for hosts that are not known yet: nothing but a proof is taken from them."""

        def view() -> Response:
            try:
                messages = self._read(MAX_STRANGER)
                asked = messages[0] if len(messages) == 1 else None
                if isinstance(asked, Hello):
                    return self._one(gate.hello())
                if isinstance(asked, Join):
                    return self._one(gate.join(asked))
                raise Invalid(what="request", problems="a Hello or a Join was expected")
            except PbxSyncError as error:
                self._tell("", request.remote_addr or "", error)
                return self._no(error)

        return view

    def stumbled(self, error: HTTPException) -> Response:
        """Answer what Flask itself refuses, and our own bugs, without a word about the inside."""
        return self._no(NotAllowed(reason=f"HTTP {error.code}"), error.code or 500)

    def _enter(self, right: Right | None) -> Peer:
        certificate = self._parts.certificate(request.environ)
        if certificate is None:
            raise self._told("", "a stranger", NotAllowed(reason=say("no certificate was shown")))
        peer = self._known(certificate)
        if peer is None:
            who = hashlib.sha256(certificate).hexdigest()
            raise self._told(who, "a stranger", NotAllowed(reason=say("this host is not paired")))
        identity = peer.host.id
        if peer.state is not PeerState.PAIRED:
            error = NotAllowed(reason=say("this host is {value}, not paired", value=peer.state.value))
            raise self._told(identity, peer.host.name, error)
        if right is not None and right not in peer.policy.rights:
            error = NotAllowed(reason=say("the policy here gives no right to {value}", value=right.value))
            raise self._told(identity, peer.host.name, error)
        if self._first((identity, "seen")):
            self._parts.store.hosts.seen(identity, self._parts.clock.now())
        return peer

    def _known(self, certificate: bytes) -> Peer | None:
        try:
            return self._parts.store.hosts.by_id(fingerprint(certificate))
        except (Invalid, NotFound):
            return None

    def _read(self, limit: int) -> list[Message | bytes]:
        if (request.content_length or limit + 1) > limit:
            raise Invalid(what="request", problems=f"more than {limit} bytes, or of unknown length")
        return list(read(iter(lambda: request.stream.read(2**16), b""), self._parts.streams, limit))

    def _guarded(self, peer: Peer, messages: Iterator[Message | bytes]) -> Iterator[Message | bytes]:
        try:
            yield from messages
        except PbxSyncError as error:
            self._tell(peer.host.id, peer.host.name, error)
            yield Refused(error.code, error.sentence[:1000])

    def _told(self, identity: str, name: str, error: PbxSyncError) -> PbxSyncError:
        self._tell(identity, name, error)
        return error

    def _tell(self, identity: str, name: str, error: PbxSyncError) -> None:
        log.warning(
            "peer refused",
            extra={"peer": identity, "peer_name": name, "code": error.code, "reason": error.sentence},
        )
        # One line a minute for each kind: a stubborn host must not fill the log that people read.
        if self._first((identity, error.code)):
            about = say("{host} {path}: {why}", host=identity, path=request.path[:200], why=error.told)
            self._parts.store.audit.add(
                f"host {name}", "refused", about if len(about) <= _TOLD else as_text(about)[:_TOLD]
            )

    def _first(self, what: tuple[str, str]) -> bool:
        """Tell whether this did not happen within the last minute."""
        now = self._parts.clock.monotonic()
        with self._lock:
            if now - self._said.get(what, -_QUIET) < _QUIET:
                return False
            while len(self._said) >= _REMEMBERED:
                del self._said[next(iter(self._said))]
            self._said[what] = now
            return True

    def _one(self, message: Message, status: int = 200) -> Response:
        body = b"".join(write([message], self._parts.streams))
        return Response(body, status, mimetype=TYPE)

    def _no(self, error: PbxSyncError, status: int = 403) -> Response:
        return self._one(Refused(error.code, error.sentence[:1000]), status)


def _streamed(body: Iterable[bytes], pace: Callable[[Iterator[bytes]], Iterator[bytes]]) -> Response:
    """Return an answer; one that is a single piece is told with its length, which is shorter than chunks.

    pace: what a longer one passes through.
    """
    pieces = iter(body)
    first = next(pieces)
    if isinstance(first, Last):
        return Response(first, mimetype=TYPE)
    return Response(stream_with_context(pace(chain((first,), pieces))), mimetype=TYPE)
