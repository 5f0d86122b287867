"""What a host tells of itself, and what it keeps of what others tell."""

import pytest
from sqlalchemy import event

from pbxsync_worker.core.model.errors import HostUnreachable
from pbxsync_worker.core.model.report import LineState, Report, Told
from pbxsync_worker.monitor.remote import Exchanged, missed, reached
from tests.contract.test_line import Pair


@pytest.fixture
def pair(tmp_path):
    made = Pair(tmp_path)
    yield made
    made.close()


def test_ages_travel_and_not_times(pair):
    pair.stores[0].facts.record(pair.me.id, [Told("asterisk.calls", 3, 2.0, "ami")])
    pair.clock.move(5)
    (fact,) = pair.reports[0].own(pair.far.id).facts
    assert (fact.value, fact.age_s) == (3, 7.0)


def test_a_host_without_an_address_is_told_that_nobody_can_call_it(pair):
    known = pair.stores[0].hosts.by_id(pair.far.id)
    assert pair.reports[0].own(pair.far.id).dials is None
    pair.stores[0].hosts.set_address(known.host.id, "")
    pair.clock.move(1)
    assert pair.reports[0].own(pair.far.id).dials is False


def test_who_hears_that_nobody_can_call_it_takes_what_waits(pair):
    pair.stores[0].lines.save(pair.far.id, LineState(called=False))
    assert pair.reports[0].own(pair.far.id).polls is True


def exchanged(pair) -> Exchanged:
    return Exchanged(
        Report("0.1.0", pair.clock.now(), (Told("asterisk.calls", 3, 0, "ami"),), dials=True), 0.01, pair.clock.now()
    )


def test_what_an_exchange_brought_is_kept_with_the_way(pair):
    reports, store = pair.reports[0], pair.stores[0]
    reports.keep(pair.far.id, reached(LineState(), exchanged(pair)), exchanged(pair))
    known = store.facts.known(pair.far.id)
    assert (known["asterisk.calls"].value, known["remote.state"].value, known["link.rtt_ms"].value) == (
        3,
        "reachable",
        10.0,
    )
    assert store.hosts.by_id(pair.far.id).seen_at == pair.clock.now()


def test_a_call_that_came_while_it_was_tried_is_not_forgotten(pair):
    reports, store = pair.reports[0], pair.stores[0]
    tried = missed(LineState(), HostUnreachable(host="far", reason="refused"), pair.clock.now())
    pair.clock.move(1)
    store.lines.heard(pair.far.id, "0.1.0", 0.0, polls=True)
    reports.keep(pair.far.id, tried, None)
    assert (store.lines.of(pair.far.id).state, store.lines.of(pair.far.id).polls) == ("reachable", True)


def test_its_page_tells_when_it_was_heard_to_the_minute_and_trouble_at_once(pair):
    reports, store = pair.reports[0], pair.stores[0]
    first = reached(LineState(), exchanged(pair))
    reports.keep(pair.far.id, first, exchanged(pair))
    began = pair.clock.now()
    pair.clock.move(15)
    reports.keep(pair.far.id, reached(first, exchanged(pair)), exchanged(pair))
    assert store.hosts.by_id(pair.far.id).seen_at == began
    pair.clock.move(100)
    reports.keep(pair.far.id, missed(first, HostUnreachable(host="far", reason="gone"), pair.clock.now()), None)
    assert "gone" in store.hosts.by_id(pair.far.id).trouble


def statements(store) -> list[str]:
    """Return a list that fills with the statements of a store, its transactions among them."""
    found: list[str] = []
    for engine in (store.database.engine, store.database.passing.engine):
        event.listen(engine, "before_cursor_execute", lambda *told: found.append(told[2]))
        event.listen(engine, "commit", lambda _: found.append("COMMIT"))
    return found


def test_what_an_exchange_brought_is_one_transaction(pair):
    reports, store = pair.reports[0], pair.stores[0]
    reports.keep(pair.far.id, reached(LineState(), exchanged(pair)), exchanged(pair))
    pair.clock.move(15)
    seen = statements(store)
    reports.keep(pair.far.id, reached(LineState(), exchanged(pair)), exchanged(pair))
    assert [one for one in seen if one.startswith(("BEGIN IMMEDIATE", "COMMIT"))] == ["BEGIN IMMEDIATE", "COMMIT"]


def test_what_every_host_is_told_is_read_once_for_many(pair):
    pair.reports[0].own(pair.far.id)
    seen = statements(pair.stores[0])
    pair.reports[0].own(pair.far.id)
    assert len([one for one in seen if one.startswith("SELECT")]) == 1  # how that host is reached


def test_what_is_told_is_never_older_than_a_moment(pair):
    pair.reports[0].own(pair.far.id)
    pair.stores[0].facts.record(pair.me.id, [Told("asterisk.calls", 7, 0.0, "ami")])
    pair.clock.move(1)
    assert [one.value for one in pair.reports[0].own(pair.far.id).facts] == [7]
