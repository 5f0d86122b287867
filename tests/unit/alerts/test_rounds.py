"""Both rounds, cut at every transaction and every letter: an alert that arrives twice arrives as the same letter."""

from dataclasses import replace

import pytest
from sqlalchemy import event

from pbxsync_worker.alerts.rounds import note, send
from pbxsync_worker.core.model.alert import AlertKind, run_incident
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import AlertServerSilent, Invalid, LetterPutOff, LetterRefused
from pbxsync_worker.core.model.host import Host, Peer, PeerState, Policy
from pbxsync_worker.core.model.letter import LetterState
from pbxsync_worker.core.model.plan import Plan
from pbxsync_worker.core.model.report import LineState
from pbxsync_worker.core.model.run import Mode, State
from pbxsync_worker.core.model.subscription import AlertSettings, Channel
from pbxsync_worker.core.store import Store, open_store
from pbxsync_worker.core.store.database import Database
from tests.fakes.clock import HandClock
from tests.fakes.way import NotingWay
from tests.unit.alerts.values import ME, a_server, a_subscription, an_alert
from tests.unit.core.values import B, file, run

DAY = 86400.0


class PowerCut(BaseException):
    """The process is gone."""


@pytest.fixture(scope="session")
def new_store(tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "store.sqlite"
    open_store(f"sqlite:///{path}", HandClock()).database.close()
    return path.read_bytes()


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def opened(tmp_path, new_store, clock):
    """Give a function that opens the store, as a new process would."""
    path = tmp_path / "store.sqlite"
    path.write_bytes(new_store)
    stores = []

    def start() -> Store:
        stores.append(Store(Database(f"sqlite:///{path}"), clock))
        return stores[-1]

    yield start
    for store in stores:
        store.database.close()


@pytest.fixture
def store(opened):
    made = opened()
    made.hosts.set_me(ME)
    made.subscriptions.add(a_subscription(kinds=frozenset(AlertKind) - {AlertKind.TEST, AlertKind.DIGEST}))
    return made


def ends(store, identity: str, state: State = State.FAILED, **values) -> None:
    store.runs.request([run(identity, **({"job": identity} | values))])
    steps = {State.COMMITTED: (State.SCANNING, State.PLANNED, State.STAGED, State.APPLYING, State.VERIFYING)}
    for step in (*steps.get(state, ()), state):
        store.runs.move(store.runs.get(identity), step, "it broke")


def sent(store, clock, way) -> int:
    return send(store, clock, lambda _letter: way, lambda: 1.0)


def kinds(way) -> list[str]:
    return [alert.kind for letter in way.letters for alert in letter.alerts]


def test_a_run_that_fails_reaches_whoever_wants_to_know(store, clock):
    ends(store, "r1")
    note(store, clock)
    way = NotingWay()
    assert (sent(store, clock, way), sent(store, clock, way)) == (1, 0)
    assert kinds(way) == ["failed"]
    assert way.closed == 1


def test_before_this_host_has_an_identity_nothing_happens(opened, clock):
    note(opened(), clock)


def test_more_news_than_one_look_shows_are_all_noted(store, clock):
    store.runs.request([run(f"r{number:03}", job=f"j{number}") for number in range(120)])
    for number in range(120):
        store.runs.move(store.runs.get(f"r{number:03}"), State.FAILED)
    note(store, clock)
    assert sum(one.count for one in store.outbox.letters()) == 120


@pytest.mark.parametrize("mode", [Mode.APPLY, Mode.ROLLBACK])
def test_what_somebody_changed_on_the_target_is_told_by_a_run_of_another_source(store, clock, mode):
    edited = Change(file(b"ASTETCDIR/sip.conf"), None, local_edit=True)
    store.runs.save_plan("r1", Plan("etc", (edited, Change(file(b"ASTETCDIR/x"), None))), {})
    ends(store, "r1", State.COMMITTED, mode=mode)
    note(store, clock)
    way = NotingWay()
    sent(store, clock, way)
    assert kinds(way) == (["drift"] if mode is Mode.APPLY else [])
    assert all("sip.conf" in letter.alerts[0].body[0] for letter in way.letters)


def test_a_host_that_is_lost_and_back_is_told_both_times(store, clock):
    store.hosts.save(Peer(Host(B, "two", ""), b"", PeerState.PAIRED, Policy()))
    way, began = NotingWay(), clock.now()
    for state, since, wait in (("unreachable", began, 0), ("unreachable", began, 400), ("reachable", began + 400, 1)):
        clock.move(wait)
        store.lines.save(B, LineState(state, "gone", since))
        note(store, clock)
        note(store, clock)
        sent(store, clock, way)
    assert kinds(way) == ["host-lost", "host-back"]


def test_a_run_that_waits_long_and_then_in_vain_is_told_both_times(store, clock):
    store.runs.request([run("r1")])
    waiting = store.runs.move(store.runs.get("r1"), State.WAITING, "calls in progress")
    way = NotingWay()
    for wait in (60, 3600, 3600):
        clock.move(wait)
        note(store, clock)
        sent(store, clock, way)
    assert kinds(way) == ["waits"]
    store.runs.move(waiting, State.SKIPPED, "it waited in vain", "rules-skip")
    note(store, clock)
    sent(store, clock, way)
    assert kinds(way) == ["waits", "skipped"]
    assert [one.name for one in store.alerts.open()] == [run_incident(waiting)]


def test_a_run_that_a_rule_left_out_is_no_alert(store, clock):
    ends(store, "r1", State.SKIPPED, error="rules-skip")
    note(store, clock)
    assert sent(store, clock, NotingWay()) == 0


def test_the_digest_of_the_day_comes_once_a_day(store, clock):
    store.subscriptions.save(1, a_subscription(kinds=frozenset({AlertKind.DIGEST})))
    way = NotingWay()
    for _hour in range(48):
        clock.move(3600)
        note(store, clock)
        sent(store, clock, way)
    assert kinds(way) == ["digest", "digest"]


def test_message_ids_end_with_the_domain_of_our_sender(store, clock):
    ends(store, "r1")
    note(store, clock)
    store.subscriptions.set_settings(AlertSettings(a_server(25)))
    ends(store, "r2")
    note(store, clock)
    second, first = store.outbox.letters()
    assert first.letter.message_id.endswith(".invalid")
    assert second.letter.message_id.endswith("@pbx.example")


def test_a_server_that_is_silent_is_asked_for_one_letter_only(store, clock):
    for number in range(5):
        ends(store, f"r{number}")
    note(store, clock)
    way = NotingWay(*[AlertServerSilent(server="mail", reason="gone")] * 9)
    assert sent(store, clock, way) == 0
    assert len(way.troubles) == 8
    assert sent(store, clock, way) == 0
    assert len(way.troubles) == 8
    clock.move(30)
    sent(store, clock, way)
    assert len(way.troubles) == 7
    assert store.outbox.troubles()["mail"].next_at == clock.now() + 60


def test_a_letter_that_is_put_off_or_refused_holds_up_no_other(store, clock):
    for number in range(3):
        ends(store, f"r{number}")
    note(store, clock)
    reasons = {"server": "mail", "to": "ana", "reason": "no"}
    way = NotingWay(LetterPutOff(**reasons), LetterRefused(**reasons))
    assert sent(store, clock, way) == 1
    assert store.outbox.counts() == {"waiting": 1, "refused": 1, "sent": 1}
    clock.move(30)
    assert sent(store, clock, way) == 1


def test_a_recipient_that_no_mail_can_be_built_for_is_refused(store, clock):
    ends(store, "r1")
    note(store, clock)
    sent(store, clock, NotingWay(Invalid(what="recipient", problems="two lines")))
    [one] = store.outbox.letters()
    assert (one.state, "two lines" in one.answer) == (LetterState.REFUSED, True)


def test_without_a_way_out_letters_wait(store, clock):
    ends(store, "r1")
    note(store, clock)

    def no_way(_letter):
        raise AlertServerSilent(server="mail", reason="no mail server is set")

    assert send(store, clock, no_way, lambda: 1.0) == 0
    assert "no mail server" in store.outbox.troubles()["mail"].trouble
    assert store.outbox.counts() == {"waiting": 1}


def test_webhooks_of_one_server_have_ways_of_their_own(store, clock):
    for name in ("a", "b"):
        store.subscriptions.add(a_subscription(channel=Channel.WEBHOOK, to=f"https://x.example/{name}"))
    store.subscriptions.remove(1)
    ends(store, "r1")
    note(store, clock)
    ways: dict[int, NotingWay] = {}
    send(store, clock, lambda letter: ways.setdefault(letter.subscription, NotingWay()), lambda: 1.0)
    assert {number: [letter.to for letter in way.letters] for number, way in ways.items()} == {
        2: ["https://x.example/a"],
        3: ["https://x.example/b"],
    }


class CutWay(NotingWay):
    """A way that arrives, and on which the power may go before or after."""

    def __init__(self, cut) -> None:
        super().__init__()
        self._cut = cut

    def send(self, letter):
        self._cut()
        answer = super().send(letter)
        self._cut()
        return answer


class Power:
    """Goes off at the n-th point."""

    def __init__(self, at: int) -> None:
        self.left = at

    def point(self, *_args) -> None:
        self.left -= 1
        if self.left == 0:
            raise PowerCut


def test_the_power_may_go_at_every_point_and_everything_arrives_once_or_as_the_same_letter(opened, store, clock):
    """One alert each time, which is cut at its n-th commit or letter, until a round has no n-th point any more."""
    way = CutWay(lambda: None)
    point = count = 0
    while True:
        point += 1
        power = Power(point)
        ends(store, f"r{point:03}")
        count += 1
        cut = opened()
        event.listen(cut.database.engine, "commit", power.point)
        way._cut = power.point
        try:
            note(cut, clock)
            sent(cut, clock, way)
        except PowerCut:
            pass
        else:
            break
        finally:
            way._cut = lambda: None
            cut.database.close()
        note(store, clock)
        sent(store, clock, way)
        clock.move(3601)
    assert point == 8  # five commits, and before and after the letter; there is no eighth point
    note(store, clock)
    sent(store, clock, way)
    by_id = {letter.message_id: letter for letter in way.letters}
    assert all(by_id[letter.message_id] == replace(letter) for letter in way.letters)
    told = [alert.run for letter in by_id.values() for alert in letter.alerts]
    assert sorted(told) == sorted(set(told))
    assert len(told) == count
    assert len(way.letters) - len(by_id) in (1, 2)  # cut after it arrived, before it was marked


def test_an_alert_for_a_rule_is_one_call(store, clock):
    store.alerts.raise_alert(an_alert(AlertKind.RULE, incident="rule:calls"))
    note(store, clock)
    way = NotingWay()
    sent(store, clock, way)
    assert kinds(way) == ["rule"]
