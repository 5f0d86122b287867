"""The form of what a peer may do on this host."""

import re

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from pbxsync_web.forms import Refused, read_number
from pbxsync_worker.core.model.asterisk_action import permits
from pbxsync_worker.core.model.host import Policy, Right

PLACES = Policy().places
"""Everything that a policy opens or not."""

_MODULE = re.compile(r"\*|[A-Za-z0-9_.-]{1,64}")


def to_form(policy: Policy) -> MultiDict[str, str]:
    """Return a policy as the texts of its form."""
    form: MultiDict[str, str] = MultiDict({"max_delete_percent": str(policy.max_delete_percent)})
    form["reloads"] = "\n".join(policy.reloads)
    form["actions"] = "\n".join(policy.actions)
    form["replica"] = "yes" if policy.replica else "no"
    for right in Right:
        form[f"right-{right}"] = "yes" if right in policy.rights else "no"
    for place in PLACES:
        form[f"place-{place}"] = "yes" if place in policy.places else "no"
    return form


def read(form: MultiDict[str, str]) -> Policy | Refused:
    """Return the policy that a form describes."""
    problems: dict[str, str] = {}
    percent = read_number(form.get("max_delete_percent", ""), 0, 100, problems, "max_delete_percent")
    reloads = tuple(line.strip() for line in form.get("reloads", "").splitlines() if line.strip())
    if len(reloads) > 100 or not all(_MODULE.fullmatch(one) for one in reloads):
        problems["reloads"] = _("Write one module name on each line, or * for all.")
    actions = tuple(dict.fromkeys(line.strip() for line in form.get("actions", "").splitlines() if line.strip()))
    if len(actions) > 100 or not all(permits(one) for one in actions):
        problems["actions"] = _("Write one action on each line, such as restart gracefully, or * for all.")
    rights = frozenset(right for right in Right if form.get(f"right-{right}") == "yes")
    places = tuple(place for place in PLACES if form.get(f"place-{place}") == "yes")
    if problems:
        return Refused(problems)
    return Policy(rights, places, percent, reloads, replica=form.get("replica") == "yes", actions=actions)
