"""The ways out of this host, its languages, and one sender at a time."""

import pytest

from pbxsync_worker.alerts.email import MailWay
from pbxsync_worker.alerts.webhook import WebhookWay
from pbxsync_worker.core.locks import held
from pbxsync_worker.core.model.alert import AlertKind
from pbxsync_worker.core.model.errors import AlertServerSilent, NotFound
from pbxsync_worker.core.model.letter import LetterState
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.model.subscription import AlertSettings, Channel
from pbxsync_worker.core.model.wish import SendTestAlert
from pbxsync_worker.wiring.alerts import note_round, send_round, send_test, way_for, words
from pbxsync_worker.wiring.grant import grant_wish
from tests.unit.alerts.values import a_letter, a_server, a_subscription, an_alert
from tests.unit.core.values import run


def test_each_channel_has_its_way(here):
    here.store.subscriptions.set_settings(AlertSettings(a_server(25)))
    assert isinstance(way_for(here, a_letter()), MailWay)
    assert isinstance(way_for(here, a_letter(channel=Channel.WEBHOOK, to="https://x.example/")), WebhookWay)


def test_without_a_mail_server_there_is_no_way_and_it_says_so(here):
    with pytest.raises(AlertServerSilent, match="no mail server is set"):
        way_for(here, a_letter())


def test_a_password_that_cannot_be_read_is_trouble_and_no_crash(here):
    here.store.subscriptions.set_settings(AlertSettings(a_server(25)))
    here.settings.keys.mkdir(parents=True, exist_ok=True)
    (here.settings.keys / "mail.secret").write_bytes(b"\xff")
    with pytest.raises(AlertServerSilent, match=r"mail\.secret"):
        way_for(here, a_letter())


def test_sentences_are_told_in_spanish_and_in_english_as_they_are():
    assert words("es")["{name} to {host} failed"] == "{name} hacia {host} falló"
    assert words("en") == words("../es") == words("xx") == {}


def test_what_happened_is_noted_and_waits_for_a_way_out(here):
    here.store.subscriptions.add(a_subscription())
    here.store.runs.request([run("r1")])
    here.store.runs.move(here.store.runs.get("r1"), State.FAILED)
    note_round(here)
    send_round(here)
    [one] = here.store.outbox.letters()
    assert (one.state, one.letter.alerts[0].kind) == (LetterState.WAITING, AlertKind.FAILED)
    assert "no mail server is set" in here.store.outbox.troubles()["mail"].trouble


def test_nothing_is_sent_while_another_process_sends(here):
    here.store.subscriptions.add(a_subscription())
    here.store.alerts.raise_alert(an_alert())
    note_round(here)
    with held(here.settings.sockets / "letters.lock"):
        send_round(here)
    assert here.store.outbox.troubles() == {}
    send_round(here)
    assert set(here.store.outbox.troubles()) == {"mail"}


def test_a_test_for_nobody_is_refused(here):
    with pytest.raises(NotFound):
        send_test(here, 7)


def test_a_test_that_somebody_wished_for_is_answered_also_where_it_cannot_be_sent(here):
    number = here.store.subscriptions.add(a_subscription())
    wish = here.store.wishes.add(SendTestAlert(number), "alice")
    grant_wish(here, wish)
    asked = here.store.wishes.get(wish)
    assert (asked.error, "no mail server is set" in asked.answer) == ("alert-server", True)
