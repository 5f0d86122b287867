"""Who is told what; and that nothing but one address or one URL is ever taken for a recipient."""

from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxsync_worker.core.model.alert import AlertKind
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.subscription import (
    AlertSettings,
    Channel,
    MailServer,
    Security,
    check,
    is_address,
    is_url,
    read_minute,
    show_minute,
    wrong_in,
    wrong_in_settings,
    zone_of,
)
from tests.unit.alerts.values import a_server, a_subscription, an_alert


@pytest.mark.parametrize(
    "address", ["ana@example.com", "a.b+c@x-y.example", "root@localhost", "o'neil@example.com", "x@127.0.0.1"]
)
def test_a_plain_address_is_taken(address):
    assert is_address(address)


@pytest.mark.parametrize(
    "address",
    [
        *("", "ana", "@example.com", "ana@", "ana@@example.com", "ana@example..com", ".ana@example.com"),
        *("ana@example.com\n", "ana@example.com\r\nBcc: x@example.com", "ana@exa\x00mple.com", "ana@example.com,x@y.z"),
        *('"a b"@example.com', "<ana@example.com>", "Ana <ana@example.com>", "ána@example.com", "ana@example.com "),
        *(f"{'a' * 65}@example.com", f"a@{'b.' * 130}com", "a@-x.example", "a@x\u2028y.example"),
    ],
)
def test_everything_else_is_refused(address):
    assert not is_address(address)


@given(st.text(max_size=40), st.sampled_from(["\r", "\n", "\0", "\x0b", "\x85", "\u2028", ",", ";", " ", "<", ">"]))
def test_no_address_holds_a_letter_that_could_end_it(text, bad):
    assert not is_address(f"{text}{bad}{text}@example.com")
    assert not is_address(f"ana@{text}{bad}example.com")


@given(st.text())
def test_whatever_is_taken_is_one_line_of_plain_letters(text):
    for good in (is_address(text), is_url(text)):
        if good:
            assert text.isascii()
            assert text.isprintable()
            assert " " not in text


@pytest.mark.parametrize("url", ["https://x.example/hook", "http://127.0.0.1:8080/?a=b", "https://[::1]/x"])
def test_a_plain_url_is_taken(url):
    assert is_url(url)


@pytest.mark.parametrize(
    "url",
    [
        *("", "x.example", "ftp://x.example", "file:///etc/passwd", "https://", "https://u:p@x.example", "http://x:0/"),
        *(
            "http://x:99999/",
            "https://x.example/#f",
            "https://x.example/ y",
            "https://x.example/\nX: y",
            "https://é.example",
        ),
        "javascript:alert(1)",
    ],
)
def test_other_urls_are_refused(url):
    assert not is_url(url)


def test_a_recipient_hears_only_of_its_kinds_farms_and_jobs():
    alert = an_alert()
    assert a_subscription().wants(alert)
    assert not a_subscription(kinds=frozenset({AlertKind.HELD})).wants(alert)
    assert not a_subscription(groups=("other",)).wants(alert)
    assert a_subscription(groups=("farm",), jobs=("farm/job1",)).wants(alert)
    assert not a_subscription(jobs=("farm/job2",)).wants(alert)
    assert not a_subscription(active=False).wants(alert)


def test_what_is_about_no_job_or_farm_is_not_kept_from_whoever_chose_some():
    lost = an_alert(AlertKind.HOST_LOST, job="", groups=())
    assert a_subscription(groups=("other",), jobs=("farm/job2",)).wants(lost)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "Ana\nX"),
        ("to", "https://x.example"),
        ("kinds", frozenset()),
        ("kinds", frozenset({AlertKind.TEST})),
        ("groups", ("a\nb",)),
        ("jobs", ("nojob",)),
        ("language", "de"),
        ("zone", "Mars/Base"),
        ("zone", ""),
        ("day_at", 1440),
        ("quiet_from", -1),
        ("quiet_to", 1440),
        ("per_hour", 0),
    ],
)
def test_each_field_that_cannot_be_is_named(field, value):
    assert wrong_in(replace(a_subscription(), **{field: value})) == (field,)


def test_a_webhook_wants_a_url_and_no_address():
    assert wrong_in(a_subscription(channel=Channel.WEBHOOK)) == ("to",)
    assert wrong_in(a_subscription(channel=Channel.WEBHOOK, to="https://x.example/")) == ()


def test_a_login_is_never_sent_in_clear_over_a_network():
    def wrong(host: str, security: Security) -> tuple[str, ...]:
        return wrong_in_settings(AlertSettings(MailServer(host, 25, security, "pbx@x.example", "pbx")))

    assert wrong("mail.example", Security.NONE) == ("user",)
    assert wrong("127.0.0.1", Security.NONE) == wrong("mail.example", Security.STARTTLS) == ()


def test_all_wrong_settings_are_named_together():
    server = a_server(0, host="a b", sender="x\ny", ca_file="here.pem")
    settings = AlertSettings(server, "ftp://x", keep_days=2)
    assert set(wrong_in_settings(settings)) == {"host", "port", "sender", "ca_file", "page", "keep_days"}
    with pytest.raises(Invalid, match="keep_days"):
        check("Alerts", wrong_in_settings(settings))


@given(st.integers(0, 1439))
def test_a_minute_is_read_as_it_is_shown(minute):
    assert read_minute(show_minute(minute)) == minute


@pytest.mark.parametrize("text", ["7:30", "24:00", "12:60", "", "12:30\n", "noon"])
def test_a_time_that_is_none_is_refused(text):
    with pytest.raises(Invalid):
        read_minute(text)


def test_a_zone_that_this_host_forgot_is_utc():
    assert zone_of("Mars/Base") is UTC
