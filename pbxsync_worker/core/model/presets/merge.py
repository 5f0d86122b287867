"""Several presets as one dataset: nothing is selected twice, and the wider selection of the same rows or keys wins."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from pbxsync_worker.core.model.dataset import FamilySet, RowPolicy, TableSet
from pbxsync_worker.core.model.presets.types import Parts

_Part = TypeVar("_Part")


def merged(parts: Iterable[Parts]) -> Parts:
    """Return all of them as one."""
    whole = sum(parts, Parts())
    return Parts(
        file_sets=tuple(dict.fromkeys(whole.file_sets)),
        families=_widest(whole.families, _all_keys),
        tables=_widest(whole.tables, _wider),
        boxes=tuple(dict.fromkeys(whole.boxes)),
        messages=tuple(dict.fromkeys(whole.messages)),
    )


def _widest(chosen: tuple[_Part, ...], covers: Callable[[_Part, _Part], bool]) -> tuple[_Part, ...]:
    """Leave out what another one selects as well."""
    once = tuple(dict.fromkeys(chosen))
    return tuple(one for one in once if not any(other != one and covers(other, one) for other in once))


def _all_keys(wide: FamilySet, narrow: FamilySet) -> bool:
    return wide.family == narrow.family and wide.keys == "**"


def _wider(wide: TableSet, narrow: TableSet) -> bool:
    same = (wide.database, wide.table) == (narrow.database, narrow.table)
    rows = set(wide.rows) <= set(narrow.rows)
    columns = not wide.columns or (bool(narrow.columns) and set(narrow.columns) <= set(wide.columns))
    stronger = (RowPolicy.MIRROR, RowPolicy.UPDATE)
    policy = wide.policy is narrow.policy or (wide.policy, narrow.policy) == stronger
    return same and rows and columns and set(wide.drop) <= set(narrow.drop) and policy
