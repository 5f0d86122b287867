"""The hosts: this one, and those it knows."""

from http import HTTPStatus

from pbxsync_web.access import me
from pbxsync_web.api.endpoint import endpoint
from pbxsync_web.api.values import AskedValue, HostValue
from pbxsync_web.api.wishes import asked_value, wish
from pbxsync_web.parts import the_store
from pbxsync_web.present import told
from pbxsync_worker.core.model.host import Host, Peer
from pbxsync_worker.core.model.wish import CheckHost, RevokeHost
from pbxsync_worker.core.store.people import Role


def this_value(host: Host) -> HostValue:
    """Return a host of which nothing else is known."""
    return HostValue(host.id, host.name, host.address, "this", 0.0, "")


def peer_value(peer: Peer) -> HostValue:
    """Return another host with how far it is trusted."""
    host = peer.host
    return HostValue(host.id, host.name, host.address, peer.state.value, peer.seen_at, told(peer.trouble))


@endpoint("GET /hosts", list[HostValue])
def hosts() -> list[HostValue]:
    """List this host, first, and those it knows."""
    store = the_store()
    return [this_value(store.hosts.me()), *map(peer_value, store.hosts.peers())]


@endpoint("GET /hosts/<identity>", HostValue)
def host(identity: str) -> HostValue:
    """Tell of one other host."""
    return peer_value(the_store().hosts.by_id(identity))


@endpoint("POST /hosts/<identity>/check", AskedValue, role=Role.OPERATOR, status=HTTPStatus.ACCEPTED)
def check_host(identity: str) -> AskedValue:
    """Reach another host and say how it is; the wish has the answer."""
    return asked_value(wish(CheckHost(the_store().hosts.by_id(identity).host.id), me().name))


@endpoint("POST /hosts/<identity>/revoke", AskedValue, role=Role.ADMIN, status=HTTPStatus.ACCEPTED, grave=True)
def revoke_host(identity: str) -> AskedValue:
    """Trust a host no more, at once."""
    return asked_value(wish(RevokeHost(the_store().hosts.by_id(identity).host.id), me().name))
