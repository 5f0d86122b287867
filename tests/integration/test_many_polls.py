"""A real peer port that many hosts behind routers keep asking what waits for them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.host import Policy
from pbxsync_worker.peer.connection import Address, Connection
from pbxsync_worker.peer.control import PeerControl
from pbxsync_worker.peer.exchange import Exchange
from pbxsync_worker.peer.identity import own_identity
from pbxsync_worker.peer.reporter import PeerReports
from tests.fakes.link import STREAMS, MemoryData, peer_of
from tests.fakes.peer_service import RealHost

pytestmark = pytest.mark.integration

HOSTS = 60
"""More than a service with a thread for each of few requests could hold."""


@pytest.fixture
def controller(tmp_path):
    host = RealHost(tmp_path / "controller", "controller")
    host.give(MemoryData())
    yield host
    host.close()


def test_every_host_behind_a_router_is_told_at_once_while_others_ask_and_the_port_serves_on(controller, tmp_path):
    clock = SystemClock()
    hosts = [own_identity(tmp_path / f"h{number}", Disk()) for number in range(HOSTS)]
    for number, host in enumerate(hosts):
        controller.store.hosts.save(peer_of(host, f"h{number}", policy=Policy()))
    controller.start()

    def exchange(own):
        to = Address("controller", controller.me.address, controller.identity.id, own)
        return Exchange("controller", Connection(to, clock), STREAMS)

    asking = [PeerReports(exchange(host), clock) for host in hosts]
    with ThreadPoolExecutor(HOSTS) as pool:
        held = [pool.submit(one.collect, 30.0) for one in asking]
        clock.sleep(1.5)  # most of them are held by now; the test says the same where they are not
        ping = exchange(hosts[0])
        assert PeerControl(ping).ping().id == controller.identity.id
        assert not any(one.done() for one in held)
        for number, host in enumerate(hosts):
            controller.store.lines.send(host.id, "/v1/ping", str(number).encode())
        assert [one.result(30)[0].body for one in held] == [str(number).encode() for number in range(HOSTS)]
    for one in (*asking, ping):
        one.close()
