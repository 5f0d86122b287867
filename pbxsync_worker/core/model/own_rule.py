"""What an administrator of this host wants of rows that arrive, beside what the product does by itself."""

import re
from dataclasses import dataclass
from enum import StrEnum

from pbxsync_worker.core.model.dataset import Condition, Match
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.presets.overlay import Keep, Replace
from pbxsync_worker.core.model.sentence import say

_NAME = re.compile(r"[A-Za-z0-9_$]{1,64}(:[A-Za-z0-9_]{1,64})?")
_LONGEST = 1000
_CONDITION = re.compile(r"\s*(?P<column>\S+)\s+(?P<match>not in|in|not like|like)\s+(?P<values>\S.*)", re.IGNORECASE)


class Becomes(StrEnum):
    """What becomes of a column."""

    REPLACE = "replace"  # it gets another value
    KEEP = "keep"  # it stays as it is here


@dataclass(frozen=True, slots=True)
class OwnRule:
    """One rule of this host.

    database, table, column: as datasets name them; value: the other value, or what a new row gets where the column is
    kept; why: for people; rows: conditions that all hold, none for every row.
    """

    becomes: Becomes
    database: str
    table: str
    column: str
    value: str
    why: str
    rows: tuple[Condition, ...] = ()

    @property
    def rule(self) -> Replace | Keep:
        """Return the rule as it is laid over rows."""
        if self.becomes is Becomes.REPLACE:
            return Replace(self.database, self.table, self.column, self.value, self.why, self.rows)
        return Keep(self.database, self.table, self.column, self.value, self.why, self.rows)


def wrong_fields(rule: OwnRule) -> tuple[str, ...]:
    """Return the names of the fields that no rule can have so."""
    names = ("database", "table", "column")
    wrong = [name for name in names if not _NAME.fullmatch(getattr(rule, name))]
    wrong += [name for name in ("value", "why") if len(getattr(rule, name)) > _LONGEST]
    return (*wrong, *(() if rule.why.strip() and rule.why.isprintable() else ("why",)))


def read_condition(text: str) -> Condition:
    """Return the condition that a line describes, such as `keyword in transport, media_address`; raise Invalid."""
    found = _CONDITION.fullmatch(text)
    if found is None or len(text) > _LONGEST or not _NAME.fullmatch(found["column"]):
        raise Invalid(
            what="Condition",
            problems=say("{text} is not `column in a, b` or `column like pattern`", text=repr(text[:80])),
        )
    match = Match(found["match"].lower())
    one = match in (Match.LIKE, Match.NOT_LIKE)
    values = (found["values"].strip(),) if one else tuple(part.strip() for part in found["values"].split(","))
    return Condition(found["column"], match, values)


def show_condition(condition: Condition) -> str:
    """Return the line that describes a condition."""
    return f"{condition.column} {condition.match} {', '.join(condition.values)}"


def tell_rule(rule: OwnRule) -> str:
    """Return a rule as a stored sentence, for the audit log."""
    where = " and ".join(map(show_condition, rule.rows)) or say("every row")
    column = f"{rule.database}.{rule.table}.{rule.column}"
    values = {"column": column, "becomes": rule.becomes, "value": repr(rule.value), "rows": where}
    return say("{column}: {becomes} {value} in {rows}", **values)
