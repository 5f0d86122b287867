"""What becomes of rows when they arrive on this host: what ships with the product, and rules of its own."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from pbxsync_web.access import admin, fresh, me
from pbxsync_web.forms import Refused
from pbxsync_web.forms import own_rules as form
from pbxsync_web.parts import the_store
from pbxsync_worker.core.model.own_rule import Becomes, show_condition, tell_rule
from pbxsync_worker.core.model.presets.overlay import EVERYWHERE, REPLICA, Belongs

page = Blueprint("arrival", __name__, url_prefix="/arrival")


@page.get("")
@admin
def overview() -> str:
    """Show every rule, and the form of a new one."""
    return _page(MultiDict({"database": form.DATABASES[0], "becomes": Becomes.REPLACE.value}), {})


@page.post("")
@admin
@fresh
def add() -> Response | tuple[str, int]:
    """Add a rule."""
    read = form.read(request.form)
    if isinstance(read, Refused):
        return _page(request.form, read.problems), 400
    store = the_store()
    store.own_rules.add(read)
    store.audit.add(me().name, "add rule on arrival", tell_rule(read))
    flash(_("The rule is saved. It holds from the next run on."), "success")
    return redirect(url_for("arrival.overview"), 303)


@page.post("/<int:number>/remove")
@admin
@fresh
def remove(number: int) -> Response:
    """Remove a rule."""
    store = the_store()
    store.audit.add(me().name, "remove rule on arrival", tell_rule(store.own_rules.remove(number)))
    flash(_("The rule is gone. What it replaced arrives as it is with the next run."), "success")
    return redirect(url_for("arrival.overview"), 303)


def _page(values: MultiDict[str, str], problems: object) -> str:
    rules = the_store().own_rules.all()
    return render_template(
        "arrival/overview.html",
        own=rules,
        shipped=(EVERYWHERE, REPLICA),
        belongs=lambda rule: isinstance(rule, Belongs),
        rows=show_condition,
        values=values,
        problems=problems,
        databases=[(name, name) for name in form.DATABASES],
    )
