"""Changes -> plan: in which order, with which reloads, and whether a person must look first."""

from collections.abc import Sequence
from dataclasses import replace

from pbxsync_worker.core.model.asterisk_action import ActionKind, AsteriskAction
from pbxsync_worker.core.model.change import Change, Changes
from pbxsync_worker.core.model.dataset import ASTDB, COLLECT, MESSAGES, SQL, SQLITE, VOICEMAIL, Dataset
from pbxsync_worker.core.model.errors import NotAllowed
from pbxsync_worker.core.model.host import Policy, Right
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.item import ItemKind
from pbxsync_worker.core.model.plan import EVERYTHING, Plan, Reload
from pbxsync_worker.core.model.presets.actions import APPLY, REGENERATE
from pbxsync_worker.core.model.sentence import say

# A handful of removed files is daily work, whatever share of a small dataset they are.
_FEW = 5
_TURNS = {SQL: 1, SQLITE: 2, COLLECT: 3, ASTDB: 4, VOICEMAIL: 5, MESSAGES: 6}
"""What comes after the files, by how names begin."""


def order(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Return the changes in the order in which they can be done: files, rows, records, AstDB keys, mailboxes, messages.

    Keys come late because they count at once, in the middle of a call, and may name what the others bring. Within one
    kind first what lies in a folder that becomes something else goes, deepest first; then everything is put in place,
    folders before what lies in them; then the other removals, deepest first.
    """
    kinds: dict[int, list[Change]] = {}
    for change in changes:
        kinds.setdefault(_TURNS.get(change.name.partition(b"/")[0], 0), []).append(change)
    return tuple(change for turn in sorted(kinds) for change in _ordered(kinds[turn]))


def _ordered(changes: Sequence[Change]) -> tuple[Change, ...]:
    replaced = {
        change.name
        for change in changes
        if change.before is not None
        and change.before.kind is ItemKind.DIRECTORY
        and change.after is not None
        and change.after.kind is not ItemKind.DIRECTORY
    }
    removals = sorted((one for one in changes if one.after is None), key=lambda one: one.name, reverse=True)
    making_room = [one for one in removals if _below_any(one.name, replaced)]
    placing = sorted((one for one in changes if one.after is not None), key=lambda one: one.name)
    others = [one for one in removals if not _below_any(one.name, replaced)]
    return (*making_room, *placing, *others)


def make_plan(dataset: Dataset, changes: Changes, reloads: Sequence[Reload], restart: Sequence[str]) -> Plan:
    """Return the plan of a run, its brake not yet asked."""
    plan = Plan(dataset.name, order(changes.changes), changes.kept, tuple(reloads), tuple(restart))
    return replace(plan, replaced=changes.replaced)


def brakes(changes: Changes, ours: Inventory, theirs: Inventory, max_delete_percent: int) -> tuple[str, ...]:
    """Return why a person must look before this is done; nothing where it may go on."""
    found = []
    if not theirs.items and ours.items:
        found.append(say("the source has nothing left of this dataset"))
    elif _has_boxes(ours) and not _has_boxes(theirs):
        found.append(say("the source has no mailbox left"))
    going = sum(change.after is None for change in changes.changes)
    if going > _FEW and going * 100 > max_delete_percent * len(ours.items):
        percent = going * 100 // len(ours.items)
        found.append(
            say(
                "{going} of {all} items would be removed ({percent} %)",
                going=going,
                all=len(ours.items),
                percent=percent,
            )
        )
    return tuple(found)


def with_action(plan: Plan, action: AsteriskAction) -> Plan:
    """Return the plan with another choice of what Asterisk does; the plan must be as `make_plan` gave it.

    What FreePBX writes is written in any case but NOTHING: else Asterisk would read what does not belong together.
    """
    writing = tuple(one for one in plan.reloads if one.module == REGENERATE)
    reloads = plan.reloads
    match action.kind:
        case ActionKind.NOTHING:
            reloads = ()
        case ActionKind.MODULES:
            reloads = (*writing, *(Reload(module, "chosen by a rule") for module in action.modules))
        case ActionKind.ALL:
            reloads = (*writing, EVERYTHING)
        case ActionKind.FWCONSOLE:
            reloads = (Reload(APPLY, "chosen by a rule"),)
        case ActionKind.RESTART:
            reloads = writing
        case ActionKind.STOP:
            reloads = plan.reloads if writing else ()
        case _:
            pass
    return replace(plan, action=action, reloads=reloads)


def check_policy(policy: Policy, dataset: Dataset, plan: Plan) -> None:
    """Refuse what this host does not let the source do; raise NotAllowed."""
    if Right.WRITE not in policy.rights:
        raise NotAllowed(reason=say("the source may not write to this host"))
    for place in sorted(dataset.places - set(policy.places)):
        raise NotAllowed(reason=say("the source may not write to {place}", place=place))
    for reload in plan.reloads:
        if "*" not in policy.reloads and reload.module not in policy.reloads:
            raise NotAllowed(reason=say("the source may not cause a reload of {module}", module=reload.module))
    permission = plan.action.permission
    if permission and not {"*", permission} & set(policy.actions):
        raise NotAllowed(reason=say("the source may not cause `{permission}` on this host", permission=permission))


def _has_boxes(inventory: Inventory) -> bool:
    return any(item.kind is ItemKind.BOX for item in inventory.items.values())


def _below_any(name: bytes, folders: set[bytes]) -> bool:
    while b"/" in name:
        name = name.rpartition(b"/")[0]
        if name in folders:
            return True
    return False
