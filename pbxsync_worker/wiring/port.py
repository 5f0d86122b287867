"""The peer port of this installation, as one gunicorn."""

import os
from collections.abc import Callable

from flask import Flask

from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.store import Store
from pbxsync_worker.datasets.many import Offering
from pbxsync_worker.peer.gunicorn_conf import PeerService, options, trusted_by
from pbxsync_worker.peer.kept_signatures import KeptSignatures
from pbxsync_worker.peer.reports import Reporting
from pbxsync_worker.peer.server import Environ, PeerParts, certificate_of, create_peer_app
from pbxsync_worker.wiring.installation import DELTAS, STREAMS, Installation
from pbxsync_worker.wiring.limits import allow_many_connections
from pbxsync_worker.wiring.reports import HostReports


class Given:
    """The inventories this host gave to others, in its store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def remembered(self, root: bytes) -> Inventory | None:
        """Return the inventory of this root digest, None where it is not known any more."""
        return self._store.inventories.given(root)

    def remember(self, inventory: Inventory) -> None:
        """Keep an inventory for a while."""
        self._store.inventories.remember_given(inventory)


def make_app(here: Installation) -> Flask:
    """Return the application of the peer port."""
    return create_peer_app(peer_parts(here, certificate_of, HostReports(here.store, here.clock)))


def peer_parts(
    here: Installation, certificate: Callable[[Environ], bytes | None], reporting: Reporting | None = None
) -> PeerParts:
    """Return what a peer service of this host is built of; see PeerParts."""
    return PeerParts(
        identity=here.identity,
        store=here.store,
        data=Offering(here.data),
        memory=Given(here.store),
        facts=here.facts.of,
        protected=here.protected,
        enqueue=here.waker.execute,
        streams=STREAMS,
        deltas=DELTAS,
        clock=here.clock,
        certificate=certificate,
        reporting=reporting,
        load=_load,
        shared=here.settings.home,
        signatures=KeptSignatures(here.settings.home / "signatures", here.disk),
    )


def _load() -> float:
    return os.getloadavg()[0] / (os.cpu_count() or 1)


def serve(here: Installation) -> None:
    """Serve the peer port until told to stop; each process opens its own store."""
    allow_many_connections()
    settings = here.settings
    gunicorn = options(here.identity, settings.peer_bind, trusted_by(here.store))
    here.store.database.close()
    PeerService(lambda: make_app(Installation(settings)), gunicorn).run()
