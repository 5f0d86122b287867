"""One thing of a PBX's state: a file, directory or link; later a row or an AstDB key."""

from dataclasses import dataclass, replace
from enum import StrEnum


class ItemKind(StrEnum):
    """What an item is; the values travel and are stored, so they never change."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    KEY = "key"  # one AstDB key; its content is the value
    BOX = "box"  # one mailbox of voicemail.conf; its content is the value of its line
    MESSAGE = "message"  # one voicemail message; its content is all of its files
    ROW = "row"  # one row of a table; its content is the columns and values that travel
    RECORDS = "records"  # some records of a table that is only added to; its content is all of them
    DATABASE = "database"  # all pages of an SQLite database that travels as a whole
    SCHEMA = "schema"  # how an SQLite database is built


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a file has beside its content; a field that the dataset does not keep is None.

    mode: permission bits; owner, group: names, or "#<number>" where a number has no name; mtime_ns: nanoseconds
    since 1970; xattrs: sorted (name, value) pairs, POSIX ACLs among them.
    """

    mode: int | None = None
    owner: str | None = None
    group: str | None = None
    mtime_ns: int | None = None
    xattrs: tuple[tuple[bytes, bytes], ...] | None = None


NO_ATTRIBUTES = Attributes()


@dataclass(frozen=True, slots=True)
class Item:
    """One item as one host has it.

    name: `PLACE/relative/path`, bytes as the file system has them, `ASTDB/family/key`,
    `VOICEMAIL/context/box`, `MESSAGES/context/box/identity`, `SQL/database/table/key` or
    `SQLITE/place/path/table/key`; size: bytes of content; content: BLAKE2b-256 of the file's bytes, the
    link's target, the key's or mailbox's value, the row's encoding or the message's files, b"" for a directory.
    """

    name: bytes
    kind: ItemKind
    size: int
    content: bytes
    attributes: Attributes = NO_ATTRIBUTES

    @property
    def text(self) -> str:
        """Return the name for people: undecodable bytes escaped, control characters visible."""
        return show_name(self.name)

    def same_content(self, other: "Item") -> bool:
        """Tell whether both have the same kind and the same bytes, whatever their attributes."""
        return self.kind == other.kind and self.content == other.content

    def with_attributes(self, attributes: Attributes) -> "Item":
        """Return the same item with other attributes."""
        return replace(self, attributes=attributes)


def show_name(name: bytes) -> str:
    r"""Return a name that is safe to print: bytes that are not UTF-8, and control characters, as \\xNN."""
    text = name.decode("utf-8", "surrogateescape")
    return text if text.isprintable() else "".join(_visible(char) for char in text)


def _visible(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return char if char.isprintable() else f"\\x{code:02x}"
