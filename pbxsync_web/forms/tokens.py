"""The form of a new API token."""

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from pbxsync_web.forms import Refused, read_number
from pbxsync_web.forms.people import read_role
from pbxsync_worker.core.store.people import Role
from pbxsync_worker.core.store.tokens import MOST_DAYS


def read(form: MultiDict[str, str]) -> tuple[str, Role, int] | Refused:
    """Return name, role and days of a new token."""
    problems: dict[str, str] = {}
    name = form.get("name", "").strip()
    if not name or len(name) > 64 or not name.isprintable():
        problems["name"] = _("Write a name of 1 to %(most)s characters.", most=64)
    role = read_role(form, problems)
    days = read_number(form.get("days", ""), 1, MOST_DAYS, problems, "days")
    return Refused(problems) if problems else (name, role, days)
