"""Alerts: who is told what, the mail server, the outbox, and what goes on that somebody was told of."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from pbxsync_web.access import admin, fresh, me, operator
from pbxsync_web.forms import Refused
from pbxsync_web.forms import alerts as form
from pbxsync_web.language import chosen
from pbxsync_web.pages.wishes import ask
from pbxsync_web.parts import the_parts, the_store
from pbxsync_worker.core.model.alert import CHOICES
from pbxsync_worker.core.model.letter import OPEN, LetterState, shown_to
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.subscription import Channel, Pace, Security, Subscription
from pbxsync_worker.core.model.wish import SendTestAlert
from pbxsync_worker.core.store.alert_secrets import new_webhook_secret, set_mail_password

page = Blueprint("alerts", __name__, url_prefix="/alerts")


@page.get("")
@operator
def overview() -> str:
    """Show recipients, the mail server, what lasts, and the outbox."""
    store = the_store()
    state = request.args.get("state", "")
    return render_template(
        "alerts/overview.html",
        recipients=store.subscriptions.all(),
        waiting=store.outbox.waiting(),
        settings=store.subscriptions.settings(),
        troubles=store.outbox.troubles().values(),
        incidents=store.alerts.open(most=100),
        letters=store.outbox.letters(state if state in list(LetterState) else ""),
        counts=store.outbox.counts(),
        states=list(LetterState),
        state=state,
        open_states=OPEN,
        shown_to=shown_to,
        kinds=CHOICES,
    )


@page.get("/server")
@admin
@fresh
def server() -> str:
    """Show the form of the mail server and of what holds for all alerts."""
    return _server_form(form.settings_to_form(the_store().subscriptions.settings()), {})


@page.post("/server")
@admin
@fresh
def save_server() -> Response | tuple[str, int]:
    """Change them; a password goes into a file of its own."""
    read = form.read_settings(request.form)
    if isinstance(read, Refused):
        return _server_form(request.form, read.problems), 400
    parts = the_parts()
    if read.password is not None:
        set_mail_password(parts.disk, parts.settings.keys, read.password)
    parts.store.subscriptions.set_settings(read.settings)
    parts.store.audit.add(me().name, "change mail server", form.about_server(read.settings))
    flash(_("The settings are saved. Send a test to see whether they work."), "success")
    return redirect(url_for("alerts.overview"), 303)


@page.get("/recipients/new")
@admin
def new() -> str:
    """Show the form of a new recipient."""
    return _form(None, form.to_form(Subscription("", Channel.EMAIL, "", language=chosen())), {})


@page.post("/recipients/new")
@admin
def create() -> Response | tuple[str, int] | str:
    """Add a recipient; a webhook gets a secret, which is shown once."""
    read = form.read(request.form)
    if isinstance(read, Refused):
        return _form(None, request.form, read.problems), 400
    store = the_store()
    number = store.subscriptions.add(read)
    store.audit.add(
        me().name, "add recipient", say("{number}: {name}, {way}", number=number, name=read.title, way=read.channel)
    )
    if read.channel is Channel.WEBHOOK:
        return _secret(number, read)
    flash(_("%(name)s is told from now on. Send a test to see whether it arrives.", name=read.title), "success")
    return redirect(url_for("alerts.overview"), 303)


@page.get("/recipients/<int:number>")
@admin
def edit(number: int) -> str:
    """Show the form of a recipient."""
    one = the_store().subscriptions.get(number)
    return _form(number, form.to_form(one), {})


@page.post("/recipients/<int:number>")
@admin
def change(number: int) -> Response | tuple[str, int]:
    """Change a recipient."""
    store = the_store()
    store.subscriptions.get(number)
    read = form.read(request.form)
    if isinstance(read, Refused):
        return _form(number, request.form, read.problems), 400
    store.subscriptions.save(number, read)
    store.audit.add(
        me().name, "change recipient", say("{number}: {name}, {way}", number=number, name=read.title, way=read.channel)
    )
    flash(_("The recipient is saved."), "success")
    return redirect(url_for("alerts.overview"), 303)


@page.get("/recipients/<int:number>/remove")
@admin
def remove(number: int) -> str:
    """Ask whether a recipient shall go."""
    return render_template("alerts/remove.html", number=number, one=the_store().subscriptions.get(number))


@page.post("/recipients/<int:number>/remove")
@admin
def remove_now(number: int) -> Response:
    """Remove a recipient, and what was still to be sent to it."""
    store = the_store()
    gone = store.subscriptions.remove(number)
    store.audit.add(me().name, "remove recipient", f"{number}: {gone.title}")
    flash(_("%(name)s is told nothing more.", name=gone.title), "success")
    return redirect(url_for("alerts.overview"), 303)


@page.post("/recipients/<int:number>/secret")
@admin
@fresh
def secret(number: int) -> str:
    """Make a new secret for a webhook, in place of the old one, and show it once."""
    one = the_store().subscriptions.get(number)
    the_store().audit.add(me().name, "new webhook secret", f"{number}: {one.title}")
    return _secret(number, one)


@page.post("/recipients/<int:number>/test")
@operator
def test(number: int) -> Response:
    """Ask a worker to send a test, and wait for the server's answer."""
    the_store().subscriptions.get(number)
    return ask(SendTestAlert(number), url_for("alerts.overview"), stay=True)


@page.post("/letters/<int:number>/resend")
@operator
def resend(number: int) -> Response:
    """Send a letter again."""
    store = the_store()
    store.outbox.resend(number)
    store.audit.add(me().name, "resend alert", say("letter {number}", number=number))
    flash(_("It is sent again now."), "success")
    return redirect(url_for("alerts.overview"), 303)


@page.post("/letters/<int:number>/drop")
@operator
def drop(number: int) -> Response:
    """Send a letter no more."""
    store = the_store()
    store.outbox.drop(number)
    store.audit.add(me().name, "drop alert", say("letter {number}", number=number))
    flash(_("It is not sent any more."), "success")
    return redirect(url_for("alerts.overview"), 303)


def _secret(number: int, one: Subscription) -> str:
    parts = the_parts()
    made = new_webhook_secret(parts.disk, parts.settings.keys, number)
    return render_template("alerts/secret.html", one=one, secret=made)


def _form(number: int | None, values: MultiDict[str, str], problems: object) -> str:
    catalogues = the_store().catalogues.all()
    return render_template(
        "alerts/recipient.html",
        number=number,
        values=values,
        problems=problems,
        kinds=CHOICES,
        channels=list(Channel),
        paces=list(Pace),
        catalogues=catalogues,
    )


def _server_form(values: MultiDict[str, str], problems: object) -> str:
    return render_template("alerts/server.html", values=values, problems=problems, securities=list(Security))
