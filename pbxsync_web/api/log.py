"""The audit log."""

from dataclasses import asdict

from flask import request

from pbxsync_web.api.endpoint import endpoint, number_of
from pbxsync_web.api.values import EntryValue
from pbxsync_web.parts import the_store
from pbxsync_web.present import as_written
from pbxsync_worker.core.store.people import Role

_QUERY = (
    ("limit", "how many, 1 to 200 (50)"),
    ("before_line", "only lines with a smaller number"),
    ("who", "only lines of this person, program or host"),
)


@endpoint("GET /audit", list[EntryValue], role=Role.ADMIN, query=_QUERY)
def audit() -> list[EntryValue]:
    """List who did what, newest first; each line is bound to the one before by its hash."""
    found = the_store().audit.entries(number_of("limit", 50), number_of("before_line", 0), request.args.get("who", ""))
    return [EntryValue(**asdict(one), told=as_written(one.about)) for one in found]
