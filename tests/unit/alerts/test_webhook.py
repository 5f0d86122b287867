"""The body of a webhook, and its signature."""

import hashlib
import hmac
import json

from pbxsync_worker.alerts.webhook import VERSION, Secret, WebhookWay
from tests.fakes.clock import HandClock
from tests.unit.alerts.values import AT, RENDERER, a_letter, an_alert


def way() -> WebhookWay:
    return WebhookWay(Secret("s3cret"), RENDERER, HandClock())


def test_the_body_says_what_happened_for_programs():
    body = json.loads(way().body(a_letter(an_alert(), an_alert(number=2))))
    assert (body["version"], body["id"], body["made_at"]) == (VERSION, "0123456789ab@pbx.example", AT)
    assert body["host"] == {"id": "a" * 64, "name": "pbx-north"}
    assert [one["subject"] for one in body["alerts"]] == ["Job 1 to pbx-south failed", "Job 2 to pbx-south failed"]
    assert body["alerts"][0] == {
        "kind": "failed",
        "incident": "job:farm/job1/b",
        "subject": "Job 1 to pbx-south failed",
        "text": ["it broke"],
        "at": AT,
        "error": "unhealthy",
        "groups": ["farm"],
        "job": "job1",
        "host": "pbx-south",
        "run": "run1",
        "page": "https://pbx.example/pbxsync/runs/run1",
    }


def test_a_body_is_the_same_however_often_it_is_made_and_holds_no_secret():
    letter = a_letter(an_alert(body=("password: hunter2",)))
    assert way().body(letter) == way().body(letter)
    assert b"hunter2" not in way().body(letter)
    assert b"s3cret" not in way().body(letter)


def test_a_signature_is_what_the_documentation_says():
    expected = hmac.new(b"s3cret", b'1700000000.{"a": 1}', hashlib.sha256).hexdigest()
    assert Secret("s3cret").sign("1700000000", b'{"a": 1}') == f"sha256={expected}"
    assert "s3cret" not in repr(Secret("s3cret"))
