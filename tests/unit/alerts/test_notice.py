"""What is worth an alert."""

from dataclasses import replace

import pytest

from pbxsync_worker.alerts.notice import Around, Day, Names, Story, Waits, names_of, of_day, of_hosts, of_run, of_waits
from pbxsync_worker.core.model.alert import AlertKind, drift_incident, host_incident, run_incident, wait_incident
from pbxsync_worker.core.model.host import Host, Peer, PeerState, Policy
from pbxsync_worker.core.model.report import LineState
from pbxsync_worker.core.model.run import Mode, State
from pbxsync_worker.core.model.sentence import as_text
from tests.unit.alerts.values import ME
from tests.unit.core.values import A, B, C, catalogue, run

NAMES = Names({("farm", "files"): "Files"}, {A: "one", B: "two"}, {B: ("farm",)})
NOW = 1_700_000_000.0


TWO = Peer(Host(B, "two", "two:8443"), b"", PeerState.PAIRED, Policy())


def around(state: str, since: float = NOW, lost=()) -> Around:
    return Around([TWO], {B: LineState(state, "gone" if state == "unreachable" else "", since)}, lost)


def hosts(state: str, since: float = NOW, lost=()):
    return of_hosts(around(state, since, lost), NOW, 300.0, NAMES)


@pytest.mark.parametrize(
    ("state", "kind", "subject"),
    [
        (State.FAILED, AlertKind.FAILED, "Files to two failed"),
        (State.ROLLED_BACK, AlertKind.ROLLED_BACK, "Files to two was undone"),
        (State.HELD, AlertKind.HELD, "Files to two waits for a person"),
        (State.COMMITTED, AlertKind.RECOVERED, "Files to two works again"),
    ],
)
def test_an_alert_about_a_run_says_what_it_is_about(state, kind, subject):
    ended = run(state=state, sentence="as it was", error="unhealthy", moved_at=NOW)
    [alert] = of_run(ended, NAMES).alerts
    assert (alert.kind, as_text(alert.subject), alert.incident) == (kind, subject, run_incident(ended))
    assert (alert.groups, alert.job, alert.host, alert.run, alert.at) == (("farm",), "files", "two", "r1", NOW)
    assert alert.body[0] == "as it was"
    assert alert.error == ("" if kind is AlertKind.RECOVERED else "unhealthy")


def test_a_failure_says_what_to_do_about_it():
    [alert] = of_run(run(state=State.FAILED, error="no-space"), NAMES).alerts
    assert "Free some space, or lower the number of kept states." in alert.body


def test_what_somebody_else_changed_is_named_and_the_rest_is_counted():
    ended = run(state=State.COMMITTED)
    event = of_run(ended, NAMES, Story([f"file{number}" for number in range(12)]))
    drift = event.alerts[1]
    assert (drift.kind, drift.incident, event.over) == (AlertKind.DRIFT, drift_incident(ended), ())
    assert "file9 and 2 more" in as_text(drift.body[0])
    assert "replaced it" in as_text(drift.body[1])


@pytest.mark.parametrize(("state", "words"), [(State.HELD, "waits for a person"), (State.PREVIEWED, "would replace")])
def test_what_becomes_of_it_is_said(state, words):
    mode = Mode.PLAN if state is State.PREVIEWED else Mode.APPLY
    drift = of_run(run(state=state, mode=mode), NAMES, Story(["a"])).alerts[-1]
    assert words in as_text(drift.body[1])


def test_a_good_run_without_drift_ends_it():
    ended = run(state=State.UNCHANGED)
    assert of_run(ended, NAMES).over == (drift_incident(ended),)
    assert of_run(run(state=State.FAILED), NAMES).over == ()


def test_a_host_is_lost_when_it_was_not_reached_for_long_enough():
    assert hosts("unreachable", NOW - 299) == ()
    assert hosts("reachable", NOW - 9999) == ()
    [event] = hosts("unreachable", NOW - 301)
    assert (event.alerts[0].kind, event.alerts[0].groups) == (AlertKind.HOST_LOST, ("farm",))
    assert "gone" in event.alerts[0].body


