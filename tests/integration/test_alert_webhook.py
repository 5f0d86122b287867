"""Webhooks through real connections."""

from dataclasses import replace

import pytest

from pbxsync_worker.alerts.email import Patience
from pbxsync_worker.alerts.webhook import Secret, WebhookWay
from pbxsync_worker.core.model.errors import AlertServerSilent, Invalid, LetterRefused
from pbxsync_worker.core.model.subscription import Channel
from tests.fakes.clock import HandClock
from tests.fakes.webhook_server import HANG, WebhookServer
from tests.unit.alerts.values import RENDERER, a_letter

pytestmark = pytest.mark.integration


def way() -> WebhookWay:
    return WebhookWay(Secret("s3cret"), RENDERER, HandClock(), Patience(0.3, 0.6))


def letter(url: str):
    return replace(a_letter(), channel=Channel.WEBHOOK, to=url)


def test_a_receiver_can_prove_who_sent_it():
    with WebhookServer() as server:
        assert way().send(letter(server.url)) == "200 OK"
    [post] = server.posts
    timestamp = post.headers["X-PBXSync-Timestamp"]
    assert post.headers["X-PBXSync-Signature"] == Secret("s3cret").sign(timestamp, post.body)
    assert post.path == "/hook?from=pbx"
    assert b"s3cret" not in post.body


def test_a_redirect_is_not_followed():
    with WebhookServer() as other, WebhookServer(302, location=other.url) as server:
        with pytest.raises(LetterRefused, match="302"):
            way().send(letter(server.url))
        assert other.posts == []


@pytest.mark.parametrize(("status", "kind"), [(500, AlertServerSilent), (429, AlertServerSilent), (410, LetterRefused)])
def test_what_may_pass_later_is_told_from_what_never_will(status, kind):
    with WebhookServer(status) as server, pytest.raises(kind, match=str(status)):
        way().send(letter(server.url))


def test_a_receiver_that_hangs_is_cut_off():
    with WebhookServer(HANG) as server, pytest.raises(AlertServerSilent, match="does not answer"):
        way().send(letter(server.url))


def test_a_receiver_without_a_certificate_that_anybody_vouches_for_gets_nothing():
    with WebhookServer() as server, pytest.raises(AlertServerSilent):
        way().send(letter(server.url.replace("http:", "https:")))
    assert server.posts == []


def test_what_is_no_url_is_refused_before_anything_is_dialled():
    with pytest.raises(Invalid):
        way().send(letter("http://x.example/\r\nX: y"))
