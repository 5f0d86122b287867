"""The form of a rule: its condition as text, what it does, and what that needs."""

from dataclasses import replace
from datetime import datetime

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from pbxsync_web.forms import Refused, new_name, read_title
from pbxsync_web.present import told
from pbxsync_worker.core.model.asterisk_action import parse_action
from pbxsync_worker.core.model.condition_text import parse
from pbxsync_worker.core.model.errors import ConditionWrong, Invalid
from pbxsync_worker.core.model.rule import (
    LONGEST_REASON,
    LONGEST_WAIT,
    Rule,
    Then,
    read_duration,
    show_duration,
)

FRESH = Rule("", "", "local.asterisk.calls > 0", Then.WAIT, 4 * 3600, Then.HOLD)
"""What the form of a new rule begins with."""


def to_form(rule: Rule) -> MultiDict[str, str]:
    """Return a rule as the texts of its form."""
    limit = show_duration(rule.limit_s) if rule.limit_s else ""
    return MultiDict(
        {
            "title": rule.title,
            "when": rule.when,
            "then": rule.then.value,
            "limit": limit,
            "otherwise": rule.otherwise.value,
            "reason": rule.reason,
            "asterisk": rule.asterisk,
            "enabled": "yes" if rule.enabled else "no",
        }
    )


def read(form: MultiDict[str, str], known: Rule | None, taken: set[str]) -> Rule | Refused:
    """Return the rule that a form describes; known: the one that is edited; taken: names of the others."""
    problems: dict[str, str] = {}
    title = read_title(form.get("title", ""), problems)
    name = known.name if known else new_name(title, taken, problems)
    then = form.get("then", "")
    if then not in list(Then):
        problems["then"] = _("Choose one of the values.")
        then = Then.SKIP
    rule = Rule(name, title, form.get("when", "").strip(), Then(then), reason=form.get("reason", "").strip())
    try:
        parse(rule.when)
    except ConditionWrong as error:
        problems["when"] = told(error.told)
    if rule.reason and (len(rule.reason) > LONGEST_REASON or not rule.reason.isprintable()):
        problems["reason"] = _("Write at most %(most)s characters.", most=LONGEST_REASON)
    rule = _with_limit(rule, form, problems)
    if rule.then is Then.ASTERISK:
        rule = replace(rule, asterisk=_asterisk(form.get("asterisk", "").strip(), problems))
    return Refused(problems) if problems else replace(rule, enabled=form.get("enabled", "yes") == "yes")


def _with_limit(rule: Rule, form: MultiDict[str, str], problems: dict[str, str]) -> Rule:
    if rule.then is not Then.WAIT:
        return rule
    otherwise = form.get("otherwise", "")
    if otherwise not in (Then.SKIP, Then.HOLD):
        problems["otherwise"] = _("Choose one of the values.")
        otherwise = Then.SKIP
    try:
        limit = read_duration(form.get("limit", ""))
    except Invalid:
        limit = 0
    if not 1 <= limit <= LONGEST_WAIT:
        problems["limit"] = _("Write a time such as 30 min, 4 h or 2 days, at most 7 days.")
    return replace(rule, limit_s=limit, otherwise=Then(otherwise))


def _asterisk(text: str, problems: dict[str, str]) -> str:
    try:
        return parse_action(text).text
    except Invalid:
        problems["asterisk"] = _("Write what Asterisk does, such as: restart when convenient")
        return ""


def read_moment(text: str, now: float) -> float | None:
    """Return the moment that a field names in the time zone of this host, 0 for now; None where it is none."""
    if not text:
        return 0.0
    try:
        at = datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None
    return at if 0 < at <= now else None
