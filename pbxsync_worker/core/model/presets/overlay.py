"""What a host puts in the place of a value that arrives, and what of a row it keeps for itself; pure decisions.

A row is its columns and values as text, None for NULL. Nothing here knows how rows travel or are stored.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from pbxsync_worker.core.model.dataset import Condition, Match
from pbxsync_worker.core.model.presets.tables import CONFIG, only
from pbxsync_worker.core.model.sentence import say

Row = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Replace:
    """A column that gets another value on arrival, in the rows that meet all conditions."""

    database: str
    table: str
    column: str
    value: str
    why: str
    rows: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Keep:
    """A column that keeps the value of the target; a new row gets `otherwise`."""

    database: str
    table: str
    column: str
    otherwise: str
    why: str
    rows: tuple[Condition, ...] = ()


REPLICA: tuple[Replace | Keep, ...] = (
    Replace(CONFIG, "trunks", "disabled", "on", "two hosts must not register one account"),
    Keep(
        CONFIG, "sip", "data", "", "it names an address of this host", (only("keyword", "transport", "media_address"),)
    ),
    Keep(
        CONFIG,
        "pjsip",
        "data",
        "",
        "it names an address of this host",
        (only("keyword", "transport", "media_address"),),
    ),
)
"""What a replica of a farm does unless somebody decides otherwise."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A row as it will be on the target, and what was changed on its way, in words."""

    row: Row
    told: tuple[str, ...] = ()


def arrive(table: tuple[str, str], row: Row, here: Row | None, overlay: Iterable[Replace | Keep]) -> Arrived:
    """Decide what a row becomes on the target; table: (database, name); here: the target's row of that key."""
    result = dict(row)
    told: list[str] = []
    for one in overlay:
        if (one.database, one.table) != table or one.column not in row or not holds(one.rows, row):
            continue
        wanted = one.value if isinstance(one, Replace) else _kept(one, here)
        if result[one.column] == wanted:
            continue
        result[one.column] = wanted
        if isinstance(one, Replace):
            told.append(say("{column} becomes {value} here: {why}", column=one.column, value=wanted, why=one.why))
        else:
            told.append(say("{column} stays as it is here: {why}", column=one.column, why=one.why))
    return Arrived(result, tuple(told))


def holds(conditions: Iterable[Condition], row: Row) -> bool:
    """Tell whether a row meets all conditions, letters large or small; NULL meets NOT_IN and NOT_LIKE only."""
    return all(_meets(condition, row.get(condition.column)) for condition in conditions)


def _kept(one: Keep, here: Row | None) -> str | None:
    return one.otherwise if here is None else here.get(one.column, one.otherwise)


def _meets(condition: Condition, value: str | None) -> bool:
    if value is None:
        return condition.match in (Match.NOT_IN, Match.NOT_LIKE)
    folded = value.casefold()
    if condition.match in (Match.IN, Match.NOT_IN):
        found = folded in {one.casefold() for one in condition.values}
    else:
        found = _like(condition.values[0].casefold()).fullmatch(folded) is not None
    return found is (condition.match in (Match.IN, Match.LIKE))


@cache
def _like(pattern: str) -> "re.Pattern[str]":
    parts = (".*" if char == "%" else "." if char == "_" else re.escape(char) for char in pattern)
    return re.compile("".join(parts), re.DOTALL)
