"""The ordered changes of a run, signed by its digest: what is shown is what is applied."""

from dataclasses import dataclass

from pbxsync_worker.core.model.asterisk_action import AS_CHANGED, AsteriskAction
from pbxsync_worker.core.model.change import Change, ChangeKind, Kept, Replaced
from pbxsync_worker.core.model.fact import Value
from pbxsync_worker.core.model.inventory import item_digest, new_digest
from pbxsync_worker.core.model.item import ItemKind


@dataclass(frozen=True, slots=True)
class Reload:
    """One reload action for Asterisk: the AMI `Module:` value, and why it is needed.

    optional: a host that does not have or use the module is still fine.
    """

    module: str
    because: str
    optional: bool = False


EVERYTHING = Reload("all", "everything")
"""A reload of all modules, or all that a start reads."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do, in the order it will do it.

    changes: folders before what lies in them, removals last and deepest first; replaced: those of them that do not
    arrive as the source has them; reloads: in the order they are sent, as the action leaves them; restart: files that
    Asterisk only reads when it starts, told to the operator and never acted upon by itself; summary, told: what it does
    in the words of a PBX, in one line and thing by thing, which the digest does not cover: they follow from the
    changes; action: what Asterisk does after them; facts: what the rules saw of it, also where only a part is done.
    """

    dataset: str
    changes: tuple[Change, ...]
    kept: tuple[Kept, ...] = ()
    reloads: tuple[Reload, ...] = ()
    restart: tuple[str, ...] = ()
    brake: tuple[str, ...] = ()
    replaced: tuple[Replaced, ...] = ()
    summary: str = ""
    told: tuple[str, ...] = ()
    action: AsteriskAction = AS_CHANGED
    facts: tuple[tuple[str, Value], ...] = ()

    @property
    def digest(self) -> bytes:
        """Return the digest that signs the plan: dataset, every change with both sides, reloads, action."""
        running = new_digest()
        running.update(self.dataset.encode())
        for change in self.changes:
            running.update(b"%d:" % len(change.name))
            running.update(change.name)
            for side in (change.before, change.after):
                running.update(b"-" if side is None else item_digest(side))
        for reload in self.reloads:
            running.update(reload.module.encode() + b"\n")
        if self.action != AS_CHANGED:
            running.update(b"\n" + self.action.text.encode())
        return running.digest()

    @property
    def wanted(self) -> tuple[Change, ...]:
        """Return the changes whose content must be had from somewhere, in order."""
        return tuple(change for change in self.changes if needs_content(change))

    def count(self, kind: ChangeKind) -> int:
        """Return how many changes are of this kind."""
        return sum(change.kind is kind for change in self.changes)


def needs_content(change: Change) -> bool:
    """Tell whether a change brings bytes: those of a file, or what a link says."""
    if change.kind not in (ChangeKind.ADD, ChangeKind.REPLACE):
        return False
    return change.after is not None and change.after.kind is not ItemKind.DIRECTORY
