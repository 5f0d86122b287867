"""What differs between two hosts, one item at a time."""

from dataclasses import dataclass
from enum import StrEnum

from pbxsync_worker.core.model.item import Item


class ChangeKind(StrEnum):
    """What a change does to the target."""

    ADD = "add"
    REPLACE = "replace"  # other content, or another kind of item
    ATTRIBUTES = "attributes"  # same content, other attributes
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Change:
    """One item of the target, before and after; local_edit: somebody changed it here since the last run."""

    before: Item | None
    after: Item | None
    local_edit: bool = False

    @property
    def name(self) -> bytes:
        """Return the item's name."""
        item = self.after or self.before
        assert item is not None  # noqa: S101 - a change of nothing cannot be built by compare()
        return item.name

    @property
    def kind(self) -> ChangeKind:
        """Return what the change does."""
        if self.before is None:
            return ChangeKind.ADD
        if self.after is None:
            return ChangeKind.REMOVE
        if self.before.same_content(self.after):
            return ChangeKind.ATTRIBUTES
        return ChangeKind.REPLACE


@dataclass(frozen=True, slots=True)
class Kept:
    """An item that a run leaves as it is on this host although it differs, and why."""

    name: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """A row that arrives with other values than the source has, because this host wants it so.

    told: what of it is replaced or kept, and why; overruled: somebody set another value here since the last run.
    """

    name: bytes
    told: tuple[str, ...]
    overruled: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that differs: what would change, sorted by name, what is kept, and what arrives with other values."""

    changes: tuple[Change, ...]
    kept: tuple[Kept, ...] = ()
    replaced: tuple[Replaced, ...] = ()
