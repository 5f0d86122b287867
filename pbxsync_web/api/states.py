"""The kept known-good states that this host can return to."""

from pbxsync_web.api.endpoint import endpoint
from pbxsync_web.api.values import StateValue
from pbxsync_web.parts import the_store


@endpoint("GET /states", list[StateValue])
def states() -> list[StateValue]:
    """List the kept states, newest first."""
    kept = the_store().inventories.kept()
    return [StateValue(one.group, one.job, one.run, one.side, one.at) for one in kept]
