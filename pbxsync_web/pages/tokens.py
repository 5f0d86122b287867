"""Tokens: how programs use the API."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from pbxsync_web.access import admin, fresh, me
from pbxsync_web.forms import Refused
from pbxsync_web.forms import tokens as form
from pbxsync_web.parts import the_parts, the_store
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store.people import Role

page = Blueprint("tokens", __name__, url_prefix="/tokens")


@page.get("")
@admin
def overview() -> str:
    """Show all tokens."""
    return render_template("tokens/overview.html", tokens=the_store().tokens.all(), now=the_parts().clock.now())


@page.get("/new")
@admin
@fresh
def new() -> str:
    """Show the form of a new token."""
    values = {"role": Role.VIEWER, "days": "365"}
    return render_template("tokens/new.html", values=values, problems={}, roles=list(Role))


@page.post("/new")
@admin
@fresh
def create() -> str | tuple[str, int]:
    """Make a token and show it, this once."""
    read = form.read(request.form)
    if isinstance(read, Refused):
        shown = {"values": request.form, "problems": read.problems, "roles": list(Role)}
        return render_template("tokens/new.html", **shown), 400
    name, role, days = read
    text = the_store().tokens.add(name, role, days, me().name)
    the_store().audit.add(me().name, "make token", say("{name}, {role}, {days} days", name=name, role=role, days=days))
    return render_template("tokens/made.html", name=name, text=text)


@page.get("/<identity>/remove")
@admin
@fresh
def remove(identity: str) -> str:
    """Ask whether a token shall go."""
    return render_template("tokens/remove.html", token=the_store().tokens.get(identity))


@page.post("/<identity>/remove")
@admin
@fresh
def remove_now(identity: str) -> Response:
    """Take a token back."""
    gone = the_store().tokens.remove(identity)
    the_store().audit.add(me().name, "remove token", gone.name)
    flash(_("The token %(name)s is worth nothing any more.", name=gone.name), "success")
    return redirect(url_for("tokens.overview"), 303)
