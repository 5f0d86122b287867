"""What the source has, as this host would have it: before anything is compared, its overlay is laid over it."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pbxsync_worker.core.model.change import Change, Kept
from pbxsync_worker.core.model.errors import Bug, PeerLied, Unsupported
from pbxsync_worker.core.model.inventory import Inventory, digest_of
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.ports import Arrival
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.sync.parts import Parts

MAX_CONTENTS = 64 * 2**20
"""Bytes of rows that are looked at before they are compared."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a host takes of a source.

    offered: what the source has, with our own objects for what both have; theirs: as it would have it; kept: what has
    no place here, or stays because the overlay says so; arrivals: items that were looked at and would change something
    here, by name.
    """

    offered: Inventory
    theirs: Inventory
    kept: tuple[Kept, ...]
    arrivals: Mapping[bytes, Arrival]


def take_over(parts: Parts, ours: Inventory, offered: Inventory) -> Taken:
    """Split what the source has into what this host takes and what has no place here.

    Contents are fetched of those items only that the overlay concerns and that are new, or changed on either side.
    """
    if offered.root == ours.root and not parts.dataset.tables:
        return Taken(ours, ours, (), {})  # overlays concern rows only
    offered = _sharing(offered, ours)
    taken = dict(offered.items)
    kept: list[Kept] = []
    due: list[Change] = []
    unwanted = parts.overlay.unwanted(offered, ours)
    looked_at = parts.overlay.concerned(offered) if parts.dataset.tables else frozenset[bytes]()
    for name, item in _to_judge(offered, ours, looked_at | unwanted.keys()):
        here = ours.items.get(name)
        del taken[name]
        reason = parts.host.data.why_not(parts.dataset, item) or unwanted.get(name, "")
        if reason:
            kept.append(Kept(name, reason))
            continue
        if name not in looked_at:
            taken[name] = parts.host.data.settable(item, here)
            continue
        told = None if here is None else parts.overlay.known(item, here)
        if here is None or told is None:
            due.append(Change(here, item))
            continue
        taken[name] = here
        kept += _kept(name, told)
    arrivals = {change.name: one for change, one in _arriving(parts, due)}
    taken |= {name: one.item for name, one in arrivals.items()}
    same = {name for name, one in arrivals.items() if ours.items.get(name) == one.item}
    kept += [stays for name in arrivals if name in same for stays in _kept(name, arrivals[name].told)]
    parts.overlay.remember()
    return Taken(
        offered, Inventory(taken), tuple(kept), {name: one for name, one in arrivals.items() if name not in same}
    )


def _sharing(offered: Inventory, ours: Inventory) -> Inventory:
    """Return what was offered with our own objects for what both have: then nobody need compare them again."""
    here, items = ours.items, dict(offered.items)
    for name in [name for name, item in offered.items.items() if here.get(name) is not item]:
        if here.get(name) == items[name]:
            items[name] = here[name]
    return Inventory(items, offered.pinned).known_as(offered)


def _to_judge(offered: Inventory, ours: Inventory, due: Container[bytes]) -> list[tuple[bytes, Item]]:
    """Return what may not be taken as it is: what differs, and what is due all the same."""
    here = ours.items
    return [(name, item) for name, item in offered.items.items() if here.get(name) is not item or name in due]


def _kept(name: bytes, told: Sequence[str]) -> Iterator[Kept]:
    if told:
        reason = told[0]
        for more in told[1:]:
            reason = say("{one}; {more}", one=reason, more=more)
        yield Kept(name, reason)


def _arriving(parts: Parts, due: Sequence[Change]) -> Iterator[tuple[Change, Arrival]]:
    size = sum(_after(change).size for change in due)
    if size > MAX_CONTENTS:
        reason = f"{size} bytes of them are new or changed, over {MAX_CONTENTS}"
        raise Unsupported(what="Looking at the rows of which this host keeps or replaces values", reason=reason)
    far = [change for change in due if not _is_here(change)]
    stream = parts.link.fetch(far) if far else iter(())
    for change in due:
        here = None if change.before is None else b"".join(parts.host.data.open(change.before))
        if here is not None and _is_here(change):
            yield change, parts.overlay.arrive(_after(change), here, here)
            continue
        found, content = next(stream, (None, ()))
        if found != change:
            raise Bug(reason=f"the link gave another item than {_after(change).text}")
        theirs = b"".join(content)
        if digest_of(theirs) != _after(change).content:
            raise PeerLied(host="", reason=f"{_after(change).text} does not match its digest")
        yield change, parts.overlay.arrive(_after(change), theirs, here)


def _is_here(change: Change) -> bool:
    return change.before is not None and change.before.same_content(_after(change))


def _after(change: Change) -> Item:
    if change.after is None:
        raise Bug(reason=f"{change.name!r} goes; it does not arrive")
    return change.after
