"""Another host becomes the primary of a group, as its page does it."""

from http import HTTPStatus
from typing import Annotated

import msgspec

from pbxsync_web.access import me
from pbxsync_web.api.endpoint import endpoint
from pbxsync_web.api.groups import job_value
from pbxsync_web.api.values import Answer, AskedValue, Identity, JobValue, Value
from pbxsync_web.api.wishes import asked_value, wish
from pbxsync_web.pages.promotion import wanted
from pbxsync_web.parts import the_store
from pbxsync_worker.core.model.promotion import lacks
from pbxsync_worker.core.model.wish import Promote
from pbxsync_worker.core.store.people import Role


class LackValue(Answer, frozen=True):
    """A right, read, write or coordinate, that this host does not give to another and that the promotion needs."""

    host: str
    right: str


class PromotionValue(Answer, frozen=True):
    """What a promotion means; version: of the group that it was made from; the jobs are as they will be."""

    group: str
    version: int
    old: str
    new: str
    turned: list[JobValue]
    left: list[JobValue]
    stay: list[JobValue]
    lacks: list[LackValue]


class PromoteHost(Value, frozen=True):
    """host: the new primary; version: of the group as it was looked at; one that was changed since is refused."""

    host: Identity
    version: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


@endpoint("GET /groups/<group>/promotion/<identity>", PromotionValue, role=Role.ADMIN)
def promotion_one(group: str, identity: str) -> PromotionValue:
    """Tell what making a host the primary means: jobs that turn round and are paused, others, and lacking rights."""
    found, store = wanted(group, identity), the_store()
    return PromotionValue(
        group=group,
        version=found.before.version,
        old=found.old.id,
        new=found.new.id,
        turned=[job_value(job) for job in found.turned],
        left=[job_value(job) for job in found.left],
        stay=[job_value(job) for job in found.stay],
        lacks=[
            LackValue(one.host.id, one.right.value) for one in lacks(found, store.hosts.me().id, store.hosts.peers())
        ],
    )


@endpoint(
    "POST /groups/<group>/promotion", AskedValue, role=Role.ADMIN, body=PromoteHost, status=HTTPStatus.ACCEPTED,
    grave=True,
)  # fmt: skip
def promote_host(group: str, body: PromoteHost) -> AskedValue:
    """Make a host the primary: on that host itself, or on the primary of today."""
    wanted(group, body.host)
    return asked_value(wish(Promote(group, body.host, body.version), me().name))
