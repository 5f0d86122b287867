"""Farms: one primary, any number of replicas, and the catalogue that they share."""

from flask import Blueprint, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from pbxsync_web.access import admin
from pbxsync_web.forms import Refused
from pbxsync_web.forms import groups as form
from pbxsync_web.pages.promotion import may_promote
from pbxsync_web.pages.wishes import ask
from pbxsync_web.parts import the_store
from pbxsync_web.present import host_name, this_host
from pbxsync_web.sheets import sheet
from pbxsync_worker.core.model.errors import ChangedElsewhere
from pbxsync_worker.core.model.host import Catalogue, Host, PeerState
from pbxsync_worker.core.model.wish import SaveCatalogue

page = Blueprint("groups", __name__, url_prefix="/groups")
PAGE_LENGTH = 50


def manages(catalogue: Catalogue) -> bool:
    """Tell whether the catalogue is changed here: on the farm's primary."""
    mine = this_host()
    return mine is not None and mine.id == catalogue.primary


def managed(group: str) -> Catalogue:
    """Return a catalogue that is changed here; raise NotFound, ChangedElsewhere where another host is its primary."""
    catalogue = the_store().catalogues.current(group)
    if not manages(catalogue):
        raise ChangedElsewhere(group=catalogue.title, host=host_name(catalogue.primary))
    return catalogue


@page.get("")
def overview() -> str:
    """Show all farms."""
    return render_template("groups/overview.html", catalogues=the_store().catalogues.all())


@page.get("/<group>")
def one(group: str) -> str:
    """Show one farm: hosts, datasets, jobs."""
    catalogue = the_store().catalogues.current(group)
    peers = {peer.host.id: peer for peer in the_store().hosts.peers()}
    return render_template(
        "groups/one.html",
        catalogue=catalogue,
        peers=peers,
        here=manages(catalogue),
        may_promote=may_promote,
        hosts=sheet(catalogue.hosts, PAGE_LENGTH),
        jobs=sheet(catalogue.jobs, PAGE_LENGTH, lambda one: f"{one.title} {one.name}"),
    )


@page.get("/new")
@admin
def new() -> str:
    """Show the form of a new farm."""
    return _form(None, MultiDict(), {})


@page.post("/new")
@admin
def create() -> Response | tuple[str, int]:
    """Make a farm with this host as its primary."""
    store = the_store()
    taken = {one.group for one in store.catalogues.all()} | {"new"}
    read = form.read_new(request.form, store.hosts.me(), paired(), taken)
    if isinstance(read, Refused):
        return _form(None, request.form, read.problems), 400
    return ask(SaveCatalogue(read), url_for("groups.one", group=read.group))


@page.get("/<group>/edit")
@admin
def edit(group: str) -> str:
    """Show the form of a farm."""
    catalogue = managed(group)
    return _form(catalogue, form.to_form(catalogue), {})


@page.post("/<group>/edit")
@admin
def change(group: str) -> Response | tuple[str, int]:
    """Change name and hosts of a farm."""
    catalogue = managed(group)
    read = form.read_change(request.form, catalogue, candidates(catalogue))
    if isinstance(read, Refused):
        return _form(catalogue, request.form, read.problems), 400
    return ask(SaveCatalogue(read), url_for("groups.one", group=group))


def paired() -> tuple[Host, ...]:
    """Return the hosts that a new group can have."""
    return tuple(peer.host for peer in the_store().hosts.peers(PeerState.PAIRED))


def candidates(catalogue: Catalogue | None) -> tuple[Host, ...]:
    """Return the hosts that a group can have: paired ones, and whoever is in it."""
    trusted = paired()
    known = {host.id for host in trusted}
    members = catalogue.hosts if catalogue else ()
    primary = catalogue.primary if catalogue else ""
    return (*trusted, *(host for host in members if host.id not in known and host.id != primary))


def _form(catalogue: Catalogue | None, values: MultiDict[str, str], problems: object) -> str:
    hosts = candidates(catalogue)
    return render_template("groups/edit.html", catalogue=catalogue, values=values, problems=problems, hosts=hosts)
