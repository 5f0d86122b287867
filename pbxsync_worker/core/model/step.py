"""One act on this host with its undo, as the journal remembers it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from pbxsync_worker.core.model.change import Change


@dataclass(frozen=True, slots=True)
class Step:
    """One repeatable act: put what is staged in the place of what is there.

    number: position in the run, from 0; staged: where the new object waits before the act, and where the displaced
    one waits after it, relative to the place's folder; b"" where the act needs neither; identity: (device, inode) of
    the staged object, by which recovery knows whether the act happened; (0, 0) where nothing is staged.
    """

    number: int
    change: Change
    staged: bytes
    identity: tuple[int, int] = (0, 0)


class Undone(StrEnum):
    """What undoing a step found."""

    RESTORED = "restored"  # the act had happened and was taken back
    NOT_DONE = "not-done"  # the act had never happened
    KEPT = "kept"  # somebody changed the item since; it stays as it is and is reported


@runtime_checkable
class TellsStayed(Protocol):
    """Data of which one step may change many items."""

    def stayed(self, step: Step) -> tuple[bytes, ...]:
        """Return the names of the items that stayed as they are when the step was undone; () where that is not told."""
        ...


def stayed_of(data: object, step: Step) -> tuple[bytes, ...]:
    """Return the names of what stayed as it is when a step was undone: where nothing tells more, that of the step."""
    told = data.stayed(step) if isinstance(data, TellsStayed) else ()
    return told or (step.change.name,)
