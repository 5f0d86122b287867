"""Who is told what, the mail server, and the outbox."""

import re
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from pbxsync_worker.core.model.alert import AlertKind
from pbxsync_worker.core.model.errors import LetterRefused
from pbxsync_worker.core.model.letter import LetterState
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.model.subscription import AlertSettings, Channel, MailServer, Pace, Security, Subscription
from pbxsync_worker.core.model.wish import SendTestAlert
from pbxsync_worker.core.store.alert_secrets import mail_password, webhook_secret
from tests.unit.alerts.values import a_subscription, an_alert
from tests.web import seed
from tests.web.conftest import Browser, World

GOOD: dict[str, Any] = {
    "title": "Ana",
    "channel": "email",
    "to": "ana@example.com",
    "language": "es",
    "zone": "Europe/Madrid",
    "pace": "at-once",
    "day_at": "07:30",
    "quiet_from": "22:00",
    "quiet_to": "06:00",
    "per_hour": "10",
    "active": "yes",
}
KINDS = MultiDict([("kinds", "failed"), ("kinds", "digest"), ("through", "failed"), ("jobs", "coast/config")])
SERVER = {
    "host": "mail.example.com",
    "port": "587",
    "security": "starttls",
    "ca_file": "",
    "sender": "pbx@example.com",
    "user": "pbx",
    "password": "geheim & long",
    "page": "https://pbx.example.com/pbxsync",
    "lost_minutes": "10",
    "wait_minutes": "90",
    "repeat_hours": "6",
    "keep_days": "4",
}


def add(browser: Browser, **other: str) -> Any:
    return browser.send("/alerts/recipients/new", KINDS, **{**GOOD, **other})


def test_it_adds_a_recipient_and_writes_it_down(world: World, admin: Browser) -> None:
    assert add(admin).status_code == 303
    kinds = frozenset({AlertKind.FAILED, AlertKind.DIGEST})
    [(_number, one)] = world.store.subscriptions.all().items()
    expected = Subscription(
        "Ana", Channel.EMAIL, "ana@example.com", kinds, (), ("coast/config",), "es", "Europe/Madrid", Pace.AT_ONCE,
        7 * 60 + 30, 22 * 60, 6 * 60, frozenset({AlertKind.FAILED}), 10,
    )  # fmt: skip
    assert one == expected
    assert world.store.audit.entries(1)[0].what == "add recipient"
    assert "ana@example.com" in admin.get("/alerts").text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", "ana@example.com\r\nBcc: all@example.com"),
        ("to", "ana@example.com, luis@example.com"),
        ("to", "ana"),
        ("title", "Ana\nX: y"),
        ("title", ""),
        ("zone", "Europe/Nowhere"),
        ("zone", "../../etc/passwd"),
        ("channel", "fax"),
        ("language", "de"),
        ("pace", "never"),
        ("day_at", "25:00"),
        ("quiet_from", ""),
        ("per_hour", "0"),
    ],
)
def test_it_refuses_and_keeps_what_was_typed(world: World, admin: Browser, field: str, value: str) -> None:
    answer = add(admin, **{field: value})
    assert answer.status_code == 400
    assert f'id="{field}-problem"' in answer.text
    assert 'value="07:30"' in answer.text or field == "day_at"
    assert world.store.subscriptions.all() == {}


def test_a_recipient_that_wants_nothing_is_refused(world: World, admin: Browser) -> None:
    assert admin.send("/alerts/recipients/new", MultiDict(), **GOOD).status_code == 400
    assert world.store.subscriptions.all() == {}


@pytest.mark.parametrize("url", ["ftp://x.example/", "https://me:pw@x.example/", "https://x.example/\r\nX: y", "x"])
def test_a_webhook_wants_a_plain_url(world: World, admin: Browser, url: str) -> None:
    assert add(admin, channel="webhook", to=url).status_code == 400
    assert world.store.subscriptions.all() == {}


def test_the_secret_of_a_webhook_is_shown_once(world: World, admin: Browser) -> None:
    answer = add(admin, channel="webhook", to="https://hooks.example.com/pbx")
    [number] = world.store.subscriptions.all()
    secret = webhook_secret(world.parts.settings.keys, number)
    assert len(secret) >= 40
    assert secret in answer.text
    for path in ("/alerts", f"/alerts/recipients/{number}"):
        assert secret not in admin.get(path).text
    assert secret not in str(world.store.audit.entries())


def test_a_new_secret_replaces_the_old_one(world: World, admin: Browser) -> None:
    add(admin, channel="webhook", to="https://hooks.example.com/pbx")
    [number] = world.store.subscriptions.all()
    before = webhook_secret(world.parts.settings.keys, number)
    assert before not in admin.post(f"/alerts/recipients/{number}/secret").text
    assert webhook_secret(world.parts.settings.keys, number) != before


def test_a_new_recipient_reads_what_the_one_who_adds_it_reads(admin: Browser) -> None:
    page = admin.get("/alerts/recipients/new?lang=es").text
    assert re.search(r'value="es" checked', page)


def test_it_changes_a_recipient(world: World, admin: Browser) -> None:
    number = world.store.subscriptions.add(a_subscription())
    page = admin.get(f"/alerts/recipients/{number}").text
    assert 'value="ana@example.com"' in page
    assert admin.send(f"/alerts/recipients/{number}", KINDS, **{**GOOD, "active": "no"}).status_code == 303
    assert world.store.subscriptions.get(number).active is False
    assert admin.send(f"/alerts/recipients/{number}", KINDS, **{**GOOD, "to": "x"}).status_code == 400


