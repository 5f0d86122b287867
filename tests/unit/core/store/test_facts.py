"""Facts of hosts: what is known now, what was, and what is not known."""

from pbxsync_worker.core.model.report import Told
from pbxsync_worker.core.store import facts as module

ME, OTHER = "a" * 64, "b" * 64


def calls(value, age: float = 0.0) -> Told:
    return Told("asterisk.calls", value, age, "ami")


def test_what_was_measured_is_known_with_its_time_and_source(store, clock):
    store.facts.record(ME, [calls(3, 2.0)])
    one = store.facts.known(ME)["asterisk.calls"]
    assert (one.value, one.at, one.since, one.source) == (3, clock.now() - 2, clock.now() - 2, "ami")


def test_what_stays_as_it_is_keeps_the_time_since_when_it_is_so(store, clock):
    store.facts.record(ME, [calls(3)])
    began = clock.now()
    clock.move(60)
    assert store.facts.record(ME, [calls(3)]) == ()
    assert store.facts.known(ME)["asterisk.calls"].since == began
    assert store.facts.known(ME)["asterisk.calls"].at == began + 60


def test_what_changed_is_told(store):
    assert store.facts.record(ME, [calls(3)]) == ("asterisk.calls",)
    assert store.facts.record(ME, [calls(4), Told("disk.free_bytes", 5, 0, "disk")]) == (
        "asterisk.calls",
        "disk.free_bytes",
    )


def test_facts_of_one_source_leave_those_of_another_alone(store):
    store.facts.record(ME, [calls(3)])
    store.facts.record(ME, [Told("redis.up", True, 0, "redis")])
    assert store.facts.known(ME)["asterisk.calls"].value == 3


def test_what_is_not_known_any_more_is_no_fact_and_no_zero(store):
    store.facts.record(ME, [calls(3)])
    store.facts.record(ME, [calls(None)])
    assert store.facts.known(ME)["asterisk.calls"].value is None
    assert store.facts.of_pair(ME, OTHER) == {}


def test_a_run_is_judged_by_both_hosts_and_the_way_between_them(store):
    store.facts.record(ME, [calls(3), Told("link.rtt_ms", 9.0, 0, "link")])
    store.facts.record(OTHER, [calls(5), Told("link.rtt_ms", 20.0, 0, "link")])
    values = {name: fact.value for name, fact in store.facts.of_pair(ME, OTHER).items()}
    assert values == {"local.asterisk.calls": 3, "remote.asterisk.calls": 5, "link.rtt_ms": 20.0}


def test_the_state_at_any_moment_can_be_told_again(store, clock):
    begin = clock.now()
    for number in range(100):
        store.facts.record(ME, [calls(number), Told("redis.up", number < 50 or None, 0, "redis")])
        clock.move(60)
    assert store.facts.moment(ME, begin + 30 * 60 + 1) == {"asterisk.calls": 30, "redis.up": True}
    assert store.facts.moment(ME, begin + 70 * 60 + 1) == {"asterisk.calls": 70, "redis.up": None}
    assert store.facts.of_pair(ME, OTHER, begin + 30 * 60)["local.asterisk.calls"].value == 30
    assert store.facts.moment(ME, begin - 1) == {}


def test_history_begins_with_what_held_then(store, clock):
    begin = clock.now()
    for number in range(5):
        store.facts.record(ME, [calls(number)])
        clock.move(60)
    assert store.facts.history(ME, begin + 90) == {
        "asterisk.calls": ((begin + 90, 1), (begin + 120, 2), (begin + 180, 3), (begin + 240, 4))
    }
    assert store.facts.history(ME, begin, ["redis.up"]) == {}


def test_many_measurements_make_few_samples(store, clock):
    begin = clock.now()
    for number in range(60):
        store.facts.record(ME, [calls(number)])
        clock.move(1)
    assert len(store.facts.history(ME, begin - 1)["asterisk.calls"]) == 60 / module.QUICK


def test_without_changes_there_is_a_sample_a_minute(store, clock):
    begin = clock.now()
    for number in range(120):
        store.facts.record(ME, [calls(3), Told("asterisk.uptime_s", number, 0, "ami")])
        clock.move(1)
    assert len(store.facts.history(ME, begin - 1)["asterisk.uptime_s"]) == 2


def test_old_samples_are_forgotten(store, clock):
    begin = clock.now()
    store.facts.record(ME, [calls(3)])
    clock.move(module.KEPT + 1)
    store.facts.prune()
    assert store.facts.history(ME, begin - 1) == {}
    assert store.facts.known(ME)["asterisk.calls"].value == 3


def test_a_host_that_is_forgotten_leaves_nothing(store):
    store.facts.record(OTHER, [calls(3)])
    store.facts.forget(OTHER)
    assert store.facts.all() == {}


def test_a_clock_that_was_set_back_stops_no_samples(store, clock):
    store.facts.record(ME, [calls(3)])
    clock.move(-86400)
    store.facts.record(ME, [calls(4)])
    assert store.facts.moment(ME, clock.now()) == {"asterisk.calls": 4}
