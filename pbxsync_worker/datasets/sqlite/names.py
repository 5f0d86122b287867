"""Names of what a database holds: `SQLITE/place/path/table/key`, `.../!schema` and `.../!pages`.

Path and table are one part each, percent-encoded. A key holds the values of the key columns, joined by `,`: a number
as it is, text after `'` and percent-encoded, a blob in hex after `x`, a real as its eight bytes in hex after `r`, NULL
as `~`; a key that would be too long is `!` and its BLAKE2b-256 in hex.
"""

from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from pbxsync_worker.core.model.dataset import PAGES, SCHEMA, SQLITE, Place, sqlite_part
from pbxsync_worker.core.model.errors import PeerLied
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind, show_name

_PLACES = {place.value.encode(): place for place in Place}
_KINDS = {SCHEMA: ItemKind.SCHEMA, PAGES: ItemKind.DATABASE}


@dataclass(frozen=True, slots=True)
class Name:
    """An item's name taken apart; table: SCHEMA, PAGES or the real name of a table; key: b"" for the first two."""

    place: Place
    path: str
    base: bytes
    table: bytes
    key: bytes

    @property
    def kind(self) -> ItemKind:
        """Return what an item of this name is."""
        return ItemKind.ROW if self.key else _KINDS[self.table]


def split_name(name: bytes) -> Name:
    """Take a name apart; raise PeerLied for one that no honest host sends."""
    parts = name.split(b"/")
    if parts[0] != SQLITE or len(parts) not in (4, 5) or not all(parts) or parts[1] not in _PLACES:
        raise _no_name(name)
    path, table = unquote_to_bytes(parts[2]), unquote_to_bytes(parts[3])
    meta = len(parts) == 4
    right = parts[3] in _KINDS if meta else sqlite_part(table) == parts[3]
    if not right or sqlite_part(path) != parts[2] or not is_path(path):
        raise _no_name(name)
    base = b"/".join((*parts[:3], b""))
    text = path.decode("utf-8", "surrogateescape")
    return Name(_PLACES[parts[1]], text, base, table, b"" if meta else parts[4])


def is_path(path: bytes) -> bool:
    """Tell whether a path stays below its place."""
    return b"\0" not in path and all(
        part not in (b"", b".", b"..") and not part.startswith(b".pbxsync-") for part in path.split(b"/")
    )


def table_base(base: bytes, table: str) -> bytes:
    """Return what the names of a table's rows begin with."""
    return base + sqlite_part(table.encode()) + b"/"


def item_of(name: bytes, kind: ItemKind, content: bytes) -> Item:
    """Return the item of this content."""
    return Item(name, kind, len(content), digest_of(content))


def check_item(item: Item) -> Name:
    """Return the parts of an item's name; raise PeerLied for an item that cannot be."""
    name = split_name(item.name)
    if item.kind is not name.kind or item.attributes != Attributes():
        raise PeerLied(host="", reason=f"{item.text} is not what its name says")
    return name


def _no_name(name: bytes) -> PeerLied:
    return PeerLied(host="", reason=f"{show_name(name[:300])} names nothing in a database")
