"""Small items with their contents as they travel: what one shares with the one before it and its own name is left out.

A name is told by how many bytes it begins with like the name before it in the same message, and the rest. A content
is told in pieces: bytes, or the number of a part of the item's own name (split at `/` and `,`, without the first two)
that stands in their place: most rows hold their key once more. What comes out is proven by the root digest.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.reading import SMALL, one_of_many
from pbxsync_worker.peer.messages import MAX_PIECES, Piece, Small, Smalls

_AT_ONCE = 500
_LONGEST_NAME = 4096
_WORTH = 3
"""Bytes from which a part of the name is worth a number."""
_BETWEEN = re.compile(rb"[/,]")


def smalls_of(items: Sequence[Item], contents: Iterable[bytes | None]) -> Iterator[Smalls]:
    """Yield items, sorted by name, with their contents, in messages of a bounded number; None leaves one out."""
    held = [(item, content) for item, content in zip(items, contents, strict=True) if content is not None]
    for at in range(0, len(held), _AT_ONCE):
        before = b""
        told: list[Small] = []
        for item, content in held[at : at + _AT_ONCE]:
            shared = alike(before, item.name)
            told.append(Small(shared, item.name[shared:], item.kind, _pieces(item.name, content)))
            before = item.name
        yield Smalls(tuple(told))


def items_of(message: Smalls) -> Iterator[tuple[Item, bytes]]:
    """Yield the items of a message with their contents; raise Invalid for what no honest host sends."""
    before = b""
    for one in message.items:
        name = name_after(before, one.shared, one.rest)
        content = _whole(name, one.pieces)
        item = Item(name, one.kind, len(content), digest_of(content))
        if not one_of_many(item):
            raise Invalid(what="answer", problems=f"a {item.kind} does not come along with its content")
        yield item, content
        before = name


def name_after(before: bytes, shared: int, rest: bytes) -> bytes:
    """Return a name that is told by the one before it; raise Invalid for one that cannot be."""
    if shared > len(before) or shared + len(rest) > _LONGEST_NAME:
        raise Invalid(what="answer", problems="the name of an item is impossible")
    return before[:shared] + rest


def alike(before: bytes, name: bytes) -> int:
    """Return how many bytes both begin with."""
    most = min(len(before), len(name))
    if before[:most] == name[:most]:
        return most
    return next(at for at in range(most) if before[at] != name[at])


def _parts(name: bytes) -> list[bytes]:
    return _BETWEEN.split(name)[2:]


def _pieces(name: bytes, content: bytes) -> tuple[Piece, ...]:
    parts = [(number, part) for number, part in enumerate(_parts(name)) if len(part) >= _WORTH]
    pieces: list[Piece] = []
    at = 0
    while len(pieces) < MAX_PIECES - 2:
        found = [(place, number, part) for number, part in parts if (place := content.find(part, at)) >= 0]
        if not found:
            break
        place, number, part = min(found)
        pieces += [content[at:place], number]
        at = place + len(part)
    return (*pieces, content[at:])


def _whole(name: bytes, pieces: Sequence[Piece]) -> bytes:
    parts = _parts(name)
    if any(isinstance(one, int) and one >= len(parts) for one in pieces):
        raise Invalid(what="answer", problems="a content refers to a part of its name that is not there")
    whole = [parts[one] if isinstance(one, int) else one for one in pieces]
    if sum(map(len, whole)) > SMALL:
        raise Invalid(what="answer", problems=f"a content of more than {SMALL} bytes comes along")
    return b"".join(whole)
