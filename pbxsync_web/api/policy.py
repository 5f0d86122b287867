"""What one peer may do on this host; kept here, and nothing remote can widen it."""

from typing import Annotated

import msgspec
from werkzeug.datastructures import MultiDict

from pbxsync_web.access import me
from pbxsync_web.api.endpoint import accepted, endpoint
from pbxsync_web.api.values import Answer, Value
from pbxsync_web.forms.policy import PLACES, read
from pbxsync_web.pages.policy import about
from pbxsync_web.parts import the_store
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.host import Policy, Right
from pbxsync_worker.core.store.people import Role

Lines = Annotated[list[Annotated[str, msgspec.Meta(max_length=128)]], msgspec.Meta(max_length=100)]


class PolicyValue(Answer, frozen=True):
    """What a peer may do here; max_delete_percent: a plan that removes more is held; replica: this host stands by."""

    rights: list[str]
    places: list[str]
    max_delete_percent: int
    reloads: list[str]
    replica: bool
    actions: list[str]


class SavePolicy(Value, frozen=True):
    """A policy as it shall be, all of it; reloads, actions: ["*"] for all."""

    rights: list[Right]
    places: Lines
    max_delete_percent: Annotated[int, msgspec.Meta(ge=0, le=100)]
    reloads: Lines
    replica: bool
    actions: Lines


@endpoint("GET /hosts/<identity>/policy", PolicyValue, role=Role.ADMIN)
def policy(identity: str) -> PolicyValue:
    """Tell what a peer may do here."""
    return _value(the_store().hosts.by_id(identity).policy)


@endpoint("PUT /hosts/<identity>/policy", PolicyValue, role=Role.ADMIN, body=SavePolicy, grave=True)
def save_policy(identity: str, body: SavePolicy) -> PolicyValue:
    """Change what a peer may do here."""
    store = the_store()
    peer = store.hosts.by_id(identity)
    unknown = sorted(set(body.places) - set(PLACES))
    if unknown:
        raise Invalid(what="The request", problems=f"there is no place {unknown[0]}")
    form = MultiDict({"max_delete_percent": str(body.max_delete_percent), "replica": "yes" if body.replica else "no"})
    form.update({"reloads": "\n".join(body.reloads), "actions": "\n".join(body.actions)})
    form.update({f"right-{one}": "yes" for one in body.rights} | {f"place-{one}": "yes" for one in body.places})
    saved = accepted(read(form))
    store.hosts.set_policy(peer.host.id, saved)
    store.audit.add(me().name, "change policy", about(peer, saved))
    return _value(saved)


def _value(one: Policy) -> PolicyValue:
    rights = sorted(right.value for right in one.rights)
    return PolicyValue(
        rights, list(one.places), one.max_delete_percent, list(one.reloads), one.replica, list(one.actions)
    )
