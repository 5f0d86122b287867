"""Log in, log out, and give the password again before something grave."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from pbxsync_web.access import check_password, let_in, let_out, local_page, me, public, somebody, throttled
from pbxsync_web.parts import the_parts
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store.people import Role

page = Blueprint("login", __name__)


@page.get("/login")
@public
def login() -> str | Response:
    """Show the login form."""
    if somebody():
        return redirect(url_for("start.overview"), 303)
    if the_parts().store.people.count() == 0:
        return redirect(url_for("setup.first"), 303)
    framed = request.headers.get("Sec-Fetch-Dest") == "iframe"
    return render_template("login/login.html", values=request.args, problem="", framed=framed)


@page.post("/login")
@public
def enter() -> Response | tuple[str, int]:
    """Let somebody in whose password is right."""
    name = request.form.get("name", "").strip()
    if throttled(name):
        problem = _("Too many wrong tries. Wait five minutes.")
        return render_template("login/login.html", values=request.form, problem=problem), 429
    person = check_password(name, request.form.get("password", ""))
    if person is None:
        problem = _("Name or password is wrong.")
        return render_template("login/login.html", values=request.form, problem=problem), 401
    let_in(person)
    the_parts().store.audit.add(person.name, "log in")
    return redirect(local_page(request.form.get("next", "/")), 303)


@page.post("/logout")
def logout() -> Response:
    """End every session of this person, so that a stolen cookie is worth nothing either."""
    the_parts().store.audit.add(me().name, "log out")
    the_parts().store.people.end_sessions(me().id)
    let_out()
    return redirect(url_for("login.login"), 303)


@page.get("/password")
def password() -> str:
    """Ask for the password again."""
    return render_template("login/password.html", values=request.args, problem="")


@page.post("/password")
def confirm() -> Response | tuple[str, int]:
    """Remember that the password was right just now; a guest needs an administrator's."""
    name = request.form.get("name", "").strip() if me().guest else me().name
    if throttled(name):
        problem = _("Too many wrong tries. Wait five minutes.")
        return render_template("login/password.html", values=request.form, problem=problem), 429
    person = check_password(name, request.form.get("password", ""))
    if person is None or (me().guest and person.role is not Role.ADMIN):
        problem = _("The password is wrong.")
        return render_template("login/password.html", values=request.form, problem=problem), 401
    if me().guest:
        the_parts().store.audit.add(me().name, "vouched for", say("by {who}", who=person.name))
    session["password_at"] = the_parts().clock.now()
    flash(_("Thank you. Now go on."), "success")
    return redirect(local_page(request.form.get("next", "/")), 303)
