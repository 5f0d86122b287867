"""One thing that the static check found, with a key that stays the same when lines move."""

from dataclasses import dataclass

from pbxsync_worker.core.model.pbx import Level


@dataclass(frozen=True, slots=True)
class Issue:
    """key: equal for the same fault before and after a change; the rest as in Finding."""

    key: tuple[str, ...]
    level: Level
    place: str
    sentence: str
