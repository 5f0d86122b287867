"""A process that lives on gives memory back while nobody waits for it."""

from pbxsync_worker.services.lean import Rest
from tests.fakes.clock import HandClock


class Given:
    """A process whose clock is moved by hand."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.times = 0
        self.rest = Rest(self.clock.monotonic, self._give)

    def _give(self) -> None:
        self.times += 1

    def task(self) -> None:
        self.rest.begin()
        self.rest.end()


def test_nothing_is_given_back_right_after_a_task():
    given = Given()
    given.task()
    given.rest.look()
    assert given.times == 0


def test_what_a_task_left_is_given_back_once_at_rest():
    given = Given()
    given.task()
    for _ in range(3):
        given.clock.move(2)
        given.rest.look()
    assert given.times == 1


def test_nothing_is_given_back_within_a_task():
    given = Given()
    given.task()
    given.rest.begin()
    given.clock.move(60)
    given.rest.look()
    assert given.times == 0


def test_who_never_rests_gives_back_now_and_then():
    given = Given()
    for _ in range(40):
        given.task()
    assert given.times == 2
