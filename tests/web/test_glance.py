"""How a host is, in one colour."""

import pytest

from pbxsync_web.glance import tone
from pbxsync_worker.core.model.fleet import FleetHost, Has, Loss
from pbxsync_worker.core.model.report import LineState

OLD = Has("coast", "config", "", "", 0, 0, current=False)


@pytest.mark.parametrize(
    ("state", "facts", "has", "expected"),
    [
        ("reachable", {}, (), "good"),
        ("reachable", {"asterisk.up": True}, (), "good"),
        ("slow", {}, (), "warn"),
        ("reachable", {}, (OLD,), "warn"),
        ("unreachable", {}, (), "bad"),
        ("refused", {}, (), "bad"),
        ("reachable", {"asterisk.up": False}, (), "bad"),
    ],
)
def test_a_host_has_one_colour(state: str, facts: dict[str, bool], has: tuple[Has, ...], expected: str) -> None:
    assert tone(FleetHost("a", "a", LineState(state), facts, has, Loss(0, 0, ""))) == expected
