"""How a run is, as it travels: only what is new, as short as it can be said."""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, fields, replace

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.item import Attributes, Item
from pbxsync_worker.core.model.run import Move, Numbers
from pbxsync_worker.core.model.sent import Sent, SentItem, Ways
from pbxsync_worker.core.store.runs import Result, SavedPlan
from pbxsync_worker.core.wire import pack, unpack
from pbxsync_worker.peer.messages import Moved, Status

_ITEMS = 5
_MANY_WAYS = 32
_NAME = 1000
_DIGEST = 32
_LATEST = 2**50
"""Milliseconds."""
_NOTHING = Sent()
_ANOTHER = b"\1"
_KINDS = {one.name: one.type for one in fields(Numbers)}


def status_of(moves: Sequence[Move], result: Result, *, more: bool = False) -> Status:
    """Return the message that tells of moves and of what was measured and found; more: another one follows."""
    times = [round(one.at * 1000) for one in moves]
    since = [at - before for at, before in zip(times, [0, *times], strict=False)]
    told = tuple(
        Moved(one.number, one.after, at, one.sentence, one.error) for one, at in zip(moves, since, strict=True)
    )
    measured = (round(one * 1000) if isinstance(one, float) else one for one in astuple(result.numbers))
    numbers = () if result == Result() else tuple(measured)
    return Status(told, numbers, result.reloaded, result.findings, more)


def plan_of(saved: SavedPlan) -> SavedPlan:
    """Return a plan as people elsewhere are shown it: of contents only whether they differ; its digest stays.

    Digests and times are most of its bytes, and nobody reads them.
    """
    changes = tuple(replace(one, before=_bare(one.before, b""), after=_after(one)) for one in saved.plan.changes)
    return replace(saved, plan=replace(saved.plan, changes=changes))


def packed_plan(saved: SavedPlan) -> bytes:
    """Return a plan as it travels: its digest, then what people elsewhere are shown."""
    return bytes.fromhex(saved.digest) + pack(replace(plan_of(saved), digest=""))


def unpacked_plan(packed: bytes) -> SavedPlan:
    """Return a plan that travelled; raise Invalid for what is none."""
    return replace(unpack(packed[_DIGEST:], SavedPlan), digest=packed[:_DIGEST].hex())


def _after(change: Change) -> Item | None:
    same = change.before is not None and change.after is not None and change.before.same_content(change.after)
    return _bare(change.after, b"" if same else _ANOTHER)


def _bare(item: Item | None, content: bytes) -> Item | None:
    return None if item is None else replace(item, content=content, attributes=Attributes())


def shortened(sent: Sent) -> Sent:
    """Return how contents came, with a few of the items."""
    return replace(sent, largest=tuple(replace(one, name=one.name[:_NAME]) for one in sent.largest[:_ITEMS]))


def moves_of(status: Status, before: str) -> Iterator[Move]:
    """Yield the moves of a message; before: the state before the first of them; raise Invalid for no time."""
    at = 0
    for one in status.moves:
        at += one.at
        if abs(at) > _LATEST:
            raise Invalid(what="answer", problems="a time of the run is impossible")
        yield Move(one.number, before, one.after, at / 1000, one.sentence, one.error)
        before = one.after.value


def result_of(status: Status, sent: Sent = _NOTHING) -> Result | None:
    """Return what was measured and found, None before anything was; raise Invalid for what are no numbers of a run."""
    told: tuple[Ways | SentItem, ...] = (*sent.ways, *sent.largest)
    if len(sent.ways) > _MANY_WAYS or any(one.size < 0 or one.sent < 0 for one in told):
        raise Invalid(what="answer", problems="contents cannot have come like that")
    if not status.numbers:
        return None
    if len(status.numbers) != len(_KINDS):
        raise Invalid(what="answer", problems="it does not have the numbers of a run")
    numbers = [one if kind is int else one / 1000 for one, kind in zip(status.numbers, _KINDS.values(), strict=True)]
    return Result(Numbers(*numbers), status.reloaded, status.findings, shortened(sent))  # type: ignore[arg-type]  # by their kinds
