"""The voicemail messages of this host as a HostData."""

import logging
from collections.abc import Callable, Iterator, Sequence
from os import fsdecode
from pathlib import Path

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change, ChangeKind
from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.errors import FolderLocked, NotAllowed, PbxSyncError, SourceChanged, TargetChanged
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.item import Item, show_name
from pbxsync_worker.core.model.pattern import Matcher
from pbxsync_worker.core.model.ports import Clock, Content, Contents
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.step import Step, Undone
from pbxsync_worker.datasets.messages.acts import FolderActs
from pbxsync_worker.datasets.messages.bundle import TEXT, head, in_order
from pbxsync_worker.datasets.messages.folder import listed, names_in, number_of, read
from pbxsync_worker.datasets.messages.folders import Folders, parts_of
from pbxsync_worker.datasets.messages.lock import OURS, FolderLock
from pbxsync_worker.datasets.messages.names import Where, folder_of, path_of, where
from pbxsync_worker.datasets.messages.prepare import Preparing
from pbxsync_worker.datasets.messages.spool import Message, Spool
from pbxsync_worker.datasets.messages.staging import Stages, new_name, old_name, staged
from pbxsync_worker.datasets.messages.undo import Undoing

_log = logging.getLogger(__name__)
SETTLE = 15.0
"""Seconds for which a new message stays on its host: whatever writes it has then ended."""


