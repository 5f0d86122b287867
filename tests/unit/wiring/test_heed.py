"""Wishes are looked for beside the main work, and never after it."""

from threading import Event, active_count

from pbxsync_worker.core.model.errors import HostUnreachable
from pbxsync_worker.wiring.heed import heeding


def test_wishes_are_looked_for_again_although_a_host_was_away():
    looks, seen = [], Event()

    def look() -> None:
        looks.append(1)
        if len(looks) == 1:
            raise HostUnreachable(host="west", reason="away")
        seen.set()

    before = active_count()
    with heeding(look, 0.001):
        assert seen.wait(60)
    assert active_count() == before
