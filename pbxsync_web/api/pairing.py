"""Two hosts learn to trust each other: a one-time code from one, used on the other, and words compared on both."""

from http import HTTPStatus
from typing import Annotated, Literal

import msgspec
from werkzeug.datastructures import MultiDict

from pbxsync_web.access import me
from pbxsync_web.api.endpoint import accepted, endpoint
from pbxsync_web.api.values import Answer, AskedValue, Value
from pbxsync_web.api.wishes import asked_value, wish
from pbxsync_web.credentials import sender
from pbxsync_web.forms.hosts import read_join
from pbxsync_web.parts import the_store
from pbxsync_worker.core.model.errors import NotAllowed
from pbxsync_worker.core.model.host import PeerState
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.wish import ConfirmHost, Give, JoinHost, OfferPairing
from pbxsync_worker.core.store.people import Role

Gives = Literal["send", "receive", "both"]


class OfferCode(Value, frozen=True):
    """give: what this host gives the other: it sends its state, receives the other's, or both."""

    give: Gives


class JoinWith(Value, frozen=True):
    """code: as the other host gave it."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=8192)]
    give: Gives


class ComparedWords(Value, frozen=True):
    """words: as the other host shows them."""

    words: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class PendingValue(Answer, frozen=True):
    """A host that is not trusted yet; words: they must be the same on both hosts."""

    id: str
    name: str
    address: str
    words: str


@endpoint("GET /pairing", list[PendingValue], role=Role.ADMIN)
def pending_hosts() -> list[PendingValue]:
    """List the hosts whose words are still to be compared."""
    found = the_store().hosts.peers(PeerState.PENDING)
    return [PendingValue(one.host.id, one.host.name, one.host.address, one.words) for one in found]


@endpoint("POST /pairing/offer", AskedValue, role=Role.ADMIN, body=OfferCode, status=HTTPStatus.ACCEPTED, grave=True)
def offer_code(body: OfferCode) -> AskedValue:
    """Ask for a one-time code; `GET /pairing/wishes/ID` gives it to whoever asked, for a quarter of an hour."""
    return asked_value(wish(OfferPairing(Give(body.give)), me().name))


@endpoint("POST /pairing/join", AskedValue, role=Role.ADMIN, body=JoinWith, status=HTTPStatus.ACCEPTED, grave=True)
def join_host(body: JoinWith) -> AskedValue:
    """Use the code of another host; the answer of the wish is that host's identity."""
    asked = accepted(read_join(MultiDict({"code": body.code, "give": body.give})))
    return asked_value(wish(asked, me().name))


@endpoint("GET /pairing/wishes/<identity>", AskedValue, role=Role.ADMIN)
def pairing_wish(identity: str) -> AskedValue:
    """Tell what came of an offer or of joining, to whoever asked for it."""
    who = sender()
    asked = the_store().wishes.get(identity)
    if who is None or not who.strong:
        raise NotAllowed(reason=say("the PBX alone cannot vouch for this; use a token, or the web admin"))
    if asked.by != me().name or not isinstance(asked.wish, OfferPairing | JoinHost):
        raise NotAllowed(reason=say("somebody else asked for this"))
    return asked_value(asked)


@endpoint(
    "POST /pairing/hosts/<identity>/confirm",
    AskedValue,
    role=Role.ADMIN,
    body=ComparedWords,
    status=HTTPStatus.ACCEPTED,
    grave=True,
)
def confirm_host(identity: str, body: ComparedWords) -> AskedValue:
    """Trust the host that shows the same words."""
    peer = the_store().hosts.by_id(identity)
    if peer.state is not PeerState.PENDING:
        raise NotAllowed(reason=say("this host does not wait for its words to be compared"))
    if body.words.split() != peer.words.split():
        raise NotAllowed(reason=say("the two hosts show different words: somebody may be between them"))
    return asked_value(wish(ConfirmHost(peer.host.id), me().name))
