"""The loops of the monitor: what one of them meets is its own affair."""

from threading import Event, Thread

import pytest

from pbxsync_worker.core.model.errors import AsteriskSilent
from pbxsync_worker.services.loops import LONGEST_PAUSE, Loop, Loops, Runner
from tests.fakes.clock import HandClock


def crash() -> None:
    raise ZeroDivisionError


def silent() -> None:
    raise AsteriskSilent(reason="gone")


def test_the_next_step_begins_when_its_time_has_come_however_long_the_last_one_took():
    clock = HandClock()
    assert Runner(Loop("one", 15.0, lambda: clock.move(4.0)), clock).turn() == 11.0


def test_a_step_that_takes_longer_than_its_time_is_followed_at_once():
    clock = HandClock()
    assert Runner(Loop("one", 15.0, lambda: clock.move(40.0)), clock).turn() == 0.0


def test_a_crash_is_logged_and_tried_again_after_pauses_that_double_up_to_a_limit(caplog):
    runner = Runner(Loop("one", 15.0, crash), HandClock())
    assert [runner.turn() for _ in range(8)] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, LONGEST_PAUSE, LONGEST_PAUSE]
    assert "a loop crashed" in caplog.text


def test_after_a_step_that_went_well_pauses_begin_anew():
    clock, broken = HandClock(), [True, True, False, True]
    runner = Runner(Loop("one", 15.0, lambda: crash() if broken.pop(0) else None), clock)
    assert [runner.turn() for _ in range(4)] == [1.0, 2.0, 15.0, 1.0]


def test_what_will_pass_is_no_crash_and_is_told_once(caplog):
    runner = Runner(Loop("one", 15.0, silent), HandClock())
    assert [runner.turn() for _ in range(3)] == [15.0] * 3
    assert len([record for record in caplog.records if record.message == "a loop could not do its work"]) == 1


def test_the_end_of_trouble_is_told(caplog):
    caplog.set_level("INFO")
    troubles = [True, False]
    runner = Runner(Loop("one", 15.0, lambda: silent() if troubles.pop(0) else None), HandClock())
    runner.turn(), runner.turn()
    assert "a loop works again" in caplog.text


@pytest.fixture
def running():
    started: list[tuple[Loops, Thread]] = []

    def run(*loops: Loop) -> None:
        together = Loops(loops, HandClock())
        thread = Thread(target=together.run)
        thread.start()
        started.append((together, thread))

    yield run
    for together, thread in started:
        together.end()
        thread.join(20)
        assert not thread.is_alive()


def test_a_loop_that_hangs_or_crashes_does_not_stop_another(running):
    hanging, done, steps = Event(), Event(), []

    def wait() -> None:
        hanging.wait(20)

    def count() -> None:
        steps.append(1)
        if len(steps) == 3:
            done.set()

    running(Loop("hangs", 1.0, wait), Loop("crashes", 0.0, crash), Loop("works", 0.0, count))
    assert done.wait(20)
    hanging.set()


def test_a_bell_wakes_a_loop_long_before_its_time(running):
    once, twice = Event(), Event()
    loop = Loop("sleeps", 3600.0, lambda: twice.set() if once.is_set() else once.set())
    running(loop)
    assert once.wait(20)
    assert not twice.is_set()
    loop.bell.ring()
    assert twice.wait(20)


def test_a_bell_that_rings_during_a_step_is_not_lost(running):
    steps, done = [], Event()

    def work() -> None:
        steps.append(1)
        loop.bell.ring() if len(steps) < 3 else done.set()

    loop = Loop("works", 3600.0, work)
    running(loop)
    assert done.wait(20)
