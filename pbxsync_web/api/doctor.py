"""What this host needs, and whether it is well."""

from http import HTTPStatus

from pbxsync_web.access import me
from pbxsync_web.api.endpoint import endpoint
from pbxsync_web.api.values import AskedValue, CheckValue, DoctorValue
from pbxsync_web.api.wishes import asked_value, wish
from pbxsync_web.parts import the_store
from pbxsync_web.present import told
from pbxsync_worker.core.model.check import restored
from pbxsync_worker.core.model.wish import LookAtEverything, ReadAnew
from pbxsync_worker.core.store.people import Role


@endpoint("GET /doctor", DoctorValue)
def doctor() -> DoctorValue:
    """Tell what a worker found when it last looked; at: 0 where nobody has looked."""
    asked = the_store().wishes.newest(LookAtEverything)
    checks = restored(asked.answer) if asked else ()
    shown = [CheckValue(told(one.name), one.well, told(one.saw), told(one.remedy)) for one in checks]
    return DoctorValue(all(one.well for one in checks), asked.at if asked else 0.0, shown)


@endpoint("POST /doctor", AskedValue, role=Role.OPERATOR, status=HTTPStatus.ACCEPTED)
def look_at_everything() -> AskedValue:
    """Ask a worker to look at everything; the wish says when it has."""
    return asked_value(wish(LookAtEverything(), me().name))


@endpoint("POST /verify", AskedValue, role=Role.OPERATOR, status=HTTPStatus.ACCEPTED)
def read_anew() -> AskedValue:
    """Let this host open every file at its next look, whatever size and time say."""
    return asked_value(wish(ReadAnew(), me().name))
