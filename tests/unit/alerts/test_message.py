"""A mail has exactly the headers that we gave it, whatever names and sentences say."""

from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbxsync_worker.alerts.message import build, header_text
from pbxsync_worker.alerts.render import Renderer
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.host import Host
from pbxsync_worker.core.model.sentence import say
from tests.unit.alerts.values import RENDERER, a_letter, an_alert

SENDER = "pbx@pbx.example"
HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "X-PBXSync-Alerts"),
    *("MIME-Version", "Content-Type"),
}
NASTY = st.text() | st.sampled_from(
    [
        "\r\nBcc: x@example.com",
        "a\nSubject: b",
        "\r",
        "\n\n<html>",
        "=?utf-8?q?=0ABcc:_x?=",
        "\x00",
        "\u2028X: y",
        "é\r\n b",
    ]
)


def parsed(letter, renderer=RENDERER):
    return message_from_bytes(build(letter, SENDER, renderer).as_bytes(), policy=default)


@settings(deadline=None)  # the first one loads the templates
@given(NASTY, NASTY, NASTY)
def test_no_sentence_name_or_host_can_add_a_header(subject, line, host):
    alert = an_alert(subject=say("{name} failed", name=subject), body=(line,), host=host, error=line)
    message = parsed(a_letter(alert), Renderer(Host("a" * 64, host, ""), "", lambda _language: {}))
    assert set(message.keys()) == HEADERS
    assert len(message.keys()) == len(HEADERS)
    assert message["To"].addresses[0].addr_spec == "ana@example.com"
    assert message["From"].addresses[0].addr_spec == SENDER


@given(st.text())
def test_a_header_is_one_printable_line_of_bounded_length(text):
    line = header_text(text)
    assert line.isprintable()
    assert len(line) <= 250


@pytest.mark.parametrize("address", ["ana@example.com\r\nBcc: x@example.com", "ana@example.com\n", "a@b, c@d", ""])
def test_an_address_of_more_than_one_line_is_refused_when_the_mail_is_built(address):
    with pytest.raises(Invalid, match="recipient"):
        build(a_letter(to=address), SENDER, RENDERER)
    with pytest.raises(Invalid, match="sender"):
        build(a_letter(), address, RENDERER)


@pytest.mark.parametrize("field", ["message_id", "thread"])
def test_an_id_that_is_none_is_refused(field):
    with pytest.raises(Invalid, match="Message-ID"):
        build(a_letter(**{field: "x@y>\r\nBcc: z@example.com"}), SENDER, RENDERER)


def test_a_follow_up_names_the_first_letter():
    message = parsed(a_letter(thread="first@pbx.example"))
    assert message["In-Reply-To"] == message["References"] == "<first@pbx.example>"


def test_nobody_answers_it_by_a_machine():
    message = parsed(a_letter())
    assert message["Auto-Submitted"] == "auto-generated"


def test_it_is_the_same_to_the_last_byte_however_often_it_is_built():
    letter = a_letter(an_alert(), an_alert(number=2))
    assert build(letter, SENDER, RENDERER).as_bytes() == build(letter, SENDER, RENDERER).as_bytes()


def test_its_bytes_are_plain_and_its_lines_short():
    alert = an_alert(body=("ñ" * 5000, "x" * 5000))
    data = build(a_letter(alert), SENDER, RENDERER).as_bytes()
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert b"\n" not in data.replace(b"\r\n", b"")
