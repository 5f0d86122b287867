"""Who may log in, and as what."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from pbxsync_web.access import admin, fresh, me
from pbxsync_web.forms import Refused
from pbxsync_web.forms import people as form
from pbxsync_web.parts import the_store
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store.people import Role

page = Blueprint("people", __name__, url_prefix="/people")


@page.get("")
@admin
def overview() -> str:
    """Show everybody."""
    return render_template("people/overview.html", people=the_store().people.all(), roles=list(Role))


@page.get("/new")
@admin
@fresh
def new() -> str:
    """Show the form of a new person."""
    return render_template("people/new.html", values={"role": Role.VIEWER}, problems={}, roles=list(Role))


@page.post("/new")
@admin
@fresh
def create() -> Response | tuple[str, int]:
    """Add a person."""
    store = the_store()
    read = form.read_person(request.form, {one.name for one in store.people.all()})
    problems = dict(read.problems) if isinstance(read, Refused) else {}
    role = form.read_role(request.form, problems)
    if isinstance(read, Refused) or problems:
        return render_template("people/new.html", values=request.form, problems=problems, roles=list(Role)), 400
    person = store.people.add(*read, role)
    store.audit.add(me().name, "add person", say("{name}, {role}", name=person.name, role=role))
    flash(_("%(name)s can log in now.", name=person.name), "success")
    return redirect(url_for("people.overview"), 303)


@page.get("/<int:identity>")
@admin
@fresh
def edit(identity: int) -> str:
    """Show one person."""
    person = the_store().people.get(identity)
    return render_template("people/edit.html", person=person, problems={}, roles=list(Role))


@page.post("/<int:identity>")
@admin
@fresh
def change(identity: int) -> Response | tuple[str, int]:
    """Change a role, or give a new password, which ends the person's sessions."""
    store = the_store()
    person = store.people.get(identity)
    problems: dict[str, str] = {}
    if request.form.get("do") == "password":
        password = form.read_password(request.form, problems)
        if not problems:
            store.people.set_password(identity, password)
            store.audit.add(me().name, "change password", person.name)
            flash(_("The password is changed; every session of %(name)s has ended.", name=person.name), "success")
    else:
        role = form.read_role(request.form, problems)
        if not problems:
            store.people.set_role(identity, role)
            store.audit.add(me().name, "change role", say("{name}, {role}", name=person.name, role=role))
            flash(_("The role is saved."), "success")
    if problems:
        return render_template("people/edit.html", person=person, problems=problems, roles=list(Role)), 400
    return redirect(url_for("people.overview"), 303)


@page.get("/<int:identity>/remove")
@admin
@fresh
def remove(identity: int) -> str:
    """Ask whether a person shall go."""
    return render_template("people/remove.html", person=the_store().people.get(identity))


@page.post("/<int:identity>/remove")
@admin
@fresh
def remove_now(identity: int) -> Response:
    """Remove a person."""
    store = the_store()
    person = store.people.get(identity)
    store.people.remove(identity)
    store.audit.add(me().name, "remove person", person.name)
    flash(_("%(name)s can log in no more.", name=person.name), "success")
    return redirect(url_for("people.overview"), 303)
