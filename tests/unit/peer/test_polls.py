"""Held questions: answered when something waits, at the latest when their time is over, hundreds by one look."""

from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.store.database import StoreBusy
from pbxsync_worker.peer.polls import Polls
from tests.fakes.clock import HandClock

LONG = 3600.0


class Post:
    """What waits for whom; looks: how often somebody looked."""

    def __init__(self):
        self.waiting: set[str] = set()
        self.looks = 0
        self.broken: Exception | None = None

    def __call__(self):
        self.looks += 1
        if self.broken is not None:
            raise self.broken
        return frozenset(self.waiting)


@pytest.fixture
def post():
    return Post()


@pytest.fixture
def held():
    with ThreadPoolExecutor(200) as pool:
        yield pool


def test_a_question_is_held_no_longer_than_asked(post):
    clock = HandClock()
    before = clock.monotonic()
    Polls(post, clock).wait("a", 25.0)
    assert 25.0 <= clock.monotonic() - before < 27.0


def test_it_is_answered_when_something_waits_for_its_host(post, held):
    polls = Polls(post, SystemClock())
    mine, other = held.submit(polls.wait, "a", LONG), held.submit(polls.wait, "b", 1.0)
    post.waiting.add("a")
    mine.result(30)
    post.waiting.clear()
    other.result(30)
    assert post.looks


def test_one_look_serves_all_hosts_whose_questions_are_held(post, held):
    polls = Polls(post, SystemClock())
    post.waiting = {f"h{number}" for number in range(150)}
    wait([held.submit(polls.wait, f"h{number}", LONG) for number in range(150)], 30)
    assert 1 <= post.looks < 20


def test_a_host_that_asks_again_ends_its_older_question(post, held):
    polls = Polls(post, SystemClock())
    older = held.submit(polls.wait, "a", LONG)
    while not polls.held:
        pass
    newer = held.submit(polls.wait, "a", LONG)
    older.result(30)
    post.waiting.add("a")
    newer.result(30)
    assert polls.held == 0


def test_of_too_many_the_next_is_answered_at_once(post, held):
    polls = Polls(post, SystemClock(), most=1)
    first = held.submit(polls.wait, "a", LONG)
    while not polls.held:
        pass
    polls.wait("b", LONG)
    assert not first.done()
    post.waiting.add("a")
    first.result(30)


def test_a_store_that_does_not_answer_holds_nobody(post):
    post.broken = StoreBusy(reason="locked")
    Polls(post, SystemClock()).wait("a", LONG)
    assert post.looks == 1


def test_after_everybody_was_answered_the_next_question_is_held_again(post):
    clock = HandClock()
    polls = Polls(post, clock)
    polls.wait("a", 5.0)
    before = clock.monotonic()
    polls.wait("a", 5.0)
    assert clock.monotonic() - before >= 5.0
