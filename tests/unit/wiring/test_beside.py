"""Tasks beside each other: one that hangs keeps no other from its turn, one that fails tells nobody but the log."""

from threading import Event, Thread

import pytest

from pbxsync_worker.core.model.errors import HostUnreachable
from pbxsync_worker.wiring.beside import Beside

LONG = 30.0


def test_a_task_that_hangs_keeps_no_other_from_its_turn():
    beside, hangs, done = Beside(2), Event(), Event()
    beside.do("hangs", lambda: hangs.wait(LONG))
    beside.do("quick", done.set)
    assert done.wait(LONG)
    hangs.set()


@pytest.mark.parametrize("error", [HostUnreachable(host="far", reason="gone"), KeyError("bug")])
def test_a_task_that_fails_makes_room_for_the_next_and_is_logged(error, caplog):
    beside, done = Beside(1), Event()

    def fails() -> None:
        raise error

    beside.do("one that fails", fails)
    beside.do("next", done.set)
    assert done.wait(LONG)
    assert [record.task for record in caplog.records] == ["one that fails"]


def test_no_more_than_so_many_are_done_at_once():
    beside, first, done = Beside(1), Event(), Event()
    order: list[str] = []

    def one() -> None:
        first.wait(LONG)
        order.append("first")

    def last() -> None:
        order.append("second")
        done.set()

    beside.do("first", one)
    Thread(target=beside.do, args=("second", last)).start()
    assert order == []
    first.set()
    assert done.wait(LONG)
    assert order == ["first", "second"]
