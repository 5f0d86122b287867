"""Whether two datasets can name the same item; where patterns leave it open, they can."""

import re
from collections.abc import Iterator, Sequence

from pbxsync_worker.core.model.dataset import (
    BoxSet,
    Condition,
    Dataset,
    FamilySet,
    FileSet,
    Match,
    MessageSet,
    Place,
    RowPolicy,
    SqliteSet,
    TableSet,
)

_MAY_BE_ONE = {Place.VARLIB, Place.DATA}
"""Places that are one folder on most hosts."""
_WILD = re.compile(r"[*?{\[]")


def overlap(one: Dataset, other: Dataset) -> str:
    """Return the name of something that both select, "" where nothing is.

    Records that both only collect do not count: whoever collects adds what it lacks and changes nothing.
    """
    return next(_common(one, other), "")


def _common(one: Dataset, other: Dataset) -> Iterator[str]:
    yield from (
        mine.base.decode("utf-8", "replace") for mine in one.file_sets for its in other.file_sets if _files(mine, its)
    )
    yield from (mine.family for mine in one.families for its in other.families if _families(mine, its))
    yield from (f"{mine.context}/{mine.box}" for mine in one.boxes for its in other.boxes if _boxes(mine, its))
    yield from (f"{mine.context}/{mine.box}" for mine in one.messages for its in other.messages if _boxes(mine, its))
    yield from (mine.table for mine in one.tables for its in other.tables if _tables(mine, its))
    yield from (mine.path for mine in one.databases for its in other.databases if _databases(mine, its))


def _files(mine: FileSet, its: FileSet) -> bool:
    if mine.place is not its.place and not {mine.place, its.place} <= _MAY_BE_ONE:
        return False
    return _patterns(_from_place(mine), _from_place(its), [*_left_out(mine), *_left_out(its)])


def _from_place(files: FileSet) -> list[str]:
    return [f"{files.path}/{pattern}".lstrip("/") for pattern in files.include]


def _left_out(files: FileSet) -> list[str]:
    return [f"{files.path}/{pattern}".lstrip("/") for pattern in files.exclude]


def _families(mine: FamilySet, its: FamilySet) -> bool:
    return mine.family == its.family and _patterns([mine.keys], [its.keys], [])


def _boxes(mine: BoxSet | MessageSet, its: BoxSet | MessageSet) -> bool:
    return _patterns([mine.context], [its.context], []) and _patterns([mine.box], [its.box], [])


def _tables(mine: TableSet, its: TableSet) -> bool:
    if (mine.database, mine.table) != (its.database, its.table):
        return False
    if mine.policy is RowPolicy.COLLECT and its.policy is RowPolicy.COLLECT:
        return False
    columns = not mine.columns or not its.columns or bool(set(mine.columns) & set(its.columns))
    return columns and not any(_apart(a, b) for a in mine.rows for b in its.rows)


def _apart(mine: Condition, its: Condition) -> bool:
    """Tell whether no row can meet both conditions."""
    if mine.column != its.column:
        return False
    match (mine.match, its.match):
        case (Match.IN, Match.IN):
            return not set(mine.values) & set(its.values)
        case (Match.IN, Match.NOT_IN):
            return set(mine.values) <= set(its.values)
        case (Match.NOT_IN, Match.IN):
            return set(its.values) <= set(mine.values)
        case (Match.LIKE, Match.NOT_LIKE) | (Match.NOT_LIKE, Match.LIKE):
            return mine.values == its.values
        case _:
            return False


def _databases(mine: SqliteSet, its: SqliteSet) -> bool:
    if mine.file != its.file:
        return False
    return mine.whole or its.whole or _patterns(mine.include, its.include, [*mine.exclude, *its.exclude])


def _patterns(mine: Sequence[str], its: Sequence[str], left_out: Sequence[str]) -> bool:
    """Tell whether a name can match one pattern of each; one that is left out by either is of no matter."""
    mine = [pattern for pattern in mine if pattern not in left_out]
    its = [pattern for pattern in its if pattern not in left_out]
    return any(_meet(a, b) for a in mine for b in its)


def _meet(mine: str, its: str) -> bool:
    a, b = (_WILD.split(pattern, maxsplit=1)[0] for pattern in (mine, its))
    if a == mine and b == its:
        return mine == its
    if a == mine:
        return a.startswith(b)
    if b == its:
        return b.startswith(a)
    return a.startswith(b) or b.startswith(a)
