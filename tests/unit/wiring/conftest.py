"""An installation in a temporary home whose waker only writes down whom it woke."""

import pytest

from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.core.model.host import Host, Peer, PeerState, Policy, Right
from pbxsync_worker.core.settings import Settings
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.wiring import Installation
from tests.fakes.clock import HandClock
from tests.fakes.waker import Wakes
from tests.unit.core.values import A, catalogue


class Quiet(Installation):
    """An installation whose clock is moved by hand, with nobody on its AMI port and nobody at its peers' addresses."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.clock = HandClock()  # type: ignore[assignment]  # another Clock
        self.wakes = self.__dict__["waker"] = Wakes()

    def knows(self, identity: str, state: PeerState = PeerState.PAIRED, rights=frozenset(Right)) -> Host:
        host = Host(identity, f"host-{identity[0]}", "127.0.0.1:1")
        self.store.hosts.save(Peer(host, b"", state, Policy(rights)))
        return host

    def has_catalogue(self, **values) -> None:
        document = document_of(catalogue(**values))
        self.store.catalogues.save(Signed(document, A, b""))


@pytest.fixture
def here(tmp_path):
    (tmp_path / "etc").mkdir()
    places = {Place.ETC: tmp_path / "etc"}
    installation = Quiet(Settings(home=tmp_path / "home", ami_port=1, places=places))
    installation.store.hosts.set_me(Host(installation.identity.id, "me", "127.0.0.1:1"))
    yield installation
    installation.store.database.close()
