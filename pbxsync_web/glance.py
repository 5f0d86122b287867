"""Every host of the fleet at a glance: how it is, which part it has, what runs on it, and how it was last well."""

from collections.abc import Sequence
from dataclasses import dataclass

from pbxsync_worker.core.model.fleet import FleetHost
from pbxsync_worker.core.model.host import Catalogue, GroupKind
from pbxsync_worker.core.model.run import Run
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.store.fleet import fleet


@dataclass(frozen=True, slots=True)
class Glance:
    """One host; parts: (group, title, role) with role "primary", "replica", "coordinator" or "peer".

    good_at: seconds since 1970 of its last run that ended well, 0 before the first; tone: good, warn or bad.
    """

    host: FleetHost
    parts: tuple[tuple[str, str, str], ...]
    work: tuple[Run, ...]
    good_at: float
    tone: str


def glances(store: Store, catalogues: Sequence[Catalogue]) -> tuple[Glance, ...]:
    """Return all hosts, this one first; nothing before this host has an identity."""
    unfinished = store.runs.unfinished()

    def one(host: FleetHost) -> Glance:
        work = tuple(run for run in unfinished if run.target == host.id)
        return Glance(
            host, _parts(host.id, catalogues), work, max((has.at for has in host.has), default=0.0), tone(host)
        )

    return tuple(map(one, fleet(store)))


def tone(host: FleetHost) -> str:
    """Return how a host is: bad where it is gone or Asterisk is down, warn where something is not as it should be."""
    state = host.line.state if host.line else "reachable"
    if state not in {"reachable", "slow"} or host.facts.get("asterisk.up") is False:
        return "bad"
    return "good" if state == "reachable" and all(has.current for has in host.has) else "warn"


def _parts(identity: str, catalogues: Sequence[Catalogue]) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (one.group, one.title, _role(one, identity))
        for one in catalogues
        if identity in {host.id for host in one.hosts}
    )


def _role(catalogue: Catalogue, identity: str) -> str:
    leads = identity == catalogue.primary
    if catalogue.kind is GroupKind.FEDERATION:
        return "coordinator" if leads else "peer"
    return "primary" if leads else "replica"
