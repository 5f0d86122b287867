"""The forms about people: a new one, a role, a new password."""

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from pbxsync_web.forms import Refused
from pbxsync_worker.core.store.people import MIN_PASSWORD, Role

MOST_PASSWORD = 256


def read_role(form: MultiDict[str, str], problems: dict[str, str]) -> Role:
    """Return the chosen role."""
    try:
        return Role(form.get("role", ""))
    except ValueError:
        problems["role"] = _("Choose a role.")
        return Role.VIEWER


def read_password(form: MultiDict[str, str], problems: dict[str, str]) -> str:
    """Return a new password that was typed twice."""
    password = form.get("password", "")
    if not MIN_PASSWORD <= len(password) <= MOST_PASSWORD:
        problems["password"] = _("A password has %(low)s to %(high)s characters.", low=MIN_PASSWORD, high=MOST_PASSWORD)
    elif password != form.get("again", ""):
        problems["again"] = _("The two passwords differ.")
    return password


def read_person(form: MultiDict[str, str], taken: set[str]) -> tuple[str, str] | Refused:
    """Return name and password of a new person."""
    problems: dict[str, str] = {}
    name = form.get("name", "").strip()
    if not name or len(name) > 64 or not name.isprintable():
        problems["name"] = _("Write a name of 1 to %(most)s characters.", most=64)
    elif name in taken:
        problems["name"] = _("This name is taken.")
    password = read_password(form, problems)
    return Refused(problems) if problems else (name, password)
