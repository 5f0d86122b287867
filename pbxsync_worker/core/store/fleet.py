"""Reads the fleet at a glance from what is remembered of every host."""

from dataclasses import replace

from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.fact import Value
from pbxsync_worker.core.model.fleet import FleetHost, Has, loss_of, newest
from pbxsync_worker.core.model.host import PeerState
from pbxsync_worker.core.model.report import LineState
from pbxsync_worker.core.store import Store


def fleet(store: Store) -> tuple[FleetHost, ...]:
    """Return this host and every paired one, this one first, the others by name."""
    try:
        me = store.hosts.me()
    except NotFound:
        return ()
    peers = store.hosts.peers(PeerState.PAIRED)
    lines, facts = store.lines.all(), store.facts.all()
    sources = {job.source for one in store.catalogues.all() for job in one.jobs}
    told: dict[str, list[Has]] = {}
    for one in store.versions.of():
        has = Has(one.group, one.job, one.source, one.root, one.since, one.at, current=True)
        told.setdefault(one.host, []).append(has)
    roots = newest([one for some in told.values() for one in some])

    def host(identity: str, name: str, line: LineState | None) -> FleetHost:
        known: dict[str, Value] = {
            one.name: one.value for one in facts.get(identity, {}).values() if one.value is not None
        }
        has = tuple(replace(one, current=roots[one.group, one.job] == one.root) for one in told.get(identity, ()))
        gone = line is not None and line.state not in ("reachable", "slow")
        loss = loss_of({} if gone else known, source=identity in sources)
        return FleetHost(identity, name, line, known, has, loss)

    others = (host(one.host.id, one.host.name, lines.get(one.host.id, LineState())) for one in peers)
    return (host(me.id, me.name, None), *others)
