"""How a host is reached, decided from what happened; and when it is called again."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.errors import HostUnreachable, PeerLied, PeerRefused, WrongVersion
from pbxsync_worker.core.model.report import LineState, Report
from pbxsync_worker.monitor import remote
from pbxsync_worker.monitor.remote import Exchanged, due, link_facts, lost, missed, own_offset, pause, reached, silent

NOW = 1_700_000_000.0
AWAY = HostUnreachable(host="far", reason="connection refused")


def got(rtt_s: float = 0.02, ahead: float = 0.0, bytes_per_s: float | None = None) -> Exchanged:
    return Exchanged(Report("0.1.0", NOW + ahead - rtt_s / 2, dials=True), rtt_s, NOW, bytes_per_s)


def good(**values) -> LineState:
    return replace(reached(LineState(), got()), **values)


def test_a_host_that_answers_is_reachable_since_then():
    line = reached(LineState("unreachable", "gone", 5.0, failures=4, dials=False), got())
    assert (line.state, line.sentence, line.since, line.failures, line.dials) == ("reachable", "", NOW, 0, True)
    assert (line.rtt_ms, line.software, line.called) == (20.0, "0.1.0", True)


def test_a_long_round_trip_is_slow_and_stays_so_until_it_is_clearly_better():
    slow = reached(LineState(), got(0.8))
    assert slow.state == "slow"
    assert reached(slow, got(0.6)).state == "slow"
    assert reached(slow, got(0.4)).state == "reachable"
    assert reached(good(), got(0.6)).state == "reachable"


def test_a_clock_that_is_ahead_is_noticed_whatever_the_way_costs():
    assert reached(LineState(), got(0.6, ahead=90.0)).offset_s == 90.0


def test_throughput_stays_as_it_was_measured_last():
    measured = reached(LineState(), got(bytes_per_s=5e6))
    assert reached(measured, got()).bytes_per_s == 5e6
    assert reached(measured, got()).measured_at == NOW


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (AWAY, "unreachable"),
        (PeerRefused(host="far", reason="this host is not paired"), "refused"),
        (PeerLied(host="far", reason="the host that answers is another one"), "refused"),
        (WrongVersion(host="far", reason="version 2"), "wrong_version"),
    ],
)
def test_each_trouble_has_its_state_and_sentence(error, state):
    line = missed(LineState(), error, NOW)
    assert (line.state, line.sentence, line.since, line.failures, line.dials) == (state, error.told, NOW, 1, False)


def test_a_host_that_was_just_heard_is_not_unreachable_because_it_cannot_be_called():
    line = missed(good(heard_at=NOW - 20), AWAY, NOW)
    assert (line.state, line.dials) == ("reachable", False)
    assert missed(good(heard_at=NOW - 61), AWAY, NOW).state == "unreachable"


def test_a_refusal_counts_however_recently_it_was_heard():
    assert missed(good(heard_at=NOW), PeerRefused(host="far", reason="no"), NOW).state == "refused"


def test_trouble_that_stays_keeps_the_time_since_when():
    first = missed(LineState(), AWAY, NOW)
    assert missed(first, AWAY, NOW + 100).since == NOW


def test_one_host_of_each_pair_calls():
    assert [remote.calls("a", "b"), remote.calls("b", "a")] == [True, False]


def test_who_is_to_call_calls_every_fifteen_seconds_and_the_other_one_where_it_was_not_called():
    line = good()
    assert [due(line, NOW + late, ours=True) for late in (14.9, 15.0)] == [False, True]
    assert [due(line, NOW + late, ours=False) for late in (15.0, 22.5)] == [False, True]


def test_a_host_that_always_calls_is_called_now_and_then_to_know_whether_it_can_be():
    assert not due(good(heard_at=NOW + 290), NOW + 299, ours=False)
    assert due(good(heard_at=NOW + 299), NOW + 300, ours=False)


def test_hosts_that_were_found_at_once_are_not_called_at_once_again():
    waits = [remote.prove_after(one * 32) for one in ("00", "80", "ff")]
    assert waits == sorted(set(waits))
    assert (waits[0], waits[-1] <= 375.0) == (225.0, True)


def test_a_host_that_is_away_is_tried_less_and_less_often():
    waits = [remote.back_off(failures) for failures in (1, 2, 3, 4, 5, 6, 1000)]
    assert waits == [15.0, 30.0, 60.0, 120.0, 240.0, 300.0, 300.0]


def test_hosts_that_were_lost_together_do_not_come_back_together():
    line = missed(good(heard_at=0.0), AWAY, NOW)
    waits = [pause(replace(line, failures=6), NOW, iter([spread]).__next__, ours=True) for spread in (0.0, 0.5, 1.0)]
    assert waits == [150.0, 225.0, 300.0]


def test_a_clock_that_was_set_back_stops_no_call():
    assert due(good(), NOW - 86400, ours=True)


def test_what_is_not_measured_any_more_is_unknown_and_says_why():
    line = missed(good(heard_at=0.0), AWAY, NOW)
    told = {one.name: (one.value, one.source) for one in link_facts(line, NOW)}
    assert told["remote.reachable"] == (False, "link")
    assert told["remote.state"] == ("unreachable", "link")
    assert told["link.rtt_ms"] == (None, AWAY.told)


def test_this_hosts_clock_is_judged_by_most_of_the_others():
    lines = [good(offset_s=one) for one in (5.0, 5.1, -300.0)]
    assert own_offset(iter(lines)) == -5.0
    assert own_offset(iter([LineState()])) is None


def test_a_host_that_only_calls_is_lost_after_a_minute_of_silence():
    assert [silent(good(), NOW + late) for late in (59.0, 60.0)] == [False, True]
    line = lost(good(), NOW + 60)
    assert line.state == "unreachable"
    assert "it has not called for {seconds} s" in line.sentence
