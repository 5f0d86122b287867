"""Rules: when these facts hold, then run, wait, skip, hold, do a part, choose what Asterisk does, or alert.

`docs/rules.md` explains every field and action.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pbxsync_worker.core.model.asterisk_action import ActionKind, parse_action
from pbxsync_worker.core.model.condition import DURATIONS
from pbxsync_worker.core.model.condition_text import parse
from pbxsync_worker.core.model.errors import ConditionWrong, Invalid, NotFound
from pbxsync_worker.core.model.sentence import say

LONGEST_TITLE = 64
LONGEST_REASON = 200
LONGEST_WAIT = 7 * 86400
MOST_RULES = 50
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class Then(StrEnum):
    """What a rule does; stored and shown, so the words never change."""

    RUN = "run"
    WAIT = "wait"
    SKIP = "skip"
    HOLD = "hold"
    PART = "part"  # only what needs no reload
    ASTERISK = "asterisk"  # choose what Asterisk does afterwards
    ALERT = "alert"


DECISIVE = frozenset({Then.RUN, Then.WAIT, Then.SKIP, Then.HOLD, Then.PART})
"""Of these the first that fires decides; the others add up."""

RESTRAINTS = frozenset({Then.WAIT, Then.SKIP, Then.HOLD, Then.PART})
"""These also apply where it is not known whether their condition holds."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    title: for people; when: a condition as text; limit_s: seconds that a run waits at most, all its waiting together;
    otherwise: SKIP or HOLD, what becomes of it then; reason: for people, of skip, hold and alert; asterisk: an
    AsteriskAction as text.
    """

    name: str
    title: str
    when: str
    then: Then
    limit_s: int = 0
    otherwise: Then = Then.SKIP
    reason: str = ""
    asterisk: str = ""
    enabled: bool = True

    @property
    def decisive(self) -> bool:
        """Tell whether nothing after it is asked where it fires."""
        return self.then in DECISIVE

    @property
    def restrains(self) -> bool:
        """Tell whether it also applies where its condition is not known."""
        return self.then in RESTRAINTS or (self.then is Then.ASTERISK and self.asterisk == ActionKind.NOTHING)


def check(rule: Rule) -> None:
    """Refuse a rule that cannot be; raise Invalid with every problem, or ConditionWrong."""
    problems = [
        problem
        for wrong, problem in (
            (not _NAME.fullmatch(rule.name), "the name has small letters, digits and dashes only"),
            (not _is_line(rule.title, LONGEST_TITLE), f"the title has 1 to {LONGEST_TITLE} letters"),
            (
                rule.reason and not _is_line(rule.reason, LONGEST_REASON),
                f"the reason has at most {LONGEST_REASON} letters",
            ),
            (rule.then is Then.WAIT and not 1 <= rule.limit_s <= LONGEST_WAIT, "waiting needs a limit, at most 7 days"),
            (rule.otherwise not in (Then.SKIP, Then.HOLD), "a wait ends with skip or hold"),
        )
        if wrong
    ]
    if problems:
        raise Invalid(what=say("Rule {name}", name=rule.name), problems=", ".join(problems))
    if rule.then is Then.ASTERISK:
        parse_action(rule.asterisk)
    parse(rule.when)


def readable(rule: Rule) -> bool:
    """Tell whether this host understands the condition; another version may know more facts."""
    try:
        parse(rule.when)
    except ConditionWrong:
        return False
    return True


def with_rule(rules: Sequence[Rule], rule: Rule) -> tuple[Rule, ...]:
    """Return the rules with one replaced where it stands, or added as the last; raise Invalid where it cannot be."""
    check(rule)
    if any(one.name == rule.name for one in rules):
        return tuple(rule if one.name == rule.name else one for one in rules)
    if len(rules) >= MOST_RULES:
        raise Invalid(
            what=say("Rule {name}", name=rule.name),
            problems=say("there are {most_rules} already", most_rules=MOST_RULES),
        )
    return (*rules, rule)


def without_rule(rules: Sequence[Rule], name: str) -> tuple[Rule, ...]:
    """Return the rules without one; raise NotFound."""
    find(rules, name)
    return tuple(one for one in rules if one.name != name)


def moved(rules: Sequence[Rule], name: str, place: int) -> tuple[Rule, ...]:
    """Return the rules with one at another place, 0 for the first; raise NotFound."""
    rest = list(without_rule(rules, name))
    rest.insert(min(max(place, 0), len(rest)), find(rules, name))
    return tuple(rest)


def switched(rules: Sequence[Rule], name: str, *, on: bool) -> tuple[Rule, ...]:
    """Return the rules with one of them in use or not; raise NotFound."""
    return with_rule(rules, replace(find(rules, name), enabled=on))


def find(rules: Sequence[Rule], name: str) -> Rule:
    """Return a rule by name; raise NotFound."""
    for rule in rules:
        if rule.name == name:
            return rule
    raise NotFound(what="rule", name=name)


def read_duration(text: str) -> int:
    """Return the seconds that a text such as `30 min` names; raise Invalid."""
    found = re.fullmatch(r"\s*(\d{1,6})\s*(s|min|h|days)\s*", text)
    if found is None:
        raise Invalid(
            what="Duration", problems=say("{text} is not like 30 min; units are s, min, h, days", text=repr(text[:40]))
        )
    return int(found[1]) * int(DURATIONS[found[2]])


def show_duration(seconds: int) -> str:
    """Return seconds as `read_duration` reads them, in the largest unit that fits; a single day is 24 h."""
    fitting = {unit: size for unit, size in DURATIONS.items() if seconds % size == 0 and seconds >= size}
    if seconds == DURATIONS["days"]:
        del fitting["days"]
    unit = max(fitting, key=DURATIONS.__getitem__, default="s")
    return f"{int(seconds / DURATIONS[unit])} {unit}"


def _is_line(text: str, longest: int) -> bool:
    return text.isprintable() and 1 <= len(text.strip()) <= longest
