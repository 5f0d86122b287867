"""Tickets: what is let through, and everything that is not."""

import hmac
import json
from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxsync_web.ticket import PANEL, PREFIX, read_key, read_ticket
from pbxsync_worker.core.model.errors import TicketRefused
from pbxsync_worker.core.store.people import Role

KEY = b"k" * 32
NOW = 1_000_000.0
GOOD = {
    "iss": "freepbx",
    "aud": PANEL,
    "sub": "anna",
    "sections": ["*"],
    "iat": NOW,
    "exp": NOW + 20,
    "jti": "0123456789abcdef",
    "lang": "es_ES",
}


def ticket_of(key=KEY, **other):
    payload = urlsafe_b64encode(json.dumps({**GOOD, **other}).encode()).rstrip(b"=")
    return f"{payload.decode()}.{hmac.new(key, PREFIX + payload, sha256).hexdigest()}"


def test_it_reads_what_the_panel_made():
    ticket = read_ticket(ticket_of(), KEY, PANEL, NOW + 5)
    assert (ticket.sub, ticket.role, ticket.lang) == ("anna", Role.ADMIN, "es_ES")


@pytest.mark.parametrize(
    ("sections", "role"),
    [
        (["*"], Role.ADMIN),
        (["pbxsync", "pbxsync_operate"], Role.OPERATOR),
        (["extensions", "pbxsync"], Role.VIEWER),
        (["pbxsync_admin", "pbxsync"], Role.ADMIN),
    ],
)
def test_the_sections_of_the_panel_say_the_role(sections, role):
    assert read_ticket(ticket_of(sections=sections), KEY, PANEL, NOW).role is role


def test_it_refuses_a_user_without_any_section_of_ours():
    with pytest.raises(TicketRefused, match="no section"):
        _ = read_ticket(ticket_of(sections=["extensions"]), KEY, PANEL, NOW).role


@pytest.mark.parametrize(
    ("other", "now", "why"),
    [
        ({}, NOW + 21, "too old"),
        ({}, NOW - 6, "too old"),
        ({"exp": NOW + 31}, NOW, "too old"),
        ({"exp": NOW}, NOW, "too old"),
        ({"iss": "other"}, NOW, "something else"),
        ({"aud": "api"}, NOW, "something else"),
        ({"sub": ""}, NOW, "cannot be read"),
        ({"sub": "a\nb"}, NOW, "cannot be read"),
        ({"sub": "a" * 49}, NOW, "cannot be read"),
        ({"jti": "short"}, NOW, "cannot be read"),
        ({"more": 1}, NOW, "cannot be read"),
        ({"sections": "*"}, NOW, "cannot be read"),
    ],
)
def test_it_refuses_a_ticket_that_does_not_fit(other, now, why):
    with pytest.raises(TicketRefused, match=why):
        read_ticket(ticket_of(**other), KEY, PANEL, now)


def test_it_refuses_a_ticket_of_another_key():
    with pytest.raises(TicketRefused, match="not made by this PBX"):
        read_ticket(ticket_of(key=b"x" * 32), KEY, PANEL, NOW)


@given(st.integers(min_value=0), st.characters(codec="utf-8"))
def test_it_refuses_a_ticket_with_any_letter_changed(at, letter):
    good = ticket_of()
    at %= len(good)
    changed = good[:at] + letter + good[at + 1 :]
    if changed != good:
        with pytest.raises(TicketRefused):
            read_ticket(changed, KEY, PANEL, NOW)


@given(st.text())
def test_it_refuses_nonsense(text):
    with pytest.raises(TicketRefused):
        read_ticket(text, KEY, PANEL, NOW)


def test_it_refuses_to_work_without_a_key(tmp_path):
    with pytest.raises(TicketRefused, match="no key"):
        read_key(tmp_path / "none")


def test_it_refuses_a_key_that_could_be_guessed(tmp_path):
    (tmp_path / "key").write_text("secret\n")
    with pytest.raises(TicketRefused, match="too short"):
        read_key(tmp_path / "key")
