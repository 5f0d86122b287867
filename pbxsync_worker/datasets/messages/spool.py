"""The folders of all mailboxes below `voicemail` of the spool, read while Asterisk works in them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.core.model.errors import SourceChanged
from pbxsync_worker.core.model.item import Item, show_name
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.datasets.files.tree import Tree
from pbxsync_worker.datasets.messages.folder import Files, Known, Listing, Reader, listed, whole
from pbxsync_worker.datasets.messages.names import Where, is_folder, is_part, item_of

ROOT = b"voicemail"
_TRIES = 50
_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it lies there."""

    which: Where
    folder: bytes
    number: int
    files: Files
    known: Known

    @property
    def item(self) -> Item:
        """Return its item."""
        return item_of(self.which, self.folder, self.known.size, self.known.digest)

    @property
    def written(self) -> float:
        """Return when the oldest of its files was written, seconds since 1970."""
        return min(one.mtime for one in self.files.values()) / 10**9


class Spool:
    """place: the spool's folder, None where this host has none."""

    def __init__(self, place: Path | None, clock: Clock) -> None:
        self.place = place
        self._tree = Tree({Place.SPOOL: place} if place is not None else {})
        self._clock = clock
        self.reader = Reader()

    def boxes(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield context and number of every mailbox with a folder of its own; links are none."""
        for context in self._folders(()):
            for box in self._folders((context,)):
                yield context, box

    def messages(self, context: bytes, box: bytes) -> list[Message]:
        """Return all messages of a mailbox by folder and number; raise SourceChanged where they never stood still."""
        before = self._listings(context, box)
        for _ in range(_TRIES):
            try:
                found = self._read(context, box, before)
            except SourceChanged:
                found = None
            after = self._listings(context, box)
            if found is not None and after == before:
                return found
            before = after
            self._clock.sleep(_PAUSE)
        raise SourceChanged(name=show_name(context + b"/" + box))

    def find(self, which: Where) -> list[Message]:
        """Return a message of this host, more than one where somebody copied its files; the first one counts."""
        return [one for one in self.messages(which.context, which.box) if one.which == which]

    @contextmanager
    def open(self, *parts: bytes) -> Iterator[int | None]:
        """Open a folder below `voicemail`; None where it is not there as plain folders."""
        if self.place is None:
            yield None
            return
        with self._tree.present(Place.SPOOL, (ROOT, *parts)) as handle:
            yield handle

    def _folders(self, parts: tuple[bytes, ...]) -> list[bytes]:
        with self.open(*parts) as handle:
            if handle is None:
                return []
            with os.scandir(handle) as entries:
                names = [os.fsencode(one.name) for one in entries if one.is_dir(follow_symlinks=False)]
        return sorted(name for name in names if is_part(name))

    def _listings(self, context: bytes, box: bytes) -> dict[bytes, Listing]:
        found: dict[bytes, Listing] = {}
        for folder in filter(is_folder, self._folders((context, box))):
            with self.open(context, box, folder) as handle:
                if handle is not None:
                    found[folder] = listed(handle)
        return found

    def _read(self, context: bytes, box: bytes, listings: dict[bytes, Listing]) -> list[Message]:
        found: list[Message] = []
        for folder, listing in listings.items():
            with self.open(context, box, folder) as handle:
                if handle is None:
                    raise SourceChanged(name=show_name(folder))
                for number in whole(listing):
                    known = self.reader.known(handle, number, listing[number], self._clock.now())
                    which = Where(context, box, known.identity)
                    found.append(Message(which, folder, number, listing[number], known))
        return found
