"""Tickets: who the PBX's own panel says that somebody is, for half a minute and once.

A ticket is `payload.signature`: the payload is JSON in URL-safe base64 without padding, the signature HMAC-SHA256
(RFC 2104, hex) with the key that panel and web admin share, over a prefix that no other use of the key has.
Payload: iss "freepbx", aud (what it opens), sub (the user's name), sections (of the panel, which the user may see),
iat, exp (seconds since 1970, at most 30 apart), jti (random, burnt at its first use), lang (such as "es_ES").
"""

import binascii
import hmac
from base64 import urlsafe_b64decode
from hashlib import sha256
from pathlib import Path

import msgspec

from pbxsync_worker.core.model.errors import TicketRefused
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store.people import Role

PREFIX = b"pbxsync ticket 1\n"
PANEL = "panel"
"""What a ticket is for that opens the web admin inside the panel."""
API = "api"
"""What a ticket is for that goes with one request to the API."""
SECONDS = 30
_SKEW = 5
_LONGEST = 4096
_ROLES = {
    "*": Role.ADMIN,
    "pbxsync_admin": Role.ADMIN,
    "pbxsync_operate": Role.OPERATOR,
    "pbxsync": Role.VIEWER,
}
_STRONGEST = (Role.ADMIN, Role.OPERATOR, Role.VIEWER)
_SHORTEST_KEY = 32


class Ticket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a ticket says."""

    iss: str
    aud: str
    sub: str
    sections: list[str]
    iat: float
    exp: float
    jti: str
    lang: str = ""

    @property
    def role(self) -> Role:
        """Return what the sections of the panel allow here; raise TicketRefused where it is nothing."""
        allowed = {_ROLES[section] for section in self.sections if section in _ROLES}
        for role in _STRONGEST:
            if role in allowed:
                return role
        raise TicketRefused(reason=say("your user of the PBX has no section of PBXSync"))


def read_key(path: Path) -> bytes:
    """Return the key that panel and web admin share; raise TicketRefused where there is none that is worth the name."""
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise TicketRefused(reason=say("there is no key of the panel in {path}", path=str(path))) from error
    if len(key) < _SHORTEST_KEY:
        raise TicketRefused(reason=say("the key of the panel in {path} is too short", path=str(path)))
    return key


def read_ticket(text: str, key: bytes, use: str, now: float) -> Ticket:
    """Return what a ticket says; raise TicketRefused for any that was not made with the key, for this use, just now.

    now: seconds since 1970. Whether it was used before is for the store to say.
    """
    payload, _, signature = text.partition(".")
    expected = hmac.new(key, PREFIX + payload.encode("utf-8", "replace"), sha256).hexdigest()
    if len(text) > _LONGEST or not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        raise TicketRefused(reason=say("the ticket was not made by this PBX"))
    try:
        ticket = msgspec.json.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=Ticket)
    except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error, ValueError) as error:
        raise TicketRefused(reason=say("the ticket cannot be read")) from error
    problem = _problem(ticket, use, now)
    if problem:
        raise TicketRefused(reason=problem)
    return ticket


def _problem(ticket: Ticket, use: str, now: float) -> str:
    if ticket.iss != "freepbx" or ticket.aud != use:
        return say("the ticket is for something else")
    if not ticket.iat - _SKEW <= now <= ticket.exp or not 0 < ticket.exp - ticket.iat <= SECONDS:
        return say("the ticket is too old; load the page again")
    if not 1 <= len(ticket.sub) <= 48 or not ticket.sub.isprintable() or not 16 <= len(ticket.jti) <= 64:
        return say("the ticket cannot be read")
    return ""
