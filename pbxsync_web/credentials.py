"""Who sends a request to the API: a token (`Authorization: Bearer`) or the panel's ticket (`Authorization: Ticket`).

A session of the web admin may read, too. To change something needs a header, which no other site can make a browser
send; so no form token is needed here.
"""

from dataclasses import dataclass

from flask import g, request

from pbxsync_web.parts import the_parts
from pbxsync_web.ticket import API, read_key, read_ticket
from pbxsync_worker.core.model.errors import NotAllowed, TicketRefused, TokenRefused
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store.people import GUEST, Person

_BEARER, _TICKET = "Bearer ", "Ticket "


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends this request; strong: may do what is grave, as far as the role goes."""

    person: Person
    strong: bool


def sender() -> Sender | None:
    """Return whoever the header names, None without a header; raise TicketRefused or TokenRefused."""
    if "sender" not in g:
        g.sender = None  # who is refused is nobody, also while the refusal is written
        g.sender = _read(request.headers.get("Authorization", ""))
    return g.sender  # type: ignore[no-any-return]


def need_strong(*, grave: bool) -> None:
    """Refuse whoever may not change anything here; raise NotAllowed."""
    who = sender()
    if who is None:
        raise NotAllowed(reason=say("changes through the API need a token: send it as `Authorization: Bearer ...`"))
    if grave and not who.strong:
        raise NotAllowed(reason=say("the PBX alone cannot vouch for this; use a token, or the web admin"))


def _read(header: str) -> Sender | None:
    if header.startswith(_BEARER):
        return _by_token(header.removeprefix(_BEARER).strip())
    if header.startswith(_TICKET):
        return _by_ticket(header.removeprefix(_TICKET).strip())
    return None


def _by_token(text: str) -> Sender:
    store = the_parts().store
    found = store.tokens.check(text)
    if found is None:
        raise TokenRefused
    return Sender(Person(0, f"token {found.name}", found.role, "", 0), strong=True)


def _by_ticket(text: str) -> Sender:
    parts = the_parts()
    now, trusted = parts.clock.now(), parts.settings.panel_key
    root = trusted.with_name("root.key")
    try:
        ticket, strong = read_ticket(text, read_key(root), API, now), True
    except TicketRefused:
        ticket, strong = read_ticket(text, read_key(trusted), API, now), False
    if not parts.store.people.burn(ticket.jti):
        raise TicketRefused(reason=say("the ticket was used before"))
    return Sender(Person(0, f"{ticket.sub}{GUEST}", ticket.role, ticket.lang[:2], 0, guest=True), strong=strong)
