"""The audit log."""

from dataclasses import asdict

from pbxsync_web.api.endpoint import endpoint, number_of
from pbxsync_web.api.values import EntryValue
from pbxsync_web.parts import the_store
from pbxsync_worker.core.store.people import Role


@endpoint("GET /audit", list[EntryValue], role=Role.ADMIN, query=(("limit", "how many, 1 to 200 (50)"),))
def audit() -> list[EntryValue]:
    """List who did what, newest first; each line is bound to the one before by its hash."""
    return [EntryValue(**asdict(one)) for one in the_store().audit.entries(number_of("limit", 50))]
