"""Recipients and settings are kept, and nothing that cannot be used is."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.errors import Invalid, NotFound
from pbxsync_worker.core.model.letter import LetterState
from pbxsync_worker.core.model.subscription import AlertSettings
from tests.unit.alerts.values import a_server, a_subscription, an_alert


def test_a_recipient_is_given_as_it_was_added(store):
    number = store.subscriptions.add(a_subscription(jobs=("farm/job1",)))
    assert store.subscriptions.all() == {number: a_subscription(jobs=("farm/job1",))}
    assert store.subscriptions.get(number).jobs == ("farm/job1",)


def test_a_recipient_can_be_changed(store):
    number = store.subscriptions.add(a_subscription())
    store.subscriptions.save(number, a_subscription(language="es"))
    assert store.subscriptions.get(number).language == "es"


@pytest.mark.parametrize("bad", [{"to": "ana@example.com\nBcc: x@example.com"}, {"title": "a\r\nb"}, {"per_hour": 0}])
def test_a_recipient_that_cannot_be_is_refused_when_it_is_stored(store, bad):
    with pytest.raises(Invalid, match=next(iter(bad))):
        store.subscriptions.add(replace(a_subscription(), **bad))
    number = store.subscriptions.add(a_subscription())
    with pytest.raises(Invalid):
        store.subscriptions.save(number, replace(a_subscription(), **bad))
    assert store.subscriptions.all() == {number: a_subscription()}


def test_a_recipient_that_is_not_there_is_not_found(store):
    for act in (store.subscriptions.get, store.subscriptions.remove):
        with pytest.raises(NotFound):
            act(7)
    with pytest.raises(NotFound):
        store.subscriptions.save(7, a_subscription())


def test_whoever_is_removed_is_told_nothing_more(store, clock):
    number = store.subscriptions.add(a_subscription())
    store.alerts.raise_alert(an_alert(at=clock.now()))
    store.outbox.gather("x.example")
    store.alerts.raise_alert(an_alert(number=2, at=clock.now()))
    assert store.subscriptions.remove(number) == a_subscription()
    assert store.outbox.waiting() == {}
    assert [one.state for one in store.outbox.letters()] == [LetterState.DROPPED]


def test_settings_are_those_of_the_product_until_they_are_changed(store):
    assert store.subscriptions.settings() == AlertSettings()
    wanted = AlertSettings(a_server(25), "https://pbx.example", 1, 2, 3)
    store.subscriptions.set_settings(wanted)
    assert store.subscriptions.settings() == wanted


def test_settings_that_cannot_be_are_refused(store):
    with pytest.raises(Invalid, match="sender"):
        store.subscriptions.set_settings(AlertSettings(a_server(25, sender="x")))
    assert store.subscriptions.settings() == AlertSettings()


def test_with_other_settings_servers_are_tried_at_once(store, clock):
    store.outbox.server_failed("mail", "gone", clock.now() + 900)
    store.subscriptions.set_settings(AlertSettings(a_server(25)))
    assert store.outbox.troubles()["mail"].next_at < clock.now()
