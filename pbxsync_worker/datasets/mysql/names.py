"""Names and contents of rows.

Name: `SQL/database/table/key`, where key holds the values of the key columns, each percent-encoded, joined by `,`. NULL
is `~`; a key that would be empty is `""`; a dot in front is encoded too, for `.` and `..` are no names. Of rows with
the same key the second is `key;2` and so on, sorted by the digest of their content. A key that would be too long for a
name is `!` and the BLAKE2b-256 of it in hex.

Content: the MessagePack of the tuple of (column, value) sorted by column; see values.py. The long values of a FreePBX
key-value store, which it keeps in a second table, are the columns `@content` and `@type` of their row.
"""

import re
from urllib.parse import quote_from_bytes, unquote_to_bytes

from pbxsync_worker.core import wire
from pbxsync_worker.core.model.dataset import SQL
from pbxsync_worker.core.model.errors import Invalid, PeerLied
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item, ItemKind, show_name

Fields = tuple[tuple[str, bytes | None], ...]
Key = tuple[bytes | None, ...]

LONGEST_KEY = 240
"""Bytes of the encoded key of a row in its name; with its number it stays within the 255 that a peer takes."""

_PLAIN = re.compile(rb"[A-Za-z0-9_.-]+")
_NUMBER = re.compile(rb"(.*?)(?:;([1-9][0-9]{0,8}))?", re.DOTALL)
_NULL = b"~"
_EMPTY = b'""'
_HASHED = b"!"


def encode_key(key: Key) -> bytes:
    """Return the part of a row's name that tells its key."""
    encoded = b",".join(_NULL if value is None else _encode(value) for value in key)
    if len(encoded) > LONGEST_KEY:
        return _HASHED + digest_of(encoded).hex().encode()
    if encoded.startswith(b"."):
        return b"%2E" + encoded[1:]
    return encoded or _EMPTY


def _encode(value: bytes) -> bytes:
    # Most keys are numbers and words: looked at once, not letter by letter.
    return value if _PLAIN.fullmatch(value) else quote_from_bytes(value, safe="").replace("~", "%7E").encode()


def decode_key(encoded: bytes, columns: int) -> Key | None:
    """Return the key of an encoded one, None where it is hashed; raise PeerLied for what `encode_key` never gives."""
    if encoded.startswith(_HASHED):
        return None
    parts = [b""] if encoded == _EMPTY else encoded.split(b",")
    key: Key = tuple(None if part == _NULL else unquote_to_bytes(part) for part in parts)
    if len(key) != columns or encode_key(key) != encoded:
        raise PeerLied(host="", reason=f"{show_name(encoded[:300])} is not the key of a row")
    return key


def numbered(encoded: bytes, position: int) -> bytes:
    """Return the key part of the row at a position, from 0, among those of the same key."""
    return encoded if position == 0 else encoded + b";%d" % (position + 1)


def split_number(encoded: bytes) -> tuple[bytes, int]:
    """Return the key part without its number, and the position."""
    match = _NUMBER.fullmatch(encoded)
    if match is None or match[2] == b"1":
        raise PeerLied(host="", reason=f"{show_name(encoded[:300])} is not the key of a row")
    return match[1], int(match[2] or 1) - 1


def split_name(name: bytes) -> tuple[str, str, bytes]:
    """Return database, table and key part of a row's name; raise PeerLied for one that names none."""
    parts = name.split(b"/")
    if len(parts) != 4 or parts[0] != SQL or not all(parts):
        raise PeerLied(host="", reason=f"{show_name(name[:300])} does not name a row")
    try:
        return parts[1].decode(), parts[2].decode(), parts[3]
    except UnicodeDecodeError as error:
        raise PeerLied(host="", reason=f"{show_name(name[:300])} does not name a row") from error


def row_item(name: bytes, content: bytes) -> Item:
    """Return the item of a row."""
    return Item(name, ItemKind.ROW, len(content), digest_of(content))


def decode_row(content: bytes) -> Fields:
    """Return the columns and values of a content; raise PeerLied for one that no honest host sends."""
    try:
        fields = wire.unpack(content, tuple[tuple[str, bytes | None], ...])
    except Invalid as error:
        raise PeerLied(host="", reason="the content of a row is malformed") from error
    names = [name for name, _ in fields]
    if names != sorted(set(names)) or wire.pack(fields) != content:
        raise PeerLied(host="", reason="the content of a row is malformed")
    return fields
