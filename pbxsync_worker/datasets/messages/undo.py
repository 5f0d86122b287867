"""Takes an act back from whatever point it was cut at, judged by the inodes of what is staged."""

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.item import Item, show_name
from pbxsync_worker.core.model.step import Undone
from pbxsync_worker.datasets.messages.acts import FolderActs, is_intact
from pbxsync_worker.datasets.messages.bundle import TEXT
from pbxsync_worker.datasets.messages.folder import Files, listed, number_of
from pbxsync_worker.datasets.messages.folders import Folders, parts_of
from pbxsync_worker.datasets.messages.lock import FolderLock
from pbxsync_worker.datasets.messages.names import Where, folder_of, where
from pbxsync_worker.datasets.messages.spool import Message, Spool
from pbxsync_worker.datasets.messages.staging import Staged, old_name, staged


class Undoing:
    """What came goes only where its files still are what the run wrote; what went comes back."""

    def __init__(self, spool: Spool, lock: FolderLock, acts: FolderActs, folders: Folders) -> None:
        self._spool = spool
        self._lock = lock
        self._acts = acts
        self._folders = folders

    def looked_at(self, change: Change) -> Undone:
        """Return what became of a change of which nothing is staged any more: it was undone, or somebody changed it."""
        found = self._spool.find(where(change.name))
        first = found[0].item if found else None
        return Undone.NOT_DONE if first == change.before else Undone.KEPT

    def step(self, stage: int, number: int, made: int, change: Change) -> Undone:
        """Undo one step; made: how many folders were missing before it."""
        which, held = where(change.name), staged(stage, number)
        for item in (change.before, change.after):
            if item is not None:
                self._release(stage, which, folder_of(item))
        if change.after is None:
            assert change.before is not None  # noqa: S101 - a change of nothing does not exist
            return self._removal(stage, number, held, change.before)
        undone = self._arrival(stage, number, held, change, change.after)
        if undone is not Undone.KEPT:
            self._folders.unmake(parts_of(which, folder_of(change.after)), made)
        return undone

    def _release(self, stage: int, which: Where, folder: bytes) -> None:
        with self._spool.open(which.context, which.box, folder) as handle:
            if handle is not None:
                self._lock.release(handle, stage)

    def _removal(self, stage: int, number: int, held: Staged, before: Item) -> Undone:
        which = where(before.name)
        if not held.old_text or self._lies(which, folder_of(before), held.old_text):
            return Undone.NOT_DONE if self._is_here(before) else Undone.KEPT
        if self._spool.find(which):
            return Undone.KEPT
        self._restore(stage, number, held, before)
        return Undone.RESTORED

    def _arrival(self, stage: int, number: int, held: Staged, change: Change, after: Item) -> Undone:
        which, folder = where(after.name), folder_of(after)
        files = self._files(which, folder, held.text)
        if files is None:
            return self._never_arrived(stage, which, held, change, folder)
        mine = is_intact(files, held.new) and any(one.item == after for one in self._of(which, held.text, folder))
        if not mine:
            return Undone.KEPT
        before = change.before
        if before is not None and held.old_text and not self._lies(which, folder_of(before), held.old_text):
            self._restore(stage, number, held, before)
        with self._spool.open(which.context, which.box, folder) as handle:
            if handle is None:
                return Undone.KEPT
            with self._lock.held(handle, stage, show_name(after.name)):
                at = number_of(listed(handle), held.text)
                if at is not None:
                    self._acts.clear(handle, {one.inode for one in held.new.values()})
        return Undone.RESTORED

    def _never_arrived(self, stage: int, which: Where, held: Staged, change: Change, folder: bytes) -> Undone:
        """Clear what a cut left of a message that did not arrive, or that somebody moved or deleted since."""
        ours = {one.inode for one in held.new.values()}
        with self._spool.open(which.context, which.box, folder) as handle:
            if handle is not None and any(
                one.inode in ours for files in listed(handle).values() for one in files.values()
            ):
                with self._lock.held(handle, stage, show_name(change.name)):
                    self._acts.clear(handle, ours)
        before = change.before
        found = self._spool.find(which)
        if before is None:
            return Undone.KEPT if any(one.files[TEXT].inode == held.text for one in found) else Undone.NOT_DONE
        return Undone.NOT_DONE if self._is_here(before) else Undone.KEPT

    def _restore(self, stage: int, number: int, held: Staged, before: Item) -> None:
        which, folder = where(before.name), folder_of(before)
        names = {kind: (old_name(number, held.number, kind), one.inode) for kind, one in held.old.items()}
        with (
            self._folders.made(parts_of(which, folder)) as handle,
            self._lock.held(handle, stage, show_name(before.name)),
        ):
            self._acts.put(handle, stage, names, prefer=held.number)

    def _is_here(self, before: Item) -> bool:
        return any(one.item == before for one in self._spool.find(where(before.name)))

    def _of(self, which: Where, text: int, folder: bytes) -> list[Message]:
        return [one for one in self._spool.find(which) if one.folder == folder and one.files[TEXT].inode == text]

    def _lies(self, which: Where, folder: bytes, text: int) -> bool:
        return self._files(which, folder, text) is not None

    def _files(self, which: Where, folder: bytes, text: int) -> Files | None:
        """Return the files of the message whose text is this inode, None where it is not in the folder."""
        with self._spool.open(which.context, which.box, folder) as handle:
            if handle is None or not text:
                return None
            listing = listed(handle)
            number = number_of(listing, text)
            return None if number is None else listing[number]
