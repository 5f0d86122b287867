"""Letters are marked before they are sent and after, and nothing is lost because a server is away."""

import pytest
from sqlalchemy import func, select

from pbxsync_worker.core.model.alert import AlertKind
from pbxsync_worker.core.model.errors import Invalid, NotFound
from pbxsync_worker.core.model.letter import LetterState
from pbxsync_worker.core.store.alert_tables import alert, delivery, incident, letter
from tests.unit.alerts.values import a_subscription, an_alert

DAY = 86400.0


@pytest.fixture
def ana(store):
    return store.subscriptions.add(a_subscription())


def posted(store, clock, number: int = 1):
    """Let something happen, and return the letter about it."""
    store.alerts.raise_alert(an_alert(number=number, at=clock.now()))
    store.outbox.gather("x.example")
    return store.outbox.letters()[0]


def state(store, one):
    return store.outbox.get(one.number).state


def test_a_letter_holds_what_it_is_about_for_whom_and_in_which_language(store, clock, ana):
    one = posted(store, clock)
    assert (one.letter.to, one.letter.language, one.letter.made_at) == ("ana@example.com", "en", clock.now())
    assert one.letter.alerts == (an_alert(at=clock.now()),)
    assert one.letter.message_id.endswith("@x.example")
    assert (one.state, one.tries) == (LetterState.WAITING, 0)


def test_the_second_letter_of_an_incident_names_the_first(store, clock, ana):
    first = posted(store, clock)
    store.alerts.raise_alert(an_alert(AlertKind.RECOVERED, at=clock.now(), error=""))
    store.outbox.gather("x.example")
    second = store.outbox.letters()[0]
    assert (first.letter.thread, second.letter.thread) == ("", first.letter.message_id)
    assert posted(store, clock, 2).letter.thread == ""


def test_each_recipient_has_a_thread_of_its_own(store, clock, ana):
    store.subscriptions.add(a_subscription(to="luis@example.com"))
    posted(store, clock)
    assert {one.letter.thread for one in store.outbox.letters()} == {""}


def test_a_letter_that_was_being_sent_when_the_power_went_is_due_again(store, clock, ana):
    one = posted(store, clock)
    store.outbox.begin(one.number)
    assert store.outbox.due() == ((one.number, "mail"),)
    again = store.outbox.begin(one.number)
    assert (again.state, again.tries) == (LetterState.SENDING, 2)
    assert again.letter == one.letter


def test_what_was_sent_is_due_no_more(store, clock, ana):
    one = posted(store, clock)
    store.outbox.begin(one.number)
    store.outbox.sent(one, "250 ok")
    assert store.outbox.due() == ()
    assert (state(store, one), store.outbox.get(one.number).answer) == (LetterState.SENT, "250 ok")
    assert store.outbox.begin(one.number) is None


def test_what_is_put_off_waits_for_its_time(store, clock, ana):
    one = posted(store, clock)
    store.outbox.put_off(one, "450 later", 60.0, 4 * DAY)
    assert store.outbox.due() == ()
    clock.move(60)
    assert store.outbox.due() == ((one.number, "mail"),)


def test_what_was_put_off_for_all_its_days_is_given_up(store, clock, ana):
    one = posted(store, clock)
    clock.move(4 * DAY)
    store.outbox.put_off(one, "450 later", 60.0, 4 * DAY)
    assert state(store, one) is LetterState.WAITING
    clock.move(1)
    store.outbox.put_off(one, "450 later", 60.0, 4 * DAY)
    assert state(store, one) is LetterState.GIVEN_UP


def test_letters_of_a_server_in_trouble_wait_together(store, clock, ana):
    posted(store, clock)
    store.outbox.server_failed("mail", "it does not answer", clock.now() + 30)
    assert store.outbox.due() == ()
    clock.move(31)
    assert len(store.outbox.due()) == 1


def test_trouble_is_counted_until_the_server_takes_something(store, clock, ana):
    one = posted(store, clock)
    began = clock.now()
    store.outbox.server_failed("mail", "gone", clock.now())
    clock.move(5)
    store.outbox.server_failed("mail", "still gone", clock.now())
    trouble = store.outbox.troubles()["mail"]
    assert (trouble.failures, trouble.since, trouble.trouble) == (2, began, "still gone")
    store.outbox.sent(one, "250")
    assert store.outbox.troubles() == {}


