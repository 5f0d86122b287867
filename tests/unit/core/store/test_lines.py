"""Ways to other hosts, what those have, and errands: each taken once, answered by the host it was for alone."""

from pbxsync_worker.core.model.report import LineState
from pbxsync_worker.core.store import lines as module

A, B = "a" * 64, "b" * 64


def test_nothing_is_known_of_a_host_that_was_never_tried(store):
    assert store.lines.of(A) == LineState()
    assert store.lines.all() == {}


def test_a_host_that_calls_is_reachable_since_then(store, clock):
    store.lines.save(A, LineState("unreachable", "gone", 5.0, failures=3, dials=False))
    store.lines.heard(A, "1.0", 0.5, polls=True)
    line = store.lines.of(A)
    assert (line.state, line.sentence, line.since, line.failures) == ("reachable", "", clock.now(), 0)
    assert (line.polls, line.dials, line.offset_s) == (True, False, 0.5)


def test_an_errand_is_taken_once_by_its_host_and_answered_by_it_alone(store):
    number = store.lines.send(A, "/v1/ping", b"question")
    assert store.lines.waiting() == {A}
    assert store.lines.take(B) == ()
    assert [(one.path, one.body) for one in store.lines.take(A)] == [("/v1/ping", b"question")]
    assert store.lines.take(A) == ()
    assert not store.lines.answer(B, number, b"lie")
    assert store.lines.answered(number) is None
    assert store.lines.answer(A, number, b"answer")
    assert store.lines.answered(number) == b"answer"
    assert store.lines.answered(number) is None


def test_an_errand_that_nobody_took_in_time_is_taken_by_nobody(store, clock):
    store.lines.send(A, "/v1/ping", b"question")
    clock.move(module.LIFE + 1)
    assert store.lines.waiting() == frozenset()
    assert store.lines.take(A) == ()


def test_more_errands_than_a_host_can_do_are_refused_until_their_time_is_over(store, clock):
    numbers = [store.lines.send(A, "/v1/ping", b"") for _ in range(module.MOST_WAITING + 1)]
    assert numbers[-1] is None
    clock.move(module.LIFE + 1)
    assert store.lines.send(A, "/v1/ping", b"") is not None


def test_an_errand_that_was_given_up_takes_no_answer(store):
    number = store.lines.send(A, "/v1/ping", b"")
    store.lines.take(A)
    store.lines.give_up(number)
    assert not store.lines.answer(A, number, b"late")


def test_a_host_that_is_forgotten_leaves_nothing(store):
    store.lines.save(A, LineState())
    store.lines.send(A, "/v1/ping", b"")
    store.lines.forget(A)
    assert (store.lines.all(), store.lines.waiting()) == ({}, frozenset())
