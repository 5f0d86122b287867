"""The way in from the PBX's own panel: it posts a ticket into its frame, and the user is here."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, request, session, url_for
from werkzeug.wrappers import Response

from pbxsync_web.access import let_in, signed
from pbxsync_web.language import LANGUAGES
from pbxsync_web.parts import the_parts
from pbxsync_web.ticket import PANEL, read_key, read_ticket
from pbxsync_worker.core.model.errors import TicketRefused
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store.people import Role

page = Blueprint("panel", __name__)


@page.post("/panel")
@signed
def enter() -> Response:
    """Let somebody in for whom the panel vouches, and end whoever was here before."""
    _refuse_other_sites()
    parts = the_parts()
    ticket = read_ticket(request.form.get("ticket", ""), read_key(parts.settings.panel_key), PANEL, parts.clock.now())
    person = parts.store.people.welcome(ticket.sub, ticket.role, ticket.jti)
    if person is None:
        raise TicketRefused(reason=say("the ticket was used before"))
    language = ticket.lang[:2]
    let_in(person)
    if language in LANGUAGES:
        session["language"] = language
    parts.store.audit.add(person.name, "come from the panel", person.role)
    first = person.role is Role.ADMIN and parts.store.people.count() == 0
    return redirect(url_for("setup.first" if first else "start.overview"), 303)


def _refuse_other_sites() -> None:
    """Only a page of this very origin may post a ticket: another one could log somebody in as a stranger."""
    origin = request.headers.get("Origin", "")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if site != "same-origin" or urlsplit(origin).netloc != request.host:
        raise TicketRefused(reason=say("the request comes from another site"))