def test_while_a_server_is_in_trouble_one_letter_at_a_time_is_made(store, clock, ana):
    store.outbox.server_failed("mail", "gone", clock.now())
    for number in range(5):
        posted(store, clock, number)
    assert len(store.outbox.letters()) == 1
    assert store.outbox.waiting() == {ana: (4, clock.now())}


def test_nobody_gets_more_letters_within_an_hour_than_wanted(store, clock):
    store.subscriptions.add(a_subscription(per_hour=3))
    for number in range(10):
        posted(store, clock, number)
    assert len(store.outbox.letters()) == 3
    clock.move(3601)
    assert store.outbox.gather("x.example") == 3
    assert store.outbox.waiting() == {}


def test_a_letter_that_was_tried_less_often_comes_first(store, clock, ana):
    old, new = posted(store, clock, 1), posted(store, clock, 2)
    store.outbox.begin(old.number)
    store.outbox.put_off(old, "broke off", 0.0, 4 * DAY)
    assert [number for number, _server in store.outbox.due()] == [new.number, old.number]


def test_a_letter_can_be_dropped_only_while_it_is_on_its_way(store, clock, ana):
    one = posted(store, clock)
    store.outbox.drop(one.number)
    assert (state(store, one), store.outbox.due()) == (LetterState.DROPPED, ())
    with pytest.raises(Invalid, match="not on its way"):
        store.outbox.drop(one.number)


def test_what_was_dropped_while_it_was_sent_stays_dropped(store, clock, ana):
    one = posted(store, clock)
    store.outbox.begin(one.number)
    store.outbox.drop(one.number)
    store.outbox.put_off(one, "450", 1.0, 4 * DAY)
    assert state(store, one) is LetterState.DROPPED


def test_a_letter_is_sent_again_under_its_id_and_its_server_is_tried(store, clock, ana):
    one = posted(store, clock)
    store.outbox.begin(one.number)
    store.outbox.refused(one, "550")
    store.outbox.server_failed("mail", "gone", clock.now() + 900)
    store.outbox.resend(one.number)
    assert store.outbox.due() == ((one.number, "mail"),)
    again = store.outbox.get(one.number)
    assert (again.letter.message_id, again.tries) == (one.letter.message_id, 0)


def test_a_list_shows_the_newest_alert_of_each_letter_and_counts_them(store, clock, ana):
    for number in (1, 2, 3):
        store.alerts.raise_alert(an_alert(number=number, incident="one", error=str(number), at=clock.now()))
    store.outbox.gather("x.example")
    [one] = store.outbox.letters()
    assert ([each.job for each in one.letter.alerts], one.count) == (["job3"], 3)
    assert [each.job for each in store.outbox.get(one.number).letter.alerts] == ["job1", "job2", "job3"]


def test_letters_are_listed_by_state_newest_first(store, clock, ana):
    first, second = posted(store, clock, 1), posted(store, clock, 2)
    store.outbox.refused(first, "550")
    assert [one.number for one in store.outbox.letters()] == [second.number, first.number]
    assert [one.number for one in store.outbox.letters("refused")] == [first.number]
    assert [one.number for one in store.outbox.letters(before=second.number)] == [first.number]
    assert store.outbox.counts() == {"waiting": 1, "refused": 1}


def test_a_letter_that_is_not_there_is_not_found(store):
    with pytest.raises(NotFound):
        store.outbox.get(7)


def test_after_a_month_everything_that_ended_is_forgotten_and_nothing_else(store, clock, ana):
    one = posted(store, clock)
    store.outbox.begin(one.number)
    store.outbox.sent(one, "250")
    store.alerts.raise_alert(an_alert(AlertKind.RECOVERED, at=clock.now(), error=""))
    clock.move(31 * DAY)
    store.outbox.tidy()
    with store.database.read() as connection:
        left = {table.name: connection.scalar(select(func.count()).select_from(table)) for table in (letter, incident)}
        told = connection.execute(select(delivery.c.alert)).all()
        kept = connection.execute(select(alert.c.number)).all()
    assert left == {"letter": 0, "incident": 0}
    assert told == kept != []  # the good news were never gathered, so they stay
