"""The files of this host as a HostData: the parts of this package put together."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset, FileSet, Place
from pbxsync_worker.core.model.errors import NoSpace, NotAllowed, PbxSyncError, PeerLied, SourceChanged
from pbxsync_worker.core.model.inventory import Inventory, digest_of, new_digest
from pbxsync_worker.core.model.item import Item, ItemKind, show_name
from pbxsync_worker.core.model.pattern import Matcher
from pbxsync_worker.core.model.ports import Clock, ConfigView, Content, Contents
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.step import Step, Undone
from pbxsync_worker.datasets.files import attributes
from pbxsync_worker.datasets.files.act import Acts
from pbxsync_worker.datasets.files.begun import Begun
from pbxsync_worker.datasets.files.foreign import foreign
from pbxsync_worker.datasets.files.index import Index
from pbxsync_worker.datasets.files.last import LastInventories
from pbxsync_worker.datasets.files.names import Where, base_of, check_run, where
from pbxsync_worker.datasets.files.owners import Owners
from pbxsync_worker.datasets.files.prepare import Preparation, check_item
from pbxsync_worker.datasets.files.reading import open_file, pieces, read_link, stamp
from pbxsync_worker.datasets.files.scan import Scanner
from pbxsync_worker.datasets.files.select import Selection
from pbxsync_worker.datasets.files.settle import Settlement
from pbxsync_worker.datasets.files.staging import Staging
from pbxsync_worker.datasets.files.tree import Tree, is_missing
from pbxsync_worker.datasets.files.undo import Undos
from pbxsync_worker.datasets.files.versions import Versions
from pbxsync_worker.datasets.files.view import FilesView

T = TypeVar("T")


class FilesData:
    """HostData over the file systems of this host."""

    def __init__(
        self,
        places: Mapping[Place, Path],
        protected: Matcher,
        index: Path,
        home: Path,
        disk: Disk,
        clock: Clock,
        owners: Owners | None = None,
    ) -> None:
        """Put the parts together.

        protected: names (`PLACE/path`) never read nor touched; index: folder for what was read before; home: our own
        folder: originals that nobody may lose end in `home/kept/<run>`.
        """
        self._tree = Tree(places)
        self._protected = protected
        self._home = home
        self._disk = disk
        self._owners = owners or Owners()
        self._staging = Staging(self._tree, disk)
        known = self._index = Index(index, disk)
        versions = self._versions = Versions(known, self._owners)
        self._scanner = Scanner(self._tree, known, protected, self._owners, clock)
        self._acts = Acts(self._tree, self._staging, disk, versions, self._owners)
        self._undos = Undos(self._tree, self._staging, disk, versions, self._owners)
        self._settlement = Settlement(self._tree, self._staging, disk, versions, home / "kept")
        self._begun = Begun(self._tree, self._staging, disk)
        self._last = LastInventories()

    def inventory(self, dataset: Dataset) -> Inventory:
        """Read names and digests; raise SourceChanged where a file never stood still."""
        with foreign("Reading the files"):
            found = self._scanner.scan(dataset)
        return self._last.after(dataset.file_sets, found)

    def read_anew(self) -> None:
        """Let every process of this host open every file at its next look, whatever its size and time say."""
        self._index.read_anew()

    def why_not(self, dataset: Dataset, item: Item) -> str:
        """Return why a source's item has no place here, "" where it may come; raise PeerLied for a bad name."""
        at = where(item.name)
        check_item(item)
        if self._protected(item.name):
            return "protected on this host"
        if at.place not in self._tree.places:
            return "this host has no such place"
        return "" if any(_leads_to(one, at.place, at.path, item) for one in dataset.file_sets) else "not in the dataset"

    def settable(self, item: Item, here: Item | None) -> Item:
        """Return what this host would have after applying a source's item over `here`; compare with that."""
        return attributes.settable(item, here, self._owners)

    def open(self, item: Item) -> Iterator[bytes]:
        """Give the content of exactly this version; raise SourceChanged at the end where it was another."""
        at = where(item.name)
        if self._protected(item.name):
            raise NotAllowed(reason=say("{text} is protected on this host", text=item.text))
        if item.kind is ItemKind.SYMLINK:
            target = self._found(at, item, read_link)
            if target is None or digest_of(target) != item.content:
                raise SourceChanged(name=item.text)
            yield target
        elif item.kind is ItemKind.FILE:
            handle = self._found(at, item, open_file)
            known = None if handle is None else self._index.content(at.place, at.path, os.fstat(handle))
            yield from _version(handle, item, proven=known == item.content)

    def _found(self, at: Where, item: Item, read: Callable[[int, bytes], T | None]) -> T | None:
        with foreign(f"Reading {item.text}"):
            try:
                with self._tree.folder(at.place, at.folder) as folder:
                    return read(folder, at.leaf)
            except OSError as error:
                if not is_missing(error):
                    raise
                return None

    def base(self, item: Item) -> BinaryIO | None:
        """Return an open file of exactly this version, seekable, for the caller to close; None where it is another."""
        at = where(item.name)
        if self._protected(item.name) or item.kind is not ItemKind.FILE:
            return None
        handle = self._found(at, item, open_file)
        if handle is None:
            return None
        file = os.fdopen(handle, "rb")
        # Whoever makes something of it proves the result: what the index knows is not read to be sure of it.
        if self._index.content(at.place, at.path, os.fstat(handle)) == item.content:
            return file
        try:
            for _ in _version(os.dup(handle), item):
                pass
        except SourceChanged:
            file.close()
            return None
        file.seek(0)
        return file

    def config_view(self, steps: Sequence[Step] = ()) -> ConfigView:
        """Return Asterisk's configuration as it is, or as it would be with these steps, prepared but not acted."""
        return FilesView(self._tree, self._staging, steps)

    def prepare(self, run: str, changes: Sequence[Change], content: Callable[[Change], Content]) -> tuple[Step, ...]:
        """Stage every change beside its target; raise NoSpace before the first write.

        Content is asked for in the order of the changes, and only for files and links that are added or replaced.
        Raise PeerLied for a name, item or content that no honest host sends, NotAllowed for a protected item; then
        nothing stays staged.
        """
        name = check_run(run)
        for change in changes:
            self._check(change)
        self._settlement.clear(name, keep=True)
        preparation = Preparation(self._tree, self._staging, self._disk, self._versions, self._owners)
        preparation.prove_space(changes, self._home)
        try:
            with foreign("Staging"):
                return preparation.stage(name, changes, content)
        except PbxSyncError as error:
            self._settlement.clear(name, keep=not isinstance(error, (PeerLied, NoSpace)))
            raise

    def act(self, step: Step) -> None:
        """Put the staged object live; raise TargetChanged, having changed nothing, where the item is another by now."""
        self._acts.act(step)

    def undo(self, step: Step) -> Undone:
        """Take one act back, whether or not it happened; never overwrite what somebody changed since."""
        with foreign(f"Undoing {show_name(step.change.name)}"):
            return self._undos.undo(step)

    def settle(self, run: str, steps: Sequence[Step], contents: Contents | None) -> None:
        """Make acts or undos durable; with `contents` also hand over what the run displaced and remove staging."""
        name = check_run(run)
        with foreign("Settling"):
            self._settlement.make_durable(steps)
            if contents is not None:
                self._settlement.hand_over(steps, contents)
                self._settlement.clear(name)

    def discard(self, run: str) -> None:
        """Remove everything staged for a run whose acts never began or were all undone."""
        name = check_run(run)
        with foreign("Clearing the stage"):
            self._settlement.clear(name, keep=True)

    def begun(self) -> Mapping[bytes, Callable[[], BinaryIO | None]]:
        """Return what is here of contents whose run ended before they were live, by digest; see `begun.py`.

        The caller closes what it opens, None where that cannot be read.
        """
        with foreign("Looking for what had arrived"):
            return {digest: partial(self._begun.open, digest, at) for digest, at in self._begun.contents().items()}

    def forget_begun(self, before: float) -> int:
        """Remove what was kept before a time in seconds since 1970, while nothing is staged; return how many went."""
        with foreign("Removing what had arrived"):
            return self._begun.sweep(before)

    def _check(self, change: Change) -> None:
        where(change.name)
        if self._protected(change.name):
            raise NotAllowed(reason=say("{name} is protected on this host", name=show_name(change.name)))
        if change.after is not None:
            check_item(change.after)