def test_it_asks_before_it_removes_a_recipient(world: World, admin: Browser) -> None:
    number = world.store.subscriptions.add(a_subscription())
    assert "Ana" in admin.get(f"/alerts/recipients/{number}/remove").text
    assert admin.post(f"/alerts/recipients/{number}/remove").status_code == 303
    assert world.store.subscriptions.all() == {}


def test_the_password_goes_into_a_file_of_its_own_and_onto_no_page(world: World, admin: Browser) -> None:
    assert admin.post("/alerts/server", **SERVER).status_code == 303
    keys = world.parts.settings.keys
    assert mail_password(keys) == "geheim & long"
    assert (keys / "mail.secret").stat().st_mode & 0o777 == 0o600
    for path in ("/alerts", "/alerts/server", "/audit"):
        assert "geheim" not in admin.get(path).text
    server = MailServer("mail.example.com", 587, Security.STARTTLS, "pbx@example.com", "pbx")
    page = "https://pbx.example.com/pbxsync"
    assert world.store.subscriptions.settings() == AlertSettings(server, page, 10, wait_minutes=90)


def test_an_empty_password_leaves_it_as_it_is_and_no_login_forgets_it(world: World, admin: Browser) -> None:
    admin.post("/alerts/server", **SERVER)
    admin.post("/alerts/server", **{**SERVER, "password": ""})
    assert mail_password(world.parts.settings.keys) == "geheim & long"
    admin.post("/alerts/server", **{**SERVER, "password": "", "user": ""})
    assert mail_password(world.parts.settings.keys) == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("host", "mail.example.com\r\nX: y"),
        ("port", "0"),
        ("security", "magic"),
        ("sender", "pbx@example.com\nBcc: all@example.com"),
        ("user", "a\nb"),
        ("ca_file", "relative.pem"),
        ("password", "one\ntwo"),
        ("page", "javascript:alert(1)"),
        ("keep_days", "2"),
    ],
)
def test_settings_that_cannot_be_are_refused(world: World, admin: Browser, field: str, value: str) -> None:
    answer = admin.post("/alerts/server", **{**SERVER, field: value})
    assert answer.status_code == 400
    assert f'id="{field}-problem"' in answer.text
    assert world.store.subscriptions.settings() == AlertSettings()


def test_a_login_that_could_be_read_on_the_way_is_refused(world: World, admin: Browser) -> None:
    assert admin.post("/alerts/server", **{**SERVER, "security": "plain"}).status_code == 400
    assert admin.post("/alerts/server", **{**SERVER, "security": "plain", "host": "127.0.0.1"}).status_code == 303


def test_a_test_is_a_wish_and_the_page_waits_for_the_answer(world: World, operator: Browser) -> None:
    number = world.store.subscriptions.add(a_subscription())
    answer = operator.post(f"/alerts/recipients/{number}/test")
    [asked] = world.store.wishes.waiting()
    assert asked.wish == SendTestAlert(number)
    world.store.wishes.answer(asked.id, "250 2.0.0 queued")
    assert "250 2.0.0 queued" in operator.get(answer.headers["Location"]).text
    assert operator.post("/alerts/recipients/77/test").status_code == 404


def failed_letter(world: World) -> int:
    world.store.subscriptions.add(a_subscription())
    world.store.alerts.raise_alert(an_alert())
    world.store.outbox.gather("pbx.example")
    [(number, _server)] = world.store.outbox.due()
    one = world.store.outbox.begin(number)
    assert one is not None
    world.store.outbox.refused(one, LetterRefused(server="mail", to="ana", reason="550 <b>no</b>").told)
    return int(one.number)


def test_the_outbox_shows_what_the_server_said_and_sends_again(world: World, operator: Browser) -> None:
    number = failed_letter(world)
    page = operator.get("/alerts?state=refused").text
    assert "550 &lt;b&gt;no&lt;/b&gt;" in page
    assert "Job 1 to pbx-south failed" in page
    assert operator.post(f"/alerts/letters/{number}/resend").status_code == 303
    assert world.store.outbox.get(number).state is LetterState.WAITING
    assert operator.post(f"/alerts/letters/{number}/drop").status_code == 303
    assert world.store.outbox.get(number).state is LetterState.DROPPED
    assert operator.post(f"/alerts/letters/{number}/drop").status_code == 400


def test_it_shows_a_server_in_trouble_and_what_lasts(world: World, operator: Browser) -> None:
    world.store.outbox.server_failed("mail", "it does not answer", 0.0)
    seed.add_run(world.store, State.FAILED)
    world.store.alerts.raise_alert(an_alert(number=4))
    page = operator.get("/alerts").text
    assert "it does not answer" in page
    assert "Job 4 to pbx-south failed" in page


def test_a_viewer_sees_no_addresses(viewer: Browser) -> None:
    assert viewer.get("/alerts").status_code == 403


def test_the_path_of_a_webhook_which_is_often_a_secret_is_shown_to_administrators_only(
    world: World, operator: Browser, admin: Browser
) -> None:
    hook = a_subscription(channel=Channel.WEBHOOK, to="https://hooks.example.com/services/T0/s3cret")
    number = world.store.subscriptions.add(hook)
    world.store.alerts.raise_alert(an_alert())
    world.store.outbox.gather("pbx.example")
    page = operator.get("/alerts").text
    assert page.count("https://hooks.example.com") == 2
    assert "s3cret" not in page
    assert "s3cret" in admin.get(f"/alerts/recipients/{number}").text
