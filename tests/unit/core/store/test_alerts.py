"""What happened is noted once, with whoever is to hear of it."""

import pytest
from sqlalchemy import select

from pbxsync_worker.core.model.alert import Alert, AlertKind, Event
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.model.subscription import AlertSettings, Pace
from pbxsync_worker.core.store.alert_tables import alert
from tests.unit.alerts.values import a_subscription, an_alert
from tests.unit.core.values import run

HOUR = 3600.0
JOB = "job:farm/job1/b"


def happens(store, clock, kind=AlertKind.FAILED, **values) -> None:
    store.alerts.raise_alert(an_alert(kind, at=clock.now(), **values))


def waiting(store):
    return store.outbox.waiting().get(1, (0, 0.0))[0]


def noted(store) -> int:
    with store.database.read() as connection:
        return len(connection.execute(select(alert)).all())


@pytest.fixture
def ana(store):
    return store.subscriptions.add(a_subscription())


def end(store, identity: str, *states: State) -> None:
    store.runs.request([run(identity)])
    for state in states:
        store.runs.move(store.runs.get(identity), state)


def test_the_move_that_ends_a_run_makes_news_and_no_other_move_does(store):
    end(store, "r1", State.SCANNING)
    assert store.alerts.news() == {}
    store.runs.move(store.runs.get("r1"), State.FAILED)
    assert [one.id for one in store.alerts.news().values()] == ["r1"]


def test_a_run_that_is_only_followed_makes_news_once(store):
    store.runs.request([run("r1", here=False)])
    ended = run("r1", here=False, state=State.FAILED)
    store.runs.mirror(ended, ())
    store.runs.mirror(ended, ())
    assert len(store.alerts.news()) == 1


def test_a_target_that_was_never_reached_makes_news(store):
    store.runs.request([run("r1", here=False)])
    store.runs.fail_followed(store.runs.get("r1"), "nobody there", "host-unreachable")
    assert [one.error for one in store.alerts.news().values()] == ["host-unreachable"]


def test_a_run_that_somebody_cancelled_is_no_news(store):
    end(store, "r1", State.CANCELLED)
    assert store.alerts.news() == {}


def test_news_are_taken_with_what_they_mean_and_only_once(store, ana):
    end(store, "r1", State.FAILED)
    event = {number: Event((an_alert(),)) for number in store.alerts.news()}
    store.alerts.note(event)
    store.alerts.note(event)
    assert (store.alerts.news(), waiting(store)) == ({}, 1)


def test_whoever_does_not_want_it_is_not_told(store, clock):
    store.subscriptions.add(a_subscription(kinds=frozenset({AlertKind.HELD})))
    happens(store, clock)
    assert store.outbox.waiting() == {}
    assert noted(store) == 1


def test_the_first_good_run_is_told_only_after_a_bad_one(store, clock, ana):
    happens(store, clock, AlertKind.RECOVERED, error="")
    assert noted(store) == 0
    happens(store, clock)
    happens(store, clock, AlertKind.RECOVERED, error="")
    happens(store, clock, AlertKind.RECOVERED, error="")
    assert noted(store) == 2
    assert store.alerts.open() == ()


def test_a_host_is_lost_once_until_it_is_back(store, clock, ana):
    for kind in (AlertKind.HOST_LOST, AlertKind.HOST_LOST, AlertKind.HOST_BACK, AlertKind.HOST_LOST):
        happens(store, clock, kind, incident="host:b")
    assert noted(store) == 3


def test_the_same_trouble_waits_and_a_change_is_told_at_once(store, clock, ana):
    happens(store, clock)
    clock.move(HOUR)
    happens(store, clock)
    assert store.outbox.gather("x.example") == 1
    assert waiting(store) == 0  # gathered with the first one, because both waited
    clock.move(HOUR)
    happens(store, clock)
    assert store.outbox.gather("x.example") == 0
    happens(store, clock, error="no-space")
    assert store.outbox.gather("x.example") == 1
    assert waiting(store) == 0


def test_repeats_are_told_every_few_hours(store, clock, ana):
    letters = []
    for _hour in range(24):
        happens(store, clock)
        letters.append(store.outbox.gather("x.example"))
        clock.move(HOUR)
    assert [hour for hour, count in enumerate(letters) if count] == [0, 6, 12, 18]


def test_without_a_pause_each_one_is_told(store, clock, ana):
    store.subscriptions.set_settings(AlertSettings(repeat_hours=0))
    for _time in range(3):
        happens(store, clock)
        assert store.outbox.gather("x.example") == 1


def test_an_incident_says_what_happened_last_and_how_often(store, clock, ana):
    happens(store, clock)
    began = clock.now()
    clock.move(HOUR)
    happens(store, clock, AlertKind.ROLLED_BACK)
    [one] = store.alerts.open("job:")
    assert (one.kind, one.count, one.opened_at) == (AlertKind.ROLLED_BACK, 2, began)
    assert store.alerts.open("host:") == ()


def test_an_incident_can_be_over_without_a_word(store, clock):
    happens(store, clock, AlertKind.DRIFT)
    store.alerts.note({}, [Event(over=(JOB,))])
    assert store.alerts.open() == ()


def test_what_stands_alone_is_no_incident(store, clock, ana):
    happens(store, clock, AlertKind.RULE, incident="")
    happens(store, clock, AlertKind.RULE, incident="")
    assert store.outbox.gather("x.example") == 2
    assert store.alerts.open() == ()


def test_an_alert_without_a_time_happened_now(store, clock, ana):
    store.alerts.raise_alert(Alert(AlertKind.RULE, "", "something"))
    store.outbox.gather("x.example")
    [one] = store.outbox.letters()
    assert one.letter.alerts[0].at == clock.now()


def test_the_digest_is_made_once_a_day_at_its_hour(store, clock):
    number = store.subscriptions.add(a_subscription(day_at=12 * 60))
    digest = an_alert(AlertKind.DIGEST, incident="")
    made = 0
    for _hour in range(72):
        for due in store.alerts.digests_due():
            assert due == number
            store.alerts.note_digest(due, digest)
            store.alerts.note_digest(due, digest)
            made += 1
        clock.move(HOUR)
    assert (made, noted(store)) == (3, 3)


def test_nobody_gets_a_digest_who_wants_none(store, clock):
    store.subscriptions.add(a_subscription(kinds=frozenset({AlertKind.FAILED})))
    store.subscriptions.add(a_subscription(active=False))
    clock.move(48 * HOUR)
    assert store.alerts.digests_due() == ()


def test_a_digest_for_somebody_who_left_meanwhile_is_nothing(store):
    store.alerts.note_digest(7, an_alert(AlertKind.DIGEST))
    assert noted(store) == 0


def test_runs_are_counted_by_state(store, clock):
    began = clock.now()
    clock.move(1)
    end(store, "r1", State.FAILED)
    end(store, "r2", State.SCANNING, State.UNCHANGED)
    assert store.alerts.runs_since(began) == {"FAILED": 1, "UNCHANGED": 1}
    assert store.alerts.runs_since(clock.now() + 1) == {}


def test_a_daily_reader_waits_for_the_hour(store, clock):
    store.subscriptions.add(a_subscription(pace=Pace.DAILY))
    happens(store, clock)
    assert store.outbox.gather("x.example") == 0
    clock.move(24 * HOUR)
    assert store.outbox.gather("x.example") == 1
