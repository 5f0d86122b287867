"""Names of items taken apart: keys of rows, families of AstDB, places of files; see model.item for their form."""

import re
from urllib.parse import unquote_to_bytes

from pbxsync_worker.core.model.dataset import SQL
from pbxsync_worker.core.model.item import show_name

Key = tuple[str | None, ...]

_NUMBER = re.compile(rb"(.*?)(?:;[1-9][0-9]{0,8})?", re.DOTALL)
_HASHED = b"!"


def table_of(name: bytes) -> str:
    """Return the table of a row, without its database."""
    parts = name.split(b"/", 3)
    return show_name(parts[2]) if parts[0] == SQL and len(parts) > 3 else ""


def key_of(name: bytes) -> Key:
    """Return the key of a row as text, None for NULL; () where the name holds only its digest."""
    parts = name.split(b"/", 3)
    if parts[0] != SQL or len(parts) < 4 or parts[3].startswith(_HASHED):
        return ()
    match = _NUMBER.fullmatch(parts[3])
    encoded = match[1] if match else parts[3]
    return ("",) if encoded == b'""' else tuple(_value(one) for one in encoded.split(b","))


def sqlite_key_of(name: bytes) -> Key:
    """Return the key of a row of an SQLite database as text; () where the name holds only its digest, or no key."""
    parts = name.split(b"/", 4)
    if len(parts) < 5 or parts[4].startswith(_HASHED):
        return ()
    match = _NUMBER.fullmatch(parts[4])
    return tuple(_value(one.removeprefix(b"'")) for one in (match[1] if match else parts[4]).split(b","))


def _value(encoded: bytes) -> str | None:
    return None if encoded == b"~" else show_name(unquote_to_bytes(encoded))


def below(name: bytes, head: bytes) -> tuple[str, ...]:
    """Return the parts of a name below its head: family and key of `ASTDB/family/key`."""
    return tuple(show_name(name[len(head) + 1 :]).split("/"))
