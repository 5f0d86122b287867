"""The mailboxes of this host as a HostData: compared and undone by box, changed by one exchange of the whole file."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.errors import NotAllowed, SourceChanged, TargetChanged, Unsupported
from pbxsync_worker.core.model.inventory import Inventory, digest_of
from pbxsync_worker.core.model.item import Item, show_name
from pbxsync_worker.core.model.pattern import Matcher
from pbxsync_worker.core.model.ports import Clock, Content, Contents
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.step import Step, Undone
from pbxsync_worker.core.model.voicemail import merge
from pbxsync_worker.datasets.files import FilesData
from pbxsync_worker.datasets.staging import Staging, Values
from pbxsync_worker.datasets.voicemail.boxes import (
    announced,
    box_of,
    check_item,
    data_of,
    has_name,
    item_of,
    same,
    text_of,
)
from pbxsync_worker.datasets.voicemail.file import NAME, VoicemailFile

_log = logging.getLogger(__name__)
_TRIES = 3
_WHOLE = b""
"""Under this name the staging file holds the whole file before and after, to be given back to the last byte."""


class BoxData:
    """HostData over the lines of voicemail.conf.

    The first act of a run exchanges the file for one with all its boxes; the others only look. Boxes that a run does
    not name keep what people and Asterisk give them meanwhile. One limit of Asterisk's own: it changes a PIN by
    reading the file, then writing it whole; where our exchange falls between the two, ours is lost, which `settle`
    sees and refuses. A journal without its staging file was wholly undone.
    """

    def __init__(self, files: FilesData, protected: Matcher, home: Path, disk: Disk, clock: Clock) -> None:
        """Put the parts together; protected: names never read nor touched; home: our own folder."""
        self._file = VoicemailFile(files, clock)
        self._protected = protected
        self._staging = Staging(home / "staging", disk, "voicemail")
        self._written: dict[str, tuple[str | None, str | None]] = {}
        self._undone: dict[bytes, dict[bytes, Undone]] = {}

    def inventory(self, dataset: Dataset) -> Inventory:
        """Read names and digests; boxes that no item can name are left alone, and logged.

        Raise SourceChanged where the file never stood still.
        """
        if not dataset.boxes or self._elsewhere(dataset):
            return Inventory({})
        found = {box: value for box, value in self._file.boxes().items() if self._usable(box)}
        items = (item_of(box, value) for box, value in found.items())
        return Inventory.of(one for one in items if not self._why_not(dataset, one.name))

    def open(self, item: Item) -> Iterator[bytes]:
        """Give the value that an inventory named; raise SourceChanged where it is another by now."""
        if self._protected(item.name) or self._protected(NAME):
            raise NotAllowed(reason=say("{text} is protected on this host", text=item.text))
        box = box_of(item.name)
        value = self._file.boxes().get(box)
        if value is None or not same(item, box, value):
            raise SourceChanged(name=item.text)
        yield data_of(value)

    def why_not(self, dataset: Dataset, item: Item) -> str:
        """Return why a source's box has no place here, "" where it may come; raise PeerLied for what is no box."""
        check_item(item)
        return self._elsewhere(dataset) or self._why_not(dataset, item.name)

    def settable(self, item: Item, here: Item | None) -> Item:  # noqa: ARG002 - a box can always be taken over
        """Return the item as it is: boxes have no attributes."""
        return item

    def prepare(self, run: str, changes: Sequence[Change], content: Callable[[Change], Content]) -> tuple[Step, ...]:
        """Write down every value, and the file, before and after, durably.

        Raise TargetChanged where a box is not what the plan saw, Unsupported where the file cannot be merged or
        exchanged, PeerLied for what no honest host sends, NotAllowed for a protected box; then nothing stays staged.
        """
        self.discard(run)
        for change in changes:
            self._check(change)
        if not changes:
            return ()
        file = self._file.read()
        now = self._file.boxes_in(file)
        values: Values = {}
        wanted: dict[str, str | None] = {}
        for change in changes:
            box = box_of(change.name)
            before = now.get(box)
            wanted[box] = None if change.after is None else announced(change.after, content(change))
            if not same(change.before, box, before):
                raise TargetChanged(name=show_name(change.name))
            values[change.name] = _encoded(before), _encoded(wanted[box])
        if file is not None:
            self._file.check(file)
        values[_WHOLE] = file, _merged(file, wanted)
        staged = self._staging.write(run, values)
        return tuple(Step(number, change, staged) for number, change in enumerate(changes))

    def act(self, step: Step) -> None:
        """Bring all boxes of the run; raise TargetChanged, having changed nothing, where one is another by now."""
        self._undone.clear()
        values = _boxes(self._staging.read(step.staged))
        box = box_of(step.change.name)
        for again in range(_TRIES):
            file = self._file.read()
            now = self._file.boxes_in(file)
            if not same(step.change.after, box, now.get(box)):
                if not same(step.change.before, box, now.get(box)) or box not in values:
                    raise TargetChanged(name=show_name(step.change.name))
                _must_be(values, now)
                try:
                    self._exchange(step.staged, file, {one: pair[1] for one, pair in values.items()})
                except TargetChanged:
                    if again == _TRIES - 1:
                        raise
                    continue
            break
        self._written.update(values)

    def undo(self, step: Step) -> Undone:
        """Take the run back; a box that is neither what was nor what the run wrote stays as it is."""
        results = self._undone.get(step.staged, {})
        if step.change.name not in results:
            results = self._undone[step.staged] = self._take_back(step)
        return results.pop(step.change.name)

    def settle(self, run: str, steps: Sequence[Step], contents: Contents | None) -> None:
        """Make acts or undos durable and read them back; with `contents` also hand over what the run replaced.

        Raise TargetChanged where a box fell back: Asterisk wrote a file that it had read before.
        """
        if steps:
            self._file.make_durable(_name(self._staging, run))
        self._read_back()
        if contents is not None:
            values = self._staging.of_run(run)
            both = (value for name, pair in values.items() if name != _WHOLE for value in pair if value is not None)
            contents.put_many((digest_of(value), value) for value in both)
            self._clear(run)

    def discard(self, run: str) -> None:
        """Remove everything staged for a run whose acts never began or were all undone."""
        self._clear(run)
        self._written.clear()
        self._undone.clear()

    def _clear(self, run: str) -> None:
        """Remove what is staged; the file only ever has something staged while the values are written down."""
        if self._staging.of_run(run):
            self._file.discard(_name(self._staging, run))
        self._staging.remove(run)

    def _exchange(self, staged: bytes, file: bytes | None, wanted: Mapping[str, str | None]) -> None:
        self._file.exchange(staged.decode(), file, _merged(file, wanted))

    def _take_back(self, step: Step) -> dict[bytes, Undone]:
        """Undo every box of the run in one exchange; return what became of each, by item name."""
        held = self._staging.read(step.staged)
        if not held:
            is_old = same(step.change.before, box := box_of(step.change.name), self._file.boxes().get(box))
            return {step.change.name: Undone.NOT_DONE if is_old else Undone.KEPT}
        for again in range(_TRIES):
            try:
                return self._taken_back(step.staged, held)
            except TargetChanged:
                if again == _TRIES - 1:
                    raise
        return {}

    def _taken_back(self, staged: bytes, held: Values) -> dict[bytes, Undone]:
        file = self._file.read()
        now = self._file.boxes_in(file)
        results: dict[bytes, Undone] = {}
        back: dict[str, str | None] = {}
        values = _boxes(held)
        for box, (before, after) in values.items():
            name = item_of(box, "").name
            results[name] = Undone.NOT_DONE if now.get(box) == before else Undone.KEPT
            if now.get(box) == after != before:
                results[name], back[box] = Undone.RESTORED, before
        if back:
            old, new = held[_WHOLE]
            try:
                self._file.exchange(staged.decode(), file, old if file == new else _merged(file, back))
            except Unsupported as error:
                _log.warning("mailboxes stay as a run left them", extra={"why": error.told})
                return dict.fromkeys(results, Undone.KEPT)
        self._written = {box: (values[box][1], values[box][0]) for box in back}
        return results

    def _read_back(self) -> None:
        if not self._written:
            return
        now = self._file.boxes()
        for box, (lost, kept) in self._written.items():
            if now.get(box) == lost != kept:
                raise TargetChanged(name=show_name(item_of(box, "").name))
        self._written.clear()

    def _elsewhere(self, dataset: Dataset) -> str:
        if self._protected(NAME):
            return "protected on this host"
        return "voicemail.conf travels as a whole file" if dataset.file_set_taking(NAME) is not None else ""

    def _why_not(self, dataset: Dataset, name: bytes) -> str:
        if self._protected(name):
            return "protected on this host"
        return "" if any(one.selects(name) for one in dataset.boxes) else "not in the dataset"

    def _usable(self, box: str) -> bool:
        if not has_name(box):
            _log.warning("a mailbox stays on this host: its name cannot travel", extra={"box": show_name(data_of(box))})
            return False
        return True

    def _check(self, change: Change) -> None:
        box_of(change.name)
        if self._protected(change.name) or self._protected(NAME):
            raise NotAllowed(reason=say("{name} is protected on this host", name=show_name(change.name)))
        if change.after is not None:
            check_item(change.after)


def _boxes(values: Values) -> dict[str, tuple[str | None, str | None]]:
    """Return the values of a staging file by `context/box`, before and after."""
    return {box_of(name): (_decoded(pair[0]), _decoded(pair[1])) for name, pair in values.items() if name != _WHOLE}


def _must_be(values: Mapping[str, tuple[str | None, str | None]], now: Mapping[str, str]) -> None:
    for box, pair in values.items():
        if now.get(box) not in pair:
            raise TargetChanged(name=show_name(item_of(box, "").name))


def _merged(file: bytes | None, wanted: Mapping[str, str | None]) -> bytes | None:
    merged = data_of(merge(text_of(file or b""), wanted))
    return None if file is None and not merged else merged


def _encoded(value: str | None) -> bytes | None:
    return None if value is None else data_of(value)


def _decoded(value: bytes | None) -> str | None:
    return None if value is None else text_of(value)


def _name(staging: Staging, run: str) -> str:
    return staging.name(run).decode()
