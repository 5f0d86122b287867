"""Several kinds of data as one HostData: each item goes to the part that its name begins with."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Protocol, runtime_checkable

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.errors import Bug, PbxSyncError
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.ports import Content, Contents, HostData
from pbxsync_worker.core.model.reading import contents_of
from pbxsync_worker.core.model.step import Step, Undone, stayed_of


@runtime_checkable
class Offers(Protocol):
    """Data of which others get something else than what this host lists when it takes."""

    def offered(self, dataset: Dataset) -> Inventory:
        """Return what this host has to give."""
        ...


class ManyData:
    """parts: HostData by how names begin, such as `ASTDB`; rest: the one for every other name, the places."""

    def __init__(self, parts: Mapping[bytes, HostData], rest: HostData) -> None:
        self._parts = dict(parts)
        self._rest = rest

    @property
    def _all(self) -> tuple[HostData, ...]:
        return (self._rest, *self._parts.values())

    def inventory(self, dataset: Dataset) -> Inventory:
        """Read names and digests of every part."""
        return Inventory.joined(part.inventory(dataset) for part in self._all)

    def offered(self, dataset: Dataset) -> Inventory:
        """Read names and digests of what this host has to give."""
        parts = self._all
        offers = (one.offered(dataset) if isinstance(one, Offers) else one.inventory(dataset) for one in parts)
        return Inventory.joined(offers)

    def open(self, item: Item) -> Iterator[bytes]:
        """Give the content of exactly this version."""
        return self._part(item.name).open(item)

    def open_many(self, items: Sequence[Item]) -> Iterator[bytes | None]:
        """Give the whole content of each small item in this order, None for one that is another by now."""
        for _, same in groupby(items, key=lambda one: one.name.partition(b"/")[0]):
            some = list(same)
            yield from contents_of(self._part(some[0].name), some)

    def why_not(self, dataset: Dataset, item: Item) -> str:
        """Return why a source's item has no place here, "" where it may come."""
        return self._part(item.name).why_not(dataset, item)

    def settable(self, item: Item, here: Item | None) -> Item:
        """Return what this host would have after taking over an item."""
        return self._part(item.name).settable(item, here)

    def prepare(self, run: str, changes: Sequence[Change], content: Callable[[Change], Content]) -> tuple[Step, ...]:
        """Stage every change, one part after the other, so that content is asked for in the order of the changes.

        Raise Bug where the changes of one part do not stand together (delta.plan.order sees to it).
        """
        groups = [(key, tuple(group)) for key, group in groupby(changes, key=self._key)]
        if len({key for key, _ in groups}) != len(groups):
            raise Bug(reason="the changes of one kind of data do not stand together in the plan")
        steps: list[Step] = []
        try:
            for key, group in groups:
                prepared = self._of(key).prepare(run, group, content)
                steps += [replace(step, number=len(steps) + at) for at, step in enumerate(prepared)]
        except PbxSyncError:
            self.discard(run)
            raise
        return tuple(steps)

    def act(self, step: Step) -> None:
        """Put the staged object live."""
        self._part(step.change.name).act(step)

    def undo(self, step: Step) -> Undone:
        """Take one act back."""
        return self._part(step.change.name).undo(step)

    def stayed(self, step: Step) -> tuple[bytes, ...]:
        """Return the names of what stayed as it is when a step was undone."""
        return stayed_of(self._part(step.change.name), step)

    def settle(self, run: str, steps: Sequence[Step], contents: Contents | None) -> None:
        """Settle every part with its own steps."""
        for part in self._all:
            part.settle(run, [step for step in steps if self._part(step.change.name) is part], contents)

    def discard(self, run: str) -> None:
        """Remove everything staged for a run in every part."""
        for part in self._all:
            part.discard(run)

    def _key(self, change: Change) -> bytes:
        head = change.name.partition(b"/")[0]
        return head if head in self._parts else b""

    def _part(self, name: bytes) -> HostData:
        return self._of(name.partition(b"/")[0])

    def _of(self, key: bytes) -> HostData:
        return self._parts.get(key, self._rest)


class Offering:
    """What peers can reach: what this host has to give, to be read."""

    def __init__(self, data: ManyData) -> None:
        self._data = data

    def inventory(self, dataset: Dataset) -> Inventory:
        """Read names and digests; raise SourceChanged where an item never stood still."""
        return self._data.offered(dataset)

    def open(self, item: Item) -> Iterator[bytes]:
        """Give the content of exactly this version; raise SourceChanged where it is another by now."""
        return self._data.open(item)

    def open_many(self, items: Sequence[Item]) -> Iterator[bytes | None]:
        """Give the whole content of each small item in this order, None for one that is another by now."""
        return self._data.open_many(items)
