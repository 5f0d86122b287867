"""All files of one message as one content.

Format: two bytes, the length of what follows, big-endian; MessagePack [(kind of file, bytes)], such as `wav`, sorted
with `txt` last; then the files, one after the other.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from pbxsync_worker.core.model.errors import Invalid, PeerLied
from pbxsync_worker.core.model.inventory import new_digest
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.ports import Content
from pbxsync_worker.core.wire import pack, unpack
from pbxsync_worker.datasets.messages.names import MAX_MESSAGE

TEXT = "txt"
MAX_TEXT = 2**16
MAX_FILES = 16
PIECE = 2**20
_KIND = re.compile(r"[A-Za-z0-9]{1,16}")

Files = tuple[tuple[str, int], ...]


def in_order(kinds: Iterable[str]) -> list[str]:
    """Return the kinds of files as they are put in place: the text last, because it makes a message of them."""
    return sorted(kinds, key=lambda kind: (kind == TEXT, kind))


def is_whole(files: Mapping[str, int]) -> bool:
    """Tell whether files, with their sizes, are a message that can travel: its text, and something to hear."""
    few = 2 <= len(files) <= MAX_FILES and TEXT in files and all(_KIND.fullmatch(kind) for kind in files)
    return few and 0 < files[TEXT] <= MAX_TEXT and sum(files.values()) <= MAX_MESSAGE - PIECE


def head(sizes: Mapping[str, int]) -> bytes:
    """Return what stands before the files."""
    packed = pack([(kind, sizes[kind]) for kind in in_order(sizes)])
    return len(packed).to_bytes(2, "big") + packed


class Unbundled:
    """The files of a content as it comes: `files` at once, each by `file` in this order, then `check`."""

    def __init__(self, item: Item, content: Content) -> None:
        """Read the head; raise PeerLied where it is none."""
        self._item = item
        self._source = iter(content)
        self._left = b""
        self._digest = new_digest()
        self._size = 0
        length = int.from_bytes(b"".join(self.file(2)), "big")
        try:
            files = unpack(b"".join(self.file(length)), Files)
        except Invalid as error:
            raise self._lie() from error
        kinds = [kind for kind, _ in files]
        if not is_whole(dict(files)) or kinds != in_order(set(kinds)) or any(size < 0 for _, size in files):
            raise self._lie()
        self.files = files

    def file(self, size: int) -> Iterator[bytes]:
        """Give the next bytes; raise PeerLied where there are fewer."""
        while size:
            if not self._left:
                self._left = self._next()
            piece, self._left = self._left[:size], self._left[size:]
            size -= len(piece)
            yield piece

    def check(self) -> None:
        """Raise PeerLied where the content is another than announced."""
        if self._left or next(self._source, b"") or self._size != self._item.size:
            raise self._lie()
        if self._digest.digest() != self._item.content:
            raise self._lie()

    def _next(self) -> bytes:
        piece = next(self._source, b"")
        self._size += len(piece)
        if not piece or self._size > self._item.size:
            raise self._lie()
        self._digest.update(piece)
        return piece

    def _lie(self) -> PeerLied:
        return PeerLied(host="", reason=f"{self._item.text} is not what was announced")
