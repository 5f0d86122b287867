"""Several presets as one dataset: nothing is selected twice, and the wider selection of the same rows or keys wins."""

from collections.abc import Iterable
from typing import TypeVar

from pbxsync_worker.core.model.dataset import FamilySet, RowPolicy, TableSet
from pbxsync_worker.core.model.presets.types import Parts

_Part = TypeVar("_Part")


def merged(parts: Iterable[Parts]) -> Parts:
    """Return all of them as one."""
    whole = sum(parts, Parts())
    return Parts(
        file_sets=tuple(dict.fromkeys(whole.file_sets)),
        families=_widest(whole.families),
        tables=_widest(whole.tables),
    )


def _widest(chosen: tuple[_Part, ...]) -> tuple[_Part, ...]:
    """Leave out what another one selects as well."""
    once = tuple(dict.fromkeys(chosen))
    return tuple(one for one in once if not any(other != one and _covers(other, one) for other in once))


def _covers(wide: object, narrow: object) -> bool:
    if isinstance(wide, FamilySet) and isinstance(narrow, FamilySet):
        return wide.family == narrow.family and wide.keys == "**"
    if isinstance(wide, TableSet) and isinstance(narrow, TableSet):
        return (wide.database, wide.table) == (narrow.database, narrow.table) and _wider(wide, narrow)
    return False


def _wider(wide: TableSet, narrow: TableSet) -> bool:
    rows = set(wide.rows) <= set(narrow.rows)
    columns = not wide.columns or (bool(narrow.columns) and set(narrow.columns) <= set(wide.columns))
    stronger = (RowPolicy.MIRROR, RowPolicy.UPDATE)
    policy = wide.policy is narrow.policy or (wide.policy, narrow.policy) == stronger
    return rows and columns and set(wide.drop) <= set(narrow.drop) and policy
