"""Mailboxes as items `VOICEMAIL/context/box`, whose content is the value of their line."""

from pbxsync_worker.core.model.dataset import VOICEMAIL
from pbxsync_worker.core.model.errors import PeerLied
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind, show_name
from pbxsync_worker.core.model.ports import Content
from pbxsync_worker.core.model.voicemail import is_box, is_value

_HEAD = VOICEMAIL + b"/"
_LONGEST = 8000
"""What Asterisk reads of one line is 8191 bytes."""


def text_of(data: bytes) -> str:
    """Decode a file or a value; nothing is lost."""
    return data.decode("utf-8", "surrogateescape")


def data_of(text: str) -> bytes:
    """Encode what `text_of` decoded."""
    return text.encode("utf-8", "surrogateescape")


def has_name(box: str) -> bool:
    """Tell whether `context/box` can be an item name."""
    context, _, number = box.partition("/")
    parts = (context, number)
    usable = all(part not in (".", "..") and not part.startswith(".pbxsync-") for part in parts)
    return usable and is_box(context, number) and all(len(data_of(part)) <= 255 for part in parts)


def item_of(box: str, value: str) -> Item:
    """Return the item of a mailbox with this value."""
    data = data_of(value)
    return Item(_HEAD + data_of(box), ItemKind.BOX, len(data), digest_of(data))


def box_of(name: bytes) -> str:
    """Return `context/box` of an item name; raise PeerLied for one that no honest host sends."""
    box = text_of(name.removeprefix(_HEAD))
    if not name.startswith(_HEAD) or not has_name(box):
        raise PeerLied(host="", reason=f"{show_name(name[:300])} is not the name of a mailbox")
    return box


def check_item(item: Item) -> None:
    """Raise PeerLied for an item that cannot be a mailbox."""
    box_of(item.name)
    if item.kind is not ItemKind.BOX or item.attributes != Attributes() or item.size > _LONGEST:
        raise PeerLied(host="", reason=f"{item.text} is not a mailbox")


def same(item: Item | None, box: str, value: str | None) -> bool:
    """Tell whether a value, or its absence, is what an item says."""
    if item is None or value is None:
        return item is None and value is None
    return item == item_of(box, value)


def announced(item: Item, content: Content) -> str:
    """Return the content of an item; raise PeerLied where it is another, or cannot stand in one line."""
    data = bytearray()
    for piece in content:
        data += piece
        if len(data) > item.size:
            break
    if len(data) != item.size or digest_of(bytes(data)) != item.content:
        raise PeerLied(host="", reason=f"{item.text} is not what was announced")
    value = text_of(bytes(data))
    if not is_value(value):
        raise PeerLied(host="", reason=f"{item.text} has a value that cannot stand in one line")
    return value
