"""What was asked for and a worker grants."""

from pbxsync_web.access import may, me
from pbxsync_web.api.endpoint import endpoint
from pbxsync_web.api.values import AskedValue
from pbxsync_web.parts import the_parts, the_store
from pbxsync_web.present import told
from pbxsync_worker.core.handover import request as wish_for
from pbxsync_worker.core.model.errors import NotAllowed
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.wish import Asked, JoinHost, OfferPairing, Wish
from pbxsync_worker.core.store.people import Role


def wish(what: Wish, by: str) -> Asked:
    """Hand a wish over and return it as stored."""
    parts = the_parts()
    return parts.store.wishes.get(wish_for(parts.store, parts.waker, what, by))


def asked_value(asked: Asked) -> AskedValue:
    """Return a wish as the API tells it."""
    return AskedValue(asked.id, asked.state.value, told(asked.answer), asked.error)


@endpoint("GET /wishes/<identity>", AskedValue, role=Role.OPERATOR)
def wish_one(identity: str) -> AskedValue:
    """Tell how far a wish is."""
    asked = the_store().wishes.get(identity)
    if isinstance(asked.wish, OfferPairing | JoinHost) or not (may("admin") or asked.by == me().name):
        raise NotAllowed(reason=say("somebody else asked for this"))
    return asked_value(asked)
