"""Which thing of the PBX a changed item belongs to, and as what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import ASTDB, COLLECT, MESSAGES, SQL, SQLITE, VOICEMAIL
from pbxsync_worker.core.model.item import show_name
from pbxsync_worker.core.model.words.files import NAMED, kind_of_file
from pbxsync_worker.core.model.words.kinds import FAMILIES, KINDS, TABLES, Belongs
from pbxsync_worker.core.model.words.names import Key, below, key_of, table_of

Row = Mapping[str, str | None]
"""A row, key or mailbox as columns and text; a key has the one column `value`."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A change with its contents as far as they are known; None: unknown, or not there."""

    change: Change
    old: Row | None = None
    new: Row | None = None

    @property
    def title(self) -> Row:
        """Return the content that tells what it is called: as it will be, else as it was."""
        return self.new or self.old or {}


class Place(NamedTuple):
    """Where a change belongs: the kind and the id of its thing, what of it it is, and how its row belongs.

    many: how many things it stands for.
    """

    kind: str
    id: str
    detail: str = ""
    row: Belongs | None = None
    many: int = 1

    @property
    def is_head(self) -> bool:
        """Tell whether the thing comes and goes with this row."""
        return self.row is not None and bool(self.row.title) and self.row.kind == self.kind


OTHER = "other"
TABLE = "table "
FAMILY = "family "
_STORE = "kvstore:"
_TRUNK = "tr-"
_STATES = frozenset(name for name, one in KINDS.items() if one.state)


def place_of(seen: Seen) -> Place:
    """Return where a change belongs; what nobody knows belongs to `other`, by its table or family."""
    name = seen.change.name
    head = name.partition(b"/")[0]
    if head == SQL:
        return _row(table_of(name), key_of(name), seen.title)
    if head == ASTDB:
        return _key(below(name, ASTDB))
    if head == VOICEMAIL:
        return Place("mailbox", below(name, VOICEMAIL)[-1])
    if head == MESSAGES:
        return Place("message", name.hex())
    if head == COLLECT:
        return _records(seen.change)
    if head == SQLITE:
        return Place(OTHER, TABLE + show_name(name.rpartition(b"/")[0]))
    item = seen.change.after or seen.change.before
    if item is None or b"/" not in name:
        return Place(OTHER, "items")
    kind = kind_of_file(item) if head.startswith(b"AST") else OTHER
    return Place(kind, show_name(name).partition("/")[2] if kind in NAMED else name.hex())


def _records(change: Change) -> Place:
    """Return what a chunk of collected records is: as many records as it has more than before."""
    table = show_name(change.name).split("/")[2:3]
    kind = table[0] if table and table[0] in KINDS else "records"
    old, new = (
        int.from_bytes(dict(side.attributes.xattrs or ()).get(_ROWS, b"")[:8], "big") if side else 0
        for side in (change.before, change.after)
    )
    return Place(kind, change.name.hex(), many=max(new - old, 0))


_ROWS = b"user.rows"
"""Where a chunk of collected records tells their number, in 8 bytes."""


def _row(table: str, key: Key, title: Row) -> Place:
    if table.startswith(_STORE):
        return Place("module", table.removeprefix(_STORE), key[-1] or "" if key else "", _STORED)
    belongs = TABLES.get(table)
    if belongs is None:
        return Place(OTHER, TABLE + table)
    names = (title.get(belongs.column),) if belongs.column else key[belongs.at : belongs.at + 1]
    if not names or names[0] is None:
        return Place(OTHER, TABLE + table)
    identity = names[0]
    if table == "incoming":
        identity = " / ".join(one for one in key if one)
    detail = key[belongs.keyword] or "" if belongs.keyword and len(key) > belongs.keyword else ""
    if identity.startswith(_TRUNK):
        return Place("trunk", identity.rpartition("-")[2], detail, belongs)
    return Place(belongs.kind, identity, detail, belongs)


_STORED = Belongs("module", keyword=1, value="val")


def _key(parts: tuple[str, ...]) -> Place:
    family, rest = parts[0], parts[1:]
    if not rest:
        return Place(OTHER, FAMILY + family)
    if family in _STATES:
        return Place(family, rest[0].removeprefix("C") if family == "DAYNIGHT" else rest[0])
    if family == "blacklist":
        return Place("blacklist", "/".join(rest))
    if (family, rest[0]) == ("CM", "speeddial"):
        return Place("speeddial", "/".join(rest[1:]))
    kind = FAMILIES.get(family)
    if kind is None:
        return Place(OTHER, FAMILY + family)
    return Place(kind, rest[0], "/".join(rest[1:]))


def names_a_thing(name: bytes) -> bool:
    """Tell whether an item is a row that says what a thing is called."""
    belongs = TABLES.get(table_of(name))
    return belongs is not None and bool(belongs.title)


def called(seen: Seen) -> tuple[tuple[str, str], str] | None:
    """Return what a row of this host says a thing is called, None where it names none."""
    place = place_of(seen)
    title = seen.title.get(place.row.title) if place.row is not None and place.is_head else None
    return ((place.kind, place.id), title) if title else None


def naming_rows(seen: Iterable[Seen], names: Iterable[bytes]) -> list[bytes]:
    """Return which rows of a host say what those changing things are called whose own row is not among the changes."""
    places = [place_of(one) for one in seen]
    wanted = {place[:2] for place in places} - {place[:2] for place in places if place.is_head}
    kinds = {kind for kind, _ in wanted}
    heads = {table.encode() for table, belongs in TABLES.items() if belongs.title and belongs.kind in kinds}
    return [name for name in names if _table(name) in heads and _row(table_of(name), key_of(name), {})[:2] in wanted]


def _table(name: bytes) -> bytes:
    parts = name.split(b"/", 3)
    return parts[2] if parts[0] == SQL and len(parts) > 3 else b""