def _version(handle: int | None, item: Item, *, proven: bool = False) -> Iterator[bytes]:
    """Give an open file's pieces and close it; raise SourceChanged where they were not this version.

    proven: it was this version when it was opened, so it is as long as it is not written to.
    """
    if handle is None:
        raise SourceChanged(name=item.text)
    try:
        before = stamp(os.fstat(handle))
        if before[0] != item.size:
            raise SourceChanged(name=item.text)
        running = new_digest()
        for piece in pieces(handle):
            if not proven:
                running.update(piece)
            yield piece
        if not (proven or running.digest() == item.content) or stamp(os.fstat(handle)) != before:
            raise SourceChanged(name=item.text)
    finally:
        os.close(handle)


def _leads_to(file_set: FileSet, place: Place, path: bytes, item: Item) -> bool:
    """Tell whether a file set takes a path, or could hold it as a folder on the way to an item."""
    if file_set.place is not place:
        return False
    base = b"/".join(base_of(file_set))
    folder = item.kind is ItemKind.DIRECTORY
    if base and not path.startswith(base + b"/"):
        return folder and (base + b"/").startswith(path + b"/")
    selection = Selection(file_set)
    below = path[len(base) + 1 :] if base else path
    return selection.takes(below) or (folder and selection.may_hold(below))
