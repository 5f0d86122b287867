"""The TLS side of the peer port: shared while nobody else is trusted, another one as soon as somebody is."""

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.peer.gunicorn_conf import Contexts
from pbxsync_worker.peer.identity import own_identity


@pytest.fixture
def identities(tmp_path):
    return [own_identity(tmp_path / name, Disk()) for name in ("me", "one", "two")]


def test_connections_share_a_context_until_somebody_else_is_trusted(identities):
    me, one, two = identities
    trusted = [one.certificate]
    contexts = Contexts(me, lambda: trusted)
    first = contexts.now()
    assert contexts.now() is first
    trusted.append(two.certificate)
    second = contexts.now()
    assert second is not first
    assert second.cert_store_stats()["x509"] == 2


def test_a_host_that_is_revoked_is_in_no_later_context(identities):
    me, one, _ = identities
    trusted = [one.certificate]
    contexts = Contexts(me, lambda: trusted)
    contexts.now()
    trusted.clear()
    assert contexts.now().cert_store_stats()["x509"] == 0
