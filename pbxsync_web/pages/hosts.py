"""The hosts: this one with its identity, and the others with how far they are trusted."""

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from pbxsync_web.access import admin, fresh, operator
from pbxsync_web.pages.wishes import ask
from pbxsync_web.parts import the_parts, the_store
from pbxsync_web.sheets import sheet
from pbxsync_worker.core.model.wish import CheckHost, RevokeHost

page = Blueprint("hosts", __name__, url_prefix="/hosts")
PAGE_LENGTH = 50


@page.get("")
def overview() -> str:
    """Show all hosts."""
    return render_template(
        "hosts/overview.html",
        peers=sheet(the_store().hosts.peers(), PAGE_LENGTH, lambda one: f"{one.host.name} {one.host.address}"),
    )


@page.get("/<identity>")
def one(identity: str) -> str:
    """Show one other host and what it may do here."""
    peer = the_store().hosts.by_id(identity)
    places = the_parts().settings.places
    farms = [one for one in the_store().catalogues.all() if any(host.id == peer.host.id for host in one.hosts)]
    return render_template("hosts/one.html", peer=peer, places=places, farms=farms)


@page.post("/<identity>/check")
@operator
def check(identity: str) -> Response:
    """Ask a worker to reach the host."""
    peer = the_store().hosts.by_id(identity)
    return ask(CheckHost(peer.host.id), url_for("hosts.one", identity=peer.host.id), stay=True)


@page.get("/<identity>/revoke")
@admin
@fresh
def revoke(identity: str) -> str:
    """Say what revoking a host means."""
    peer = the_store().hosts.by_id(identity)
    farms = [one for one in the_store().catalogues.all() if any(host.id == peer.host.id for host in one.hosts)]
    return render_template("hosts/revoke.html", peer=peer, farms=farms)


@page.post("/<identity>/revoke")
@admin
@fresh
def revoke_now(identity: str) -> Response:
    """Trust the host no more."""
    peer = the_store().hosts.by_id(identity)
    return ask(RevokeHost(peer.host.id), url_for("hosts.overview"))
