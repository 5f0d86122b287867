"""A HostData of dictionaries: files, folders and links by name, with the promises of the real one."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from pbxsync_worker.core.model.change import Change, ChangeKind
from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.errors import PeerLied, SourceChanged, TargetChanged
from pbxsync_worker.core.model.inventory import Inventory, digest_of
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from pbxsync_worker.core.model.ports import ConfigView, Content, Contents
from pbxsync_worker.core.model.step import Step, Undone

_ETC = b"ASTETCDIR/"


@dataclass(frozen=True)
class Thing:
    """One item with its bytes; number: which object it is, as an inode number tells it."""

    item: Item
    data: bytes
    number: int


@dataclass
class MemoryData:
    """things: what is live, by name; stage: what waits or was displaced, by `Step.staged`."""

    things: dict[bytes, Thing] = field(default_factory=dict)
    stage: dict[bytes, Thing] = field(default_factory=dict)
    kept: dict[bytes, Thing] = field(default_factory=dict)
    _numbers: int = 0

    def put(self, name: bytes, data: bytes = b"", kind: ItemKind = ItemKind.FILE, mode: int | None = 0o644) -> Item:
        """Make or replace a live item, as an administrator would."""
        content = b"" if kind is ItemKind.DIRECTORY else digest_of(data)
        item = Item(name, kind, len(data), content, Attributes(mode=mode))
        self.things[name] = self._thing(item, data)
        return item

    def inventory(self, dataset: Dataset) -> Inventory:
        places = {one.place.value.encode() for one in dataset.file_sets}
        return Inventory.of(one.item for name, one in self.things.items() if name.partition(b"/")[0] in places)

    def why_not(self, dataset: Dataset, item: Item) -> str:
        return ""

    def settable(self, item: Item, here: Item | None) -> Item:
        return item

    def open(self, item: Item) -> Iterator[bytes]:
        thing = self.things.get(item.name)
        if thing is None or not thing.item.same_content(item):
            raise SourceChanged(name=item.text)
        yield thing.data

    def base(self, item: Item) -> BinaryIO | None:
        thing = self.things.get(item.name)
        return io.BytesIO(thing.data) if thing is not None and thing.item.same_content(item) else None

    def config_view(self, steps: Sequence[Step] = ()) -> ConfigView:
        files = {name: one.data for name, one in self.things.items() if one.item.kind is ItemKind.FILE}
        for step in steps:
            if step.change.kind is not ChangeKind.ATTRIBUTES:
                files.pop(step.change.name, None)
            if step.change.after is not None and step.staged and step.change.after.kind is ItemKind.FILE:
                files[step.change.name] = self.stage[step.staged].data
        return MemoryView({name[len(_ETC) :].decode(): data for name, data in files.items() if name.startswith(_ETC)})

    def prepare(self, run: str, changes: Sequence[Change], content: Callable[[Change], Content]) -> tuple[Step, ...]:
        self.discard(run)
        try:
            return tuple(self._staged(run, number, change, content) for number, change in enumerate(changes))
        except PeerLied:
            self.discard(run)
            raise

    def act(self, step: Step) -> None:
        name, live = step.change.name, self.things.get(step.change.name)
        if live is not None and step.identity[1] and live.number == step.identity[1]:
            return
        if (live.item if live else None) != step.change.before or self._misplaced(step):
            raise TargetChanged(name=name.decode(errors="replace"))
        after = self.stage.pop(step.staged, None)
        if live is not None and step.staged:
            self.stage[step.staged] = live
        if after is not None:
            self.things[name] = after
        elif step.change.kind is ChangeKind.REMOVE:
            del self.things[name]
        elif live is not None and step.change.after is not None:
            self.things[name] = Thing(step.change.after, live.data, live.number)

    def undo(self, step: Step) -> Undone:
        name, live = step.change.name, self.things.get(step.change.name)
        if step.change.kind is ChangeKind.ATTRIBUTES:
            return self._undo_attributes(step, live)
        if step.staged in self.kept:
            return Undone.KEPT
        waits = self.stage.get(step.staged)
        if step.change.kind is ChangeKind.REMOVE:
            return Undone.NOT_DONE if waits is None else self._back(step, waits, free=live is None)
        if waits is not None and waits.number == step.identity[1]:
            return Undone.NOT_DONE
        ours = live is not None and live.number == step.identity[1] and self._untouched(step, live)
        if step.change.kind is ChangeKind.REPLACE:
            if waits is None:
                return Undone.NOT_DONE
            restored = self._back(step, waits, free=ours)
            if ours and live is not None:
                self.stage[step.staged] = live
            return restored
        if ours and live is not None:
            self.stage[step.staged] = self.things.pop(name)
        return Undone.RESTORED if ours or live is None else Undone.KEPT

    def settle(self, run: str, steps: Sequence[Step], contents: Contents | None) -> None:
        if contents is None:
            return
        for step in steps:
            for thing in (self.stage.get(step.staged), self.things.get(step.change.name)):
                if thing is not None and step.staged and thing.item.kind is not ItemKind.DIRECTORY:
                    contents.put([thing.data], thing.item.content)
        self.discard(run)

    def discard(self, run: str) -> None:
        self.stage = {at: one for at, one in self.stage.items() if not at.startswith(run.encode() + b"/")}

    def _staged(self, run: str, number: int, change: Change, content: Callable[[Change], Content]) -> Step:
        if change.kind is ChangeKind.ATTRIBUTES:
            return Step(number, change, b"")
        staged = b"%s/%d" % (run.encode(), number)
        if change.after is None:
            return Step(number, change, staged)
        folder = change.after.kind is ItemKind.DIRECTORY
        data = b"" if folder else b"".join(content(change))
        if not folder and digest_of(data) != change.after.content:
            raise PeerLied(host="", reason=f"{change.after.text} is not what was announced")
        self.stage[staged] = self._thing(change.after, data)
        return Step(number, change, staged, (1, self.stage[staged].number))

    def _thing(self, item: Item, data: bytes) -> Thing:
        self._numbers += 1
        return Thing(item, data, self._numbers)

    def _misplaced(self, step: Step) -> bool:
        """A folder with something in it cannot go, and nothing can come where no folder is."""
        name, before = step.change.name, step.change.before
        full = any(other.startswith(name + b"/") for other in self.things)
        parent = name.rpartition(b"/")[0]
        above = self.things.get(parent)
        homeless = b"/" in parent and (above is None or above.item.kind is not ItemKind.DIRECTORY)
        gone = step.change.kind in (ChangeKind.REMOVE, ChangeKind.REPLACE)
        return homeless or (gone and before is not None and before.kind is ItemKind.DIRECTORY and full)

    def _untouched(self, step: Step, live: Thing) -> bool:
        full = any(other.startswith(step.change.name + b"/") for other in self.things)
        return step.change.after is not None and live.item.same_content(step.change.after) and not full

    def _back(self, step: Step, waits: Thing, *, free: bool) -> Undone:
        del self.stage[step.staged]
        if not free:
            self.kept[step.staged] = waits
            return Undone.KEPT
        self.things[step.change.name] = waits
        return Undone.RESTORED

    def _undo_attributes(self, step: Step, live: Thing | None) -> Undone:
        before, after = step.change.before, step.change.after
        if live is None or before is None or live.item not in (before, after):
            return Undone.KEPT
        if live.item == before:
            return Undone.NOT_DONE
        self.things[step.change.name] = Thing(before, live.data, live.number)
        return Undone.RESTORED


@dataclass(frozen=True)
class MemoryView:
    """A ConfigView of a dictionary."""

    files: dict[str, bytes]

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def names(self) -> Iterable[str]:
        return self.files
