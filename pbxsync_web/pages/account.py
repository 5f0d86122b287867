"""My account: language, colours and password."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from pbxsync_web import theme
from pbxsync_web.access import check_password, let_in, me, throttled
from pbxsync_web.forms import people as form
from pbxsync_web.language import LANGUAGES
from pbxsync_web.parts import the_store

page = Blueprint("account", __name__, url_prefix="/account")


@page.get("")
def overview() -> str:
    """Show my account."""
    return render_template("account/overview.html", person=me(), problems={})


@page.post("/language")
def set_language() -> Response:
    """Remember the language I read."""
    code = request.form.get("language", "")
    if code not in LANGUAGES:
        raise BadRequest
    the_store().people.set_language(me().id, code)
    session["language"] = code
    return redirect(url_for("account.overview"), 303)


@page.post("/theme")
def set_theme() -> Response:
    """Remember in this browser whether pages are light or dark."""
    asked = request.form.get("theme", "")
    if asked not in theme.THEMES:
        raise BadRequest
    answer = make_response(redirect(url_for("account.overview"), 303))
    theme.remember(answer, asked)
    return answer


@page.post("/password")
def set_password() -> Response | tuple[str, int]:
    """Change my password; my other sessions end."""
    person, store = me(), the_store()
    problems: dict[str, str] = {}
    password = form.read_password(request.form, problems)
    if throttled(person.name):
        problems["old"] = _("Too many wrong tries. Wait five minutes.")
    elif not problems and check_password(person.name, request.form.get("old", "")) is None:
        problems["old"] = _("The password is wrong.")
    if problems:
        return render_template("account/overview.html", person=person, problems=problems), 400
    store.people.set_password(person.id, password)
    store.audit.add(person.name, "change password", person.name)
    let_in(store.people.get(person.id))
    flash(_("Your password is changed; your other sessions have ended."), "success")
    return redirect(url_for("account.overview"), 303)
