"""What ends a run before its first write, and nothing after it."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.errors import Cancelled, TimeLimit
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.run import State
from pbxsync_worker.sync.limit import Limit
from pbxsync_worker.sync.run import run_once
from tests.unit.core.values import file, run
from tests.unit.sync.parts import Source, parts

ITEM = file(b"ASTETCDIR/a.conf", b"[a]\n", mode=0o644)


@pytest.fixture
def made(tmp_path):
    return parts(tmp_path, Source({ITEM.name: b"[a]\n"}, inventory=Inventory.of([ITEM])))


def test_a_run_over_its_time_is_cancelled_before_anything_is_written(made):
    ended = run_once(run(), replace(made, deadline=made.host.clock.monotonic() - 1))
    assert (ended.state, ended.error) == (State.CANCELLED, "time-limit")
    assert made.host.data.things == {}


def test_a_run_that_has_begun_to_write_is_not_cancelled_by_its_time(made):
    begin = made.host.journal.begin

    class Slow:
        """A disk that takes an hour for the first record."""

        def __getattr__(self, name):
            return getattr(made.host.journal, name)

        def begin(self, *written):
            made.host.clock.move(3600)
            return begin(*written)

    slow = replace(made.host, journal=Slow())
    ended = run_once(run(), replace(made, host=slow, deadline=made.host.clock.monotonic() + 60))
    assert ended.state is State.COMMITTED


def test_a_host_that_has_nothing_to_do_is_not_cancelled(made):
    made.host.data.put(ITEM.name, b"[a]\n")
    ended = run_once(run(), replace(made, deadline=made.host.clock.monotonic() - 1))
    assert ended.state is State.UNCHANGED


def test_a_large_content_is_watched_while_it_comes_in(made):
    limit = Limit(run(), replace(made, deadline=made.host.clock.monotonic() + 10))
    pieces = iter(limit.watched([b"1", b"2", b"3"]))
    assert next(pieces) == b"1"
    made.host.clock.move(11)
    with pytest.raises(TimeLimit):
        next(pieces)


def test_a_person_is_heard_half_a_second_later_at_most(made):
    limit = Limit(run(), made)
    made.host.memory.cancelled = "ann"
    made.host.clock.move(0.4)
    limit.now_and_then()
    made.host.clock.move(0.1)
    with pytest.raises(Cancelled, match="ann"):
        limit.now_and_then()
