"""What is measured: the facts of each host, and the fleet at a glance."""

from pbxsync_web.api.endpoint import endpoint
from pbxsync_web.api.values import Answer
from pbxsync_web.parts import the_parts, the_store
from pbxsync_web.present import told
from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.fact import Value
from pbxsync_worker.core.model.fleet import FleetHost
from pbxsync_worker.core.store.facts import Known
from pbxsync_worker.core.store.fleet import fleet


class FactValue(Answer, frozen=True):
    """One measured value; null is not known, and source says why; since: when it became so."""

    name: str
    value: Value | None
    at: float
    since: float
    source: str


class HasValue(Answer, frozen=True):
    """What a host has of a job; root: digest of what the source had; current: no other target has anything newer."""

    group: str
    job: str
    source: str
    root: str
    since: float
    at: float
    current: bool


class FleetValue(Answer, frozen=True):
    """One host at a glance.

    state: how it is reached, "this" for this host; rtt_ms: null where nothing was measured; lost_items: what would be
    lost if it died now, null where that is not known; lost: the same in words.
    """

    id: str
    name: str
    state: str
    since: float
    heard_at: float
    rtt_ms: float | None
    sentence: str
    has: list[HasValue]
    lost_items: int | None
    lost_seconds: float
    lost: str


@endpoint("GET /fleet", list[FleetValue])
def show_fleet() -> list[FleetValue]:
    """List every host: how it is reached, what it has, what would be lost with it."""
    return [_fleet_value(one) for one in fleet(the_store())]


@endpoint("GET /hosts/<identity>/facts", list[FactValue])
def host_facts(identity: str) -> list[FactValue]:
    """List what is measured of a host."""
    known = the_store().facts.known(_known(identity))
    return [_fact_value(known[name]) for name in sorted(known)]


@endpoint("GET /hosts/<identity>/history", dict[str, list[tuple[float, Value | None]]])
def host_history(identity: str) -> dict[str, list[tuple[float, Value | None]]]:
    """Tell how the facts of a host were in the last hour: by name, moments and values."""
    since = the_parts().clock.now() - 3600.0
    return {name: list(one) for name, one in the_store().facts.history(_known(identity), since).items()}


def _known(identity: str) -> str:
    store = the_store()
    try:
        return store.hosts.by_id(identity).host.id
    except NotFound:
        if store.hosts.me().id == identity:
            return identity
        raise


def _fact_value(one: Known) -> FactValue:
    return FactValue(one.name, one.value, one.at, one.since, told(one.source))


def _fleet_value(one: FleetHost) -> FleetValue:
    line = one.line
    has = [HasValue(has.group, has.job, has.source, has.root, has.since, has.at, has.current) for has in one.has]
    return FleetValue(
        one.id,
        one.name,
        "this" if line is None else line.state,
        0.0 if line is None else line.since,
        0.0 if line is None else line.heard_at,
        None if line is None else line.rtt_ms,
        "" if line is None else told(line.sentence),
        has,
        one.loss.items,
        one.loss.since_s,
        told(one.loss.sentence),
    )
