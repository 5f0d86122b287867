"""Names of messages, `MESSAGES/context/box/identity`, and what an item says of one.

The identity is the `msg_id` of the message's .txt, which is unique on the host that made it only, and a digest of its
sound, which tells two hosts' messages of one id apart. The folder may change, so it is an attribute: `user.folder`.
"""

import re
from dataclasses import dataclass

from pbxsync_worker.core.model.dataset import MESSAGES, Place
from pbxsync_worker.core.model.errors import PeerLied
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind, show_name

MAX_MESSAGE = 2**30
"""Bytes of all files of one message."""

_HEAD = MESSAGES + b"/"
_FOLDER = b"user.folder"
_PART = re.compile(rb"[^./\0-\x20\x7f][^/\0-\x1f\x7f]{0,79}")
_IDENTITY = re.compile(rb"[0-9A-Za-z-]{1,64}\.[0-9a-f]{32}")
_MSG_ID = re.compile(rb"^msg_id=([0-9A-Za-z-]{1,64})\s*$", re.MULTILINE)
_ORIGTIME = re.compile(rb"^origtime=([0-9]{1,10})\s*$", re.MULTILINE)
_NO_ID = b"-"


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """Whose message it is, and which."""

    context: bytes
    box: bytes
    identity: bytes

    @property
    def name(self) -> bytes:
        """Return the item name."""
        return b"/".join((MESSAGES, self.context, self.box, self.identity))


def is_part(part: bytes) -> bool:
    """Tell whether a context, mailbox or folder of this name can hold messages that travel."""
    return _PART.fullmatch(part) is not None


def is_folder(part: bytes) -> bool:
    """Tell whether messages of a folder travel: what is being recorded does not."""
    return is_part(part) and part != b"tmp"


def where(name: bytes) -> Where:
    """Take an item name apart; raise PeerLied for one that no honest host sends."""
    parts = name.removeprefix(_HEAD).split(b"/")
    usable = name.startswith(_HEAD) and len(parts) == 3 and is_part(parts[0]) and is_part(parts[1])
    if not usable or not _IDENTITY.fullmatch(parts[2]):
        raise PeerLied(host="", reason=f"{show_name(name[:300])} is not the name of a message")
    return Where(*parts)


def folder_of(item: Item) -> bytes:
    """Return the folder a message lies in; raise PeerLied for an item that cannot be a message."""
    where(item.name)
    xattrs = item.attributes.xattrs or ()
    folder = dict(xattrs).get(_FOLDER, b"")
    plain = item.attributes == Attributes(xattrs=((_FOLDER, folder),))
    if item.kind is not ItemKind.MESSAGE or not plain or not is_folder(folder) or not 0 < item.size <= MAX_MESSAGE:
        raise PeerLied(host="", reason=f"{item.text} is not a message")
    return folder


def item_of(which: Where, folder: bytes, size: int, digest: bytes) -> Item:
    """Return the item of a message."""
    return Item(which.name, ItemKind.MESSAGE, size, digest, Attributes(xattrs=((_FOLDER, folder),)))


def path_of(which: Where, folder: bytes) -> bytes:
    """Return the name its .txt would have as a file of the place, whatever its number."""
    below = b"/".join((which.context, which.box, folder))
    return f"{Place.SPOOL}/voicemail/".encode() + below + b"/msg0000.txt"


def identity_of(text: bytes, sound: bytes) -> bytes:
    """Return the identity of a message; text: its .txt; sound: the digest of its other files."""
    found = _MSG_ID.search(text)
    return (found[1] if found else _NO_ID) + b"." + sound[:16].hex().encode()


def left_at(text: bytes) -> int | None:
    """Return when a message was left, seconds since 1970, as its .txt says; None where it does not."""
    found = _ORIGTIME.search(text)
    return int(found[1]) if found else None
