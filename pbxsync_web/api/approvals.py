"""Held runs that wait for somebody."""

from pbxsync_web.api.endpoint import endpoint, number_of
from pbxsync_web.api.run_values import run_value
from pbxsync_web.api.values import RunValue
from pbxsync_web.parts import the_store


@endpoint("GET /approvals", list[RunValue], query=(("limit", "how many, 1 to 200 (50)"),))
def approvals() -> list[RunValue]:
    """List the held runs that still wait for somebody, newest first; no later run of their job changed their target."""
    return [run_value(run) for run in the_store().runs.held(number_of("limit", 50))]