@pytest.mark.parametrize("state", ["refused", "wrong_version"])
def test_a_host_that_does_not_talk_to_us_is_lost_as_well(state):
    [event] = hosts(state, NOW - 301)
    assert event.alerts[0].kind is AlertKind.HOST_LOST


def test_a_host_that_was_never_tried_is_not_missed():
    assert of_hosts(Around([TWO], {}), NOW, 300.0, NAMES) == ()
    assert of_hosts(Around([TWO], {B: LineState()}), NOW, 300.0, NAMES) == ()


@pytest.mark.parametrize("state", ["reachable", "slow"])
def test_a_lost_host_is_told_once_and_again_when_it_is_back(state):
    assert hosts("unreachable", NOW - 9999, lost={B}) == ()
    [event] = hosts(state, NOW - 1, lost={B})
    assert (event.alerts[0].kind, event.alerts[0].incident) == (AlertKind.HOST_BACK, host_incident(B))


def test_a_host_that_is_no_longer_paired_is_missed_by_nobody():
    [event] = of_hosts(Around([], {}, {C}), NOW, 300.0, NAMES)
    assert (event.alerts, event.over) == ((), (host_incident(C),))


def test_the_day_is_told_with_what_lasts_and_what_could_not_be_sent():
    runs = {"COMMITTED": 2, "UNCHANGED": 40, "FAILED": 1, "ROLLED_BACK": 1, "HELD": 3}
    digest = of_day(Day(runs, ["a trouble"], 4), ME, around("unreachable"))
    assert as_text(digest.subject) == "The day of pbx-north: 42 runs well, 2 badly, 3 held"
    said = " ".join(map(as_text, digest.body))
    assert "two" in said
    assert "a trouble" in said
    assert "could not be sent: 4" in said


def test_a_quiet_day_is_told_in_a_few_words():
    digest = of_day(Day({}, [], 0), ME, around("slow"))
    assert [as_text(line) for line in digest.body[1:]] == ["Every other host answers.", "No trouble lasts."]


def test_things_are_called_as_people_call_them():
    names = names_of([catalogue()], [replace(ME, id=A)])
    assert (names.job(run()), names.host(A), names.host(B)) == ("Files", "pbx-north", "two")
    assert (names.job(run(job="gone")), names.host(C)) == ("gone", "cccccccccccc")
    assert names.groups == {A: ("farm",), B: ("farm",)}


def test_a_run_that_waited_in_vain_is_told():
    ended = run(state=State.SKIPPED, sentence="calls in progress", error="rules-skip")
    [alert] = of_run(ended, NAMES, Story(waited=True)).alerts
    assert (alert.kind, as_text(alert.subject)) == (AlertKind.SKIPPED, "Files to two waited in vain and was left out")
    assert alert.incident == run_incident(ended)
    assert alert.body[0] == "calls in progress"


def test_a_run_that_a_rule_left_out_at_once_is_not_told():
    assert of_run(run(state=State.SKIPPED, error="rules-skip"), NAMES, Story()).alerts == ()


def waits(seconds: float, told=(), patience: float = 3600.0):
    waiting = run(state=State.WAITING, sentence="calls in progress", moved_at=NOW)
    return of_waits(Waits({waiting: NOW - seconds}, told, patience), NOW, NAMES)


def test_a_run_that_waits_is_told_when_it_has_waited_for_long():
    assert waits(3599) == ()
    [event] = waits(3600)
    [alert] = event.alerts
    assert (alert.kind, as_text(alert.subject)) == (AlertKind.WAITS, "Files to two has waited for long")
    assert (alert.body[0], alert.groups, alert.job, alert.run) == ("calls in progress", ("farm",), "files", "r1")


def test_a_run_that_waits_on_is_told_once():
    assert waits(9999, told=[wait_incident(run())]) == ()


def test_nobody_is_told_of_waiting_where_nobody_wants_it():
    assert waits(9999, patience=0.0) == ()


def test_a_wait_that_ended_is_over_without_a_word():
    [event] = of_waits(Waits({}, ["wait:farm/files/x"], 3600.0), NOW, NAMES)
    assert (event.alerts, event.over) == ((), ("wait:farm/files/x",))
