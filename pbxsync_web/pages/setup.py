"""First run: make the first administrator, once, with the token that only this host's own keeper can read.

Somebody whom the PBX's own panel calls its administrator needs no token.
"""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from pbxsync_web.access import let_in, public, somebody, throttled
from pbxsync_web.forms import Refused
from pbxsync_web.forms import people as form
from pbxsync_web.keys import end_setup, is_setup_token
from pbxsync_web.parts import the_parts
from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.store.people import Role

page = Blueprint("setup", __name__)
_THROTTLED = "set-up"


@page.get("/setup")
@public
def first() -> str:
    """Show the form of the first administrator."""
    _while_nobody_is_there()
    return render_template("setup/first.html", values=request.args, problems={}, vouched=_vouched())


@page.post("/setup")
@public
def create() -> Response | tuple[str, int]:
    """Make the first administrator and log them in."""
    _while_nobody_is_there()
    parts = the_parts()
    read = form.read_person(request.form, set())
    problems = dict(read.problems) if isinstance(read, Refused) else {}
    if throttled(_THROTTLED):
        problems = {"token": _("Too many wrong tries. Wait five minutes.")}
    elif not _vouched() and not is_setup_token(parts, request.form.get("token", "")):
        parts.store.people.note_failure("login-name", _THROTTLED)
        problems["token"] = _("This is not the set-up token of this host.")
    if problems or isinstance(read, Refused):
        return render_template("setup/first.html", values=request.form, problems=problems, vouched=_vouched()), 400
    name, password = read
    person = parts.store.people.add(name, password, Role.ADMIN, first=True)
    end_setup(parts)
    parts.store.audit.add(name, "first administrator")
    let_in(person)
    flash(_("Welcome. You are the administrator of this host."), "success")
    return redirect(url_for("start.overview"), 303)


def _vouched() -> bool:
    """Tell whether the panel of this PBX vouches for an administrator: until there is one of ours, that is enough."""
    person = somebody()
    return person is not None and person.guest and person.role is Role.ADMIN


def _while_nobody_is_there() -> None:
    if the_parts().store.people.count():
        raise NotFound(what="page", name=request.path)
