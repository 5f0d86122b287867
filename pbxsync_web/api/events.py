"""What the PBX's own panel tells: a hint that comes at once; the monitor finds the same by itself a little later."""

from http import HTTPStatus

from pbxsync_web.access import me
from pbxsync_web.api.endpoint import endpoint
from pbxsync_web.api.values import Happened, Noted
from pbxsync_web.parts import the_parts
from pbxsync_worker.core.store.people import Role


@endpoint("POST /events", Noted, role=Role.OPERATOR, body=Happened, status=HTTPStatus.ACCEPTED)
def happened(body: Happened) -> Noted:
    """Say that somebody applied a configuration, or restored a backup."""
    the_parts().store.audit.add(me().name, body.what)
    return Noted(noted=True)
