"""The form of a rule about rows that arrive on this host."""

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from pbxsync_web.forms import Refused
from pbxsync_worker.core.model.dataset import Condition
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.own_rule import Becomes, OwnRule, read_condition, wrong_fields

DATABASES = ("asterisk", "asteriskcdrdb")
_MOST = 20


def read(form: MultiDict[str, str]) -> OwnRule | Refused:
    """Return the rule that a form describes."""
    problems: dict[str, str] = {}
    becomes = form.get("becomes", "")
    if becomes not in list(Becomes):
        problems["becomes"] = _("Choose one of the values.")
        becomes = Becomes.REPLACE
    rule = OwnRule(
        Becomes(becomes),
        form.get("database", "").strip(),
        form.get("table", "").strip(),
        form.get("column", "").strip(),
        form.get("value", ""),
        form.get("why", "").strip(),
        _conditions(form.get("rows", ""), problems),
    )
    for name in wrong_fields(rule):
        problems[name] = _("Say why, for those who read the plan.") if name == "why" else _("This is no usable name.")
    return Refused(problems) if problems else rule


def _conditions(text: str, problems: dict[str, str]) -> tuple[Condition, ...]:
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        return tuple(read_condition(line) for line in lines[:_MOST])
    except Invalid:
        problems["rows"] = _("Write conditions such as: keyword in transport, media_address")
        return ()
