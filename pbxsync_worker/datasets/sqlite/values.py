"""Values of SQLite as they travel, with their storage class: NULL, integer, real, text and blob, each exact.

A value is a pair of a letter (n, i, r, t, b) and None, a number, or bytes. Text is bytes too: of a database in UTF-8
as they are, so that what is no valid text stays what it is; of one in UTF-16 decoded and encoded anew.
"""

import re
import struct
from urllib.parse import quote_from_bytes, unquote_to_bytes

from pbxsync_worker.core import wire
from pbxsync_worker.core.model.errors import Invalid, PeerLied
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import show_name

Scalar = int | float | bytes | None
Value = tuple[str, Scalar]
Fields = tuple[tuple[str, str, Scalar], ...]
"""The columns of a row, sorted by name: name, letter, value."""

Key = tuple[Value, ...]

LONGEST_KEY = 200
"""Bytes of the encoded key of a row in its name; a longer one is told by its digest."""

_KINDS = {b"null": "n", b"integer": "i", b"real": "r", b"text": "t", b"blob": "b"}
_TYPES: dict[str, type] = {"n": type(None), "i": int, "r": float, "t": bytes, "b": bytes}
_INTEGER = re.compile(rb"0|-?[1-9][0-9]{0,18}")
_NULL, _HASHED, _TEXT, _REAL, _BLOB = b"~", b"!", b"'", b"r", b"x"
_NUMBER = re.compile(rb"(.*?)(?:;([1-9][0-9]{0,8}))?", re.DOTALL)


def reads(column: str) -> str:
    """Return what reads a column exactly: its storage class and its bytes; `column` is quoted."""
    return f"typeof({column}), CASE typeof({column}) WHEN 'text' THEN CAST({column} AS BLOB) ELSE {column} END"


def value_of(kind: bytes, scalar: Scalar) -> Value:
    """Return a value that was read by `reads`."""
    return _KINDS[kind], scalar


def bound(value: Value) -> str:
    """Return what stands for a value in a statement; text is told apart from a blob by a cast, without affinity."""
    return "+CAST(? AS TEXT)" if value[0] == "t" else "?"


def encode_key(key: Key) -> bytes:
    """Return the part of a row's name that tells its key."""
    encoded = b",".join(_encode(value) for value in key)
    return _HASHED + digest_of(encoded).hex().encode() if len(encoded) > LONGEST_KEY else encoded


def _encode(value: Value) -> bytes:
    kind, scalar = value
    if isinstance(scalar, int):
        return b"%d" % scalar
    if isinstance(scalar, float):
        return _REAL + struct.pack(">d", scalar).hex().encode()
    if scalar is None:
        return _NULL
    return _TEXT + quote_from_bytes(scalar, safe="").encode() if kind == "t" else _BLOB + scalar.hex().encode()


def decode_key(encoded: bytes, columns: int) -> Key | None:
    """Return the key of an encoded one, None where it is hashed; raise PeerLied for what `encode_key` never gives."""
    if encoded.startswith(_HASHED):
        return None
    try:
        key = tuple(_decode(part) for part in encoded.split(b","))
    except ValueError as error:
        raise _no_key(encoded) from error
    if len(key) != columns or encode_key(key) != encoded:
        raise _no_key(encoded)
    return key


def _decode(part: bytes) -> Value:
    mark, rest = part[:1], part[1:]
    if part == _NULL:
        return "n", None
    if mark == _TEXT:
        return "t", unquote_to_bytes(rest)
    if mark == _BLOB:
        return "b", bytes.fromhex(rest.decode("ascii"))
    if mark == _REAL:
        data = bytes.fromhex(rest.decode("ascii"))
        return "r", float(struct.unpack(">d", data)[0]) if len(data) == 8 else 0.0
    if not _INTEGER.fullmatch(part) or not _fits(int(part)):
        raise ValueError
    return "i", int(part)


def _fits(number: int) -> bool:
    return -(2**63) <= number < 2**63


def numbered(encoded: bytes, position: int) -> bytes:
    """Return the key part of the row at a position, from 0, among those of the same key (NULL is in many rows)."""
    return encoded if position == 0 else encoded + b";%d" % (position + 1)


def split_number(encoded: bytes) -> tuple[bytes, int]:
    """Return the key part without its number, and the position."""
    match = _NUMBER.fullmatch(encoded)
    if match is None or match[2] == b"1":
        raise _no_key(encoded)
    return match[1], int(match[2] or 1) - 1


def _no_key(encoded: bytes) -> PeerLied:
    return PeerLied(host="", reason=f"{show_name(encoded[:300])} is not the key of a row")


def encode_row(fields: Fields) -> bytes:
    """Return the content of a row."""
    return wire.pack(fields)


def decode_row(content: bytes) -> Fields:
    """Return the fields of a content; raise PeerLied for one that no honest host sends."""
    try:
        fields = wire.unpack(content, tuple[tuple[str, str, int | float | bytes | None], ...])
    except Invalid as error:
        raise _malformed() from error
    names = [name for name, _, _ in fields]
    if names != sorted(set(names)) or not all(_is_value(kind, scalar) for _, kind, scalar in fields):
        raise _malformed()
    if wire.pack(fields) != content:
        raise _malformed()
    return fields


def _is_value(kind: str, scalar: Scalar) -> bool:
    right = kind in _TYPES and type(scalar) is _TYPES[kind]
    if isinstance(scalar, float):
        return right and scalar == scalar  # noqa: PLR0124 - NaN is no value of SQLite
    return right and (not isinstance(scalar, int) or _fits(scalar))


def _malformed() -> PeerLied:
    return PeerLied(host="", reason="the content of a row is malformed")
