"""docs/alerts.md names every kind, field, setting and state there is."""

from dataclasses import fields
from pathlib import Path

import pytest

from pbxsync_worker.alerts.webhook import VERSION
from pbxsync_worker.core.model.alert import AlertKind
from pbxsync_worker.core.model.letter import FULLEST, LetterState
from pbxsync_worker.core.model.subscription import (
    LANGUAGES,
    AlertSettings,
    Channel,
    MailServer,
    Pace,
    Security,
    Subscription,
)
from tests.architecture.product import read


@pytest.fixture(scope="module")
def page() -> str:
    return read(Path("docs/alerts.md"))


@pytest.mark.parametrize("words", [AlertKind, LetterState, Channel, Pace, Security, LANGUAGES], ids=str)
def test_it_explains_every_value(page, words):
    assert [word for word in words if f"`{word}`" not in page] == []


@pytest.mark.parametrize("kind", [Subscription, AlertSettings, MailServer], ids=lambda kind: kind.__name__)
def test_it_explains_every_field(page, kind):
    assert [one.name for one in fields(kind) if f"`{one.name}`" not in page and one.name != "server"] == []


def test_it_says_what_the_limits_are(page):
    settings = AlertSettings()
    assert f"({settings.lost_minutes})" in page
    assert f"({settings.wait_minutes})" in page
    assert f"({settings.repeat_hours})" in page
    assert f"({settings.keep_days}, at least 3)" in page
    assert f"{FULLEST:,}" in page


def test_it_tells_the_version_of_the_webhook_body(page):
    assert f'{{"version": {VERSION},' in page
