"""What a host puts in the place of a value that arrives, and what of a row it keeps for itself; pure decisions.

A row is its columns and values as text, None for NULL. Nothing here knows how rows travel or are stored.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from pbxsync_worker.core.model.dataset import Condition, Match
from pbxsync_worker.core.model.presets.tables import CONFIG, like, only
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


@dataclass(frozen=True, slots=True)
class Belongs:
    """Rows that arrive only together with the row they belong to, or where it is here already.

    column: names that row, behind one of the prefixes; to, key: its table, and the column of its key that is meant.
    """

    database: str
    table: str
    column: str
    to: str
    key: str
    why: str
    prefixes: tuple[str, ...] = ("",)


Rule = Replace | Keep | Belongs

_ADDRESS = "it names an address of this host"
_NO_TRUNK = "it belongs to no trunk, and FreePBX would register it all the same"
_PROTOCOLS = ("udp", "tcp", "tls", "ws", "wss")


def _transport_of_new_trunks() -> Iterator[Keep]:
    """Yield what a new trunk gets: FreePBX uses the transport of a trunk as it is, so the one for every address."""
    for protocol in _PROTOCOLS:
        chosen = (only("keyword", "transport"), like("data", f"%-{protocol}"))
        yield Keep(CONFIG, "pjsip", "data", f"0.0.0.0-{protocol}", _ADDRESS, chosen)


EVERYWHERE: tuple[Rule, ...] = (
    *_transport_of_new_trunks(),
    *(
        Keep(CONFIG, table, "data", "", _ADDRESS, (only("keyword", "transport", "media_address"),))
        for table in ("sip", "pjsip")
    ),
)
"""What every host keeps for itself, whoever the source is."""

TRUNKS = f"SQL/{CONFIG}/trunks/".encode()
"""How the names of trunks begin."""

REPLICA: tuple[Rule, ...] = (
    Replace(CONFIG, "trunks", "disabled", "on", "two hosts must not register one account"),
    Belongs(CONFIG, "pjsip", "id", "trunks", "trunkid", _NO_TRUNK),
    *(
        Belongs(CONFIG, table, "id", "trunks", "trunkid", _NO_TRUNK, ("tr-peer-", "tr-user-", "tr-reg-"))
        for table in ("sip", "iax")
    ),
)
"""What a replica of a farm does unless somebody decides otherwise."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A row as it will be on the target.

    told: what was changed on its way, in words; overruled: another value that the target has is replaced.
    """

    row: Row
    told: tuple[str, ...] = ()
    overruled: bool = False


def arrive(table: tuple[str, str], row: Row, here: Row | None, overlay: Iterable[Rule]) -> Arrived:
    """Decide what a row becomes on the target; the first rule that concerns a column decides about it.

    table: (database, name); here: the target's row of that key.
    """
    result = dict(row)
    told: list[str] = []
    decided: set[str] = set()
    overruled = False
    for one in overlay:
        if isinstance(one, Belongs) or not _concerns(one, table, row) or one.column in decided:
            continue
        decided.add(one.column)
        wanted = _wanted(one, here)
        if isinstance(one, Replace) and here is not None and here.get(one.column) != wanted:
            overruled = True
        if result[one.column] != wanted:
            result[one.column] = wanted
            told.append(_told(one, wanted, here))
    return Arrived(result, tuple(told), overruled)


def holds(conditions: Iterable[Condition], row: Row) -> bool:
    """Tell whether a row meets all conditions, letters large or small; NULL meets NOT_IN and NOT_LIKE only."""
    return all(_meets(condition, row.get(condition.column)) for condition in conditions)


def may_hold(conditions: Iterable[Condition], row: Row) -> bool:
    """Tell whether a row of which only some columns are known may meet all conditions."""
    return all(_meets(condition, row[condition.column]) for condition in conditions if condition.column in row)


def _concerns(one: Replace | Keep, table: tuple[str, str], row: Row) -> bool:
    return (one.database, one.table) == table and one.column in row and holds(one.rows, row)


def _wanted(one: Replace | Keep, here: Row | None) -> str | None:
    if isinstance(one, Replace):
        return one.value
    return one.otherwise if here is None else here.get(one.column, one.otherwise)


def _told(one: Replace | Keep, wanted: str | None, here: Row | None) -> str:
    if isinstance(one, Keep) and here is not None:
        return say("{column} stays as it is here: {why}", column=one.column, why=one.why)
    if not wanted:
        return say("{column} stays empty here: {why}", column=one.column, why=one.why)
    return say("{column} becomes {value} here: {why}", column=one.column, value=wanted, why=one.why)


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
