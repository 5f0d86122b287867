"""Names of what an SQLite database holds, `SQLITE/place/path/table/key`, to words."""

import struct
from contextlib import suppress
from urllib.parse import unquote_to_bytes

from flask_babel import gettext as _

from pbxsync_worker.core.model.dataset import PAGES, SCHEMA
from pbxsync_worker.core.model.item import show_name


def database_name(item: bytes) -> str:
    """Return `PLACE/path` of an item's database."""
    parts = item.split(b"/")
    return show_name(parts[1] + b"/" + unquote_to_bytes(parts[2])) if len(parts) > 2 else show_name(item)


def item_name(item: bytes) -> str:
    """Return `table key`, or what else of a database an item is."""
    parts = item.split(b"/")
    if len(parts) == 5:
        return f"{show_name(unquote_to_bytes(parts[3]))} {_key(parts[4])}"
    if parts[-1] == SCHEMA:
        return str(_("how %(database)s is built", database=database_name(item)))
    if parts[-1] == PAGES:
        return str(_("the whole database %(database)s", database=database_name(item)))
    return database_name(item)


def _key(encoded: bytes) -> str:
    if encoded.startswith(b"!"):
        return str(_("(a long key, %(digest)s)", digest=show_name(encoded[1:13])))
    plain, _semicolon, number = encoded.partition(b";")
    shown = ", ".join(_value(part) for part in plain.split(b","))
    return f"{shown} ({show_name(number)})" if number else shown


def _value(part: bytes) -> str:
    if part == b"~":
        return "NULL"
    if part.startswith(b"'"):
        return show_name(unquote_to_bytes(part[1:])) or '""'
    if part.startswith(b"r"):
        with suppress(ValueError, struct.error):
            return str(struct.unpack(">d", bytes.fromhex(part[1:].decode("ascii", "replace")))[0])
    return show_name(part)