class MessageData:
    """HostData over the files of Asterisk's voicemail folders.

    One message comes, goes or moves in one act under Asterisk's own lock of its folder. Whatever an act does not name
    stays as it is; a message that somebody changed is neither replaced nor removed. Numbers are closed up only after
    the commit, so until then an undo gives each message back under the number it had.
    """

    def __init__(self, place: Path | None, protected: Matcher, disk: Disk, clock: Clock) -> None:
        """Put the parts together; place: the spool, None where this host has none; protected: names never touched."""
        self._spool = Spool(place, clock)
        self._protected = protected
        self._clock = clock
        self._disk = disk
        self._stages = Stages(place, disk)
        self._lock = FolderLock(disk, clock)
        self._acts = FolderActs(disk)
        self._folders = Folders(place, disk)
        self._undoing = Undoing(self._spool, self._lock, self._acts, self._folders)
        self._preparing = Preparing(self._spool, self._folders, disk)

    def inventory(self, dataset: Dataset) -> Inventory:
        """Read names and digests; raise SourceChanged where a mailbox never stood still."""
        return Inventory.of(one.item for one in self._selected(dataset))

    def offered(self, dataset: Dataset) -> Inventory:
        """Read the same of what may leave this host by now: all that was not written within the last 15 seconds."""
        until = self._clock.now() - SETTLE
        return Inventory.of(one.item for one in self._selected(dataset) if one.written <= until)

    def open(self, item: Item) -> Iterator[bytes]:
        """Give the files that an inventory named; raise SourceChanged where they are others by now."""
        folder = folder_of(item)
        which = where(item.name)
        if self._is_protected(which, folder):
            raise NotAllowed(reason=say("{text} is protected on this host", text=item.text))
        found = next((one for one in self._spool.find(which) if one.item == item), None)
        if found is None:
            raise SourceChanged(name=item.text)
        with self._spool.open(which.context, which.box, folder) as handle:
            if handle is None:
                raise SourceChanged(name=item.text)
            yield from self._spool.reader.content(handle, found.number, found.files)

    def why_not(self, dataset: Dataset, item: Item) -> str:
        """Return why a source's message has no place here, "" where it may; raise PeerLied for what is no message."""
        return self._why_not(dataset, where(item.name), folder_of(item))

    def settable(self, item: Item, here: Item | None) -> Item:  # noqa: ARG002 - a message can always be taken over
        """Return the item as it is: a folder can always be set."""
        return item

    def prepare(self, run: str, changes: Sequence[Change], content: Callable[[Change], Content]) -> tuple[Step, ...]:
        """Stage all that comes.

        Raise TargetChanged where a message is not what the plan saw, Unsupported where a folder cannot be worked in,
        PeerLied for what no honest host sends, NotAllowed for a protected one; then nothing stays staged.
        """
        self.discard(run)
        for change in changes:
            self._check(change)
        if not changes:
            return ()
        try:
            with self._stages.made(run) as stage:
                return tuple(self._preparing.step(stage, run, at, one, content) for at, one in enumerate(changes))
        except PbxSyncError:
            self.discard(run)
            raise

    def act(self, step: Step) -> None:
        """Bring a message, take it out, or both where it moves; raise TargetChanged, FolderLocked."""
        run, number, _ = taken_apart(step)
        change = step.change
        with self._stages.open(run) as stage:
            if stage is None:
                raise TargetChanged(name=show_name(change.name))
            if change.after is not None:
                self._bring(stage, number, change, change.after)
            if change.before is not None:
                self._remove(stage, number, change.before)

    def undo(self, step: Step) -> Undone:
        """Take one act back; a message that somebody moved, heard or changed since stays as it is."""
        run, number, made = taken_apart(step)
        with self._stages.open(run) as stage:
            if stage is None:
                return self._undoing.looked_at(step.change)
            return self._undoing.step(stage, number, made, step.change)

    def settle(self, run: str, steps: Sequence[Step], contents: Contents | None) -> None:
        """Make acts or undos durable; with `contents` also hand over what went, and close the gaps it left."""
        with self._stages.open(run) as stage:
            if stage is not None:
                self._disk.sync_filesystem(stage)
                # Our lock file goes last: without it all of this was done, and its removal was cut.
                if contents is not None and fsdecode(OURS) in names_in(stage):
                    self._keep(stage, steps, contents)
        if contents is not None:
            self._stages.clear(run)

    def discard(self, run: str) -> None:
        """Remove everything staged for a run whose acts never began or were all undone."""
        self._stages.clear(run)

    def _selected(self, dataset: Dataset) -> Iterator[Message]:
        if not dataset.messages:
            return
        for context, box in self._spool.boxes():
            # The first of two copies counts: a later one of the same name would replace it.
            for one in reversed(self._spool.messages(context, box)):
                if not self._why_not(dataset, one.which, one.folder):
                    yield one

    def _why_not(self, dataset: Dataset, which: Where, folder: bytes) -> str:
        if self._is_protected(which, folder):
            return "protected on this host"
        if dataset.file_set_taking(path_of(which, folder)) is not None:
            return "its files travel as files"
        return "" if any(one.selects(which.name) for one in dataset.messages) else "not in the dataset"

    def _is_protected(self, which: Where, folder: bytes) -> bool:
        return self._protected(which.name) or self._protected(path_of(which, folder))

    def _check(self, change: Change) -> None:
        for item in (change.before, change.after):
            if item is not None and self._is_protected(where(item.name), folder_of(item)):
                raise NotAllowed(reason=say("{text} is protected on this host", text=item.text))

    def _bring(self, stage: int, step: int, change: Change, item: Item) -> None:
        which, folder = where(item.name), folder_of(item)
        held = staged(stage, step)
        names = {kind: (new_name(step, kind), one.inode) for kind, one in held.new.items()}
        if TEXT not in names:
            raise TargetChanged(name=item.text)
        with self._spool.open(which.context, which.box, folder) as handle:
            if handle is not None and number_of(listed(handle), held.text) is not None:
                return
        self._preparing.must_be(which, change.before)
        with self._folders.made(parts_of(which, folder)) as handle, self._lock.held(handle, stage, _shown(item)):
            try:
                self._acts.put(handle, stage, names)
            except PbxSyncError:
                self._acts.clear(handle, {one.inode for one in held.new.values()})
                raise

    def _remove(self, stage: int, step: int, item: Item) -> None:
        which, folder = where(item.name), folder_of(item)
        text = staged(stage, step).old_text
        with self._spool.open(which.context, which.box, folder) as handle:
            if text and (handle is None or number_of(listed(handle), text) is None):
                return
            found = next((one for one in self._spool.find(which) if one.item == item), None)
            if found is None or handle is None:
                raise TargetChanged(name=item.text)
            with self._lock.held(handle, stage, _shown(item)):
                self._acts.take(handle, stage, step, found.files)

    def _keep(self, stage: int, steps: Sequence[Step], contents: Contents) -> None:
        for step in steps:
            self._hand_over(stage, step, contents)
        for which, folder in sorted({_place(one.change.before) for one in steps if one.change.before is not None}):
            self._close_gaps(stage, which, folder)
        self._disk.sync_filesystem(stage)

    def _hand_over(self, stage: int, step: Step, contents: Contents) -> None:
        _, number, _ = taken_apart(step)
        before = step.change.before
        held = staged(stage, number)
        if before is None or not held.old_text or step.change.kind is ChangeKind.ATTRIBUTES:
            return
        if not contents.has(before.content):
            contents.put(_staged_content(stage, number), before.content)

    def _close_gaps(self, stage: int, which: Where, folder: bytes) -> None:
        with self._spool.open(which.context, which.box, folder) as handle:
            if handle is None:
                return
            shown = show_name(b"/".join((which.context, which.box, folder)))
            try:
                with self._lock.held(handle, stage, shown):
                    self._acts.close_gaps(handle)
            except FolderLocked as error:
                # Asterisk closes them by itself when somebody calls this mailbox.
                _log.warning("numbers of messages keep a gap", extra={"folder": shown, "why": error.told})


def taken_apart(step: Step) -> tuple[str, int, int]:
    """Return run, number and how many folders were missing, as `Preparing.step` wrote them."""
    run, number, made = step.staged.decode().rsplit("/", 2)
    return run, int(number), int(made)


def _staged_content(stage: int, step: int) -> Iterator[bytes]:
    held = staged(stage, step)
    yield head({kind: one.size for kind, one in held.old.items()})
    for kind in in_order(held.old):
        yield from read(stage, old_name(step, held.number, kind), held.old[kind])


def _place(item: Item) -> tuple[Where, bytes]:
    which = where(item.name)
    return Where(which.context, which.box, b""), folder_of(item)


def _shown(item: Item) -> str:
    which = where(item.name)
    return show_name(b"/".join((which.context, which.box, folder_of(item))))
