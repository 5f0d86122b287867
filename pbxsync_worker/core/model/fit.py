"""Whether the rows of one table of the source fit into the same table of the target; pure, used by gate.py."""

from collections.abc import Iterator

from pbxsync_worker.core.model.dataset import RowPolicy, TableSet
from pbxsync_worker.core.model.facts import Column, GateFinding, GateLevel, TableFacts
from pbxsync_worker.core.model.sentence import say


def fit(table: TableSet, source: TableFacts, target: TableFacts) -> tuple[GateFinding, ...]:
    """Compare what would travel of one table; findings in the order of the columns."""
    named = [one for one in source.columns if _travels(table, one.name)]
    findings = [*_keys(table, source, target), *_uniques(table, source, target)]
    for column in named:
        there = target.column(column.name)
        if there is None:
            findings.append(_missing(table, column))
        else:
            findings += _column(table, column, there)
    findings += [
        _extra(table, one) for one in target.columns if _travels(table, one.name) and source.column(one.name) is None
    ]
    return tuple(findings)


def doubts(table: TableSet, source: TableFacts, target: TableFacts) -> Iterator[str]:
    """Yield the columns that fit or not by what their values are; nobody has looked at those yet."""
    for column in source.columns:
        there = target.column(column.name)
        if there is None or column.type != there.type or not _travels(table, column.name):
            continue
        other_letters = not _holds(there.collation, column.collation)
        if _shorter(column, there) or other_letters or (column.nullable and not there.nullable):
            yield column.name


def _travels(table: TableSet, name: str) -> bool:
    chosen = not table.columns or name in table.columns or name in table.key
    return chosen and name not in table.drop


def _keys(table: TableSet, source: TableFacts, target: TableFacts) -> Iterator[GateFinding]:
    for name in table.key:
        for here in (source, target):
            if here.column(name) is None:
                where = _at(table, name)
                yield GateFinding(
                    GateLevel.REFUSE, where, say("{column}, which names the rows, is missing", column=where)
                )


def _uniques(table: TableSet, source: TableFacts, target: TableFacts) -> Iterator[GateFinding]:
    for columns in sorted(target.unique - source.unique):
        if set(columns) != set(table.key):
            where = _at(table, "+".join(columns))
            sentence = say("{column} must be unique on the target, which the source does not promise", column=where)
            yield GateFinding(GateLevel.HOLD, where, sentence)


def _missing(table: TableSet, column: Column) -> GateFinding:
    where = _at(table, column.name)
    if table.collected:
        return GateFinding(
            GateLevel.MAP, where, say("{column} is missing on the target; it stays behind", column=where)
        )
    return GateFinding(GateLevel.HOLD, where, say("{column} is missing on the target", column=where))


def _extra(table: TableSet, column: Column) -> GateFinding:
    where = _at(table, column.name)
    inserts = table.policy is not RowPolicy.UPDATE
    if inserts and not column.nullable and column.default is None:
        sentence = say("{column} needs a value on the target, and the source has none", column=where)
        return GateFinding(GateLevel.HOLD, where, sentence)
    sentence = say("{column} is only on the target; it keeps what is there", column=where)
    return GateFinding(GateLevel.MAP, where, sentence)


def _column(table: TableSet, source: Column, target: Column) -> Iterator[GateFinding]:
    where = _at(table, source.name)
    if source.type != target.type:
        sentence = say("{column} is of another type on the target", column=where)
        yield GateFinding(GateLevel.HOLD, where, sentence)
        return
    if _shorter(source, target):
        sentence = say("{column} is too short on the target", column=where)
        yield GateFinding(GateLevel.HOLD, where, sentence)
    if source.nullable and source.nulls and not target.nullable:
        sentence = say("{column} must have a value on the target, and the source has rows without", column=where)
        yield GateFinding(GateLevel.HOLD, where, sentence)
    if source.collation != target.collation:
        yield _other_letters(where, source, target)
    if source.default != target.default:
        sentence = say("{column} has another default on the target; every row brings its own value", column=where)
        yield GateFinding(GateLevel.WARN, where, sentence)


def _shorter(source: Column, target: Column) -> bool:
    if source.length is None or target.length is None or target.length >= source.length:
        return False
    return source.longest is None or source.longest > target.length


def _other_letters(where: str, source: Column, target: Column) -> GateFinding:
    if source.non_ascii and not _holds(target.collation, source.collation):
        sentence = say("{column} has letters that the target may not be able to hold", column=where)
        return GateFinding(GateLevel.HOLD, where, sentence)
    return GateFinding(GateLevel.WARN, where, say("{column} is sorted in another way on the target", column=where))


def _holds(collation: str, other: str) -> bool:
    """Tell whether a column of a collation holds every letter of another one's character set."""
    return _letters(collation) in (_letters(other), "utf8mb4")


def _letters(collation: str) -> str:
    """Return the character set of a collation; `utf8` is the old name of `utf8mb3`."""
    name = collation.partition("_")[0]
    return "utf8mb3" if name == "utf8" else name


def _at(table: TableSet, column: str) -> str:
    return f"{table.database}.{table.table}.{column}"
