"""A named selection of PBX state: which files of which places travel, and what is kept of each."""

from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import quote_from_bytes, unquote_to_bytes

from pbxsync_worker.core.model.pattern import matcher


class DeletePolicy(StrEnum):
    """What happens on the target to an item that the source does not have."""

    NEVER = "never"  # it stays
    KNOWN = "known"  # it goes only if an earlier run brought it
    MIRROR = "mirror"  # it goes


class Place(StrEnum):
    """A folder that every PBX has somewhere; each host resolves it by itself (its asterisk.conf), a peer never."""

    ETC = "ASTETCDIR"
    VARLIB = "ASTVARLIBDIR"
    SPOOL = "ASTSPOOLDIR"
    DATA = "ASTDATADIR"
    LOG = "ASTLOGDIR"  # for databases only: its files belong to this host


FILE_PLACES = tuple(place for place in Place if place is not Place.LOG)
"""The places whose files can travel."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Which attributes belong to the items of a file set; what is not kept is neither compared nor changed."""

    mode: bool = True
    owner: bool = True
    mtime: bool = True
    xattrs: bool = False


@dataclass(frozen=True, slots=True)
class FileSet:
    """Files below one place.

    path: folder below the place, "" for the place itself. Patterns are matched against the path below that folder:
    `*` and `?` stay within one name, `**` crosses folders, `{a,b}` offers a choice. Excludes win over includes.
    """

    place: Place
    path: str = ""
    include: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()
    delete: DeletePolicy = DeletePolicy.KNOWN
    keep: Keep = Keep()

    @property
    def base(self) -> bytes:
        """Return the item name of the folder this set is about."""
        return f"{self.place}/{self.path}".rstrip("/").encode("utf-8", "surrogateescape")

    def selects(self, name: bytes) -> bool:
        """Tell whether an item name belongs to this set, by its patterns."""
        below = name[len(self.base) + 1 :]
        inside = name.startswith(self.base + b"/") and bool(below)
        return inside and matcher(self.include)(below) and not matcher(self.exclude)(below)


ASTDB = b"ASTDB"
"""Where the names of AstDB keys begin: `ASTDB/family/key`."""


@dataclass(frozen=True, slots=True)
class FamilySet:
    """Keys of one AstDB family.

    family: its first part, such as `CF` or `AMPUSER`; keys: a pattern for what follows, `*` within one part, `**`
    across parts.
    """

    family: str
    keys: str = "**"
    delete: DeletePolicy = DeletePolicy.MIRROR

    def selects(self, name: bytes) -> bool:
        """Tell whether an item name belongs to this set."""
        base = ASTDB + b"/" + self.family.encode() + b"/"
        return name.startswith(base) and matcher((self.keys,))(name[len(base) :])


VOICEMAIL = b"VOICEMAIL"
"""Where the names of mailboxes begin: `VOICEMAIL/context/box`."""


@dataclass(frozen=True, slots=True)
class BoxSet:
    """Mailboxes of voicemail.conf, each with its PIN, name, e-mail and options.

    context, box: patterns for the two parts of a mailbox's name.
    """

    context: str = "*"
    box: str = "*"
    delete: DeletePolicy = DeletePolicy.MIRROR

    def selects(self, name: bytes) -> bool:
        """Tell whether an item name belongs to this set."""
        head, _, rest = name.partition(b"/")
        return head == VOICEMAIL and matcher((f"{self.context}/{self.box}",))(rest)


MESSAGES = b"MESSAGES"
"""Where the names of voicemail messages begin: `MESSAGES/context/box/identity`."""


@dataclass(frozen=True, slots=True)
class MessageSet:
    """Voicemail messages of some mailboxes, whatever their numbers and folders.

    context, box: patterns for the two parts of a mailbox's name.
    """

    context: str = "*"
    box: str = "*"
    delete: DeletePolicy = DeletePolicy.KNOWN

    def selects(self, name: bytes) -> bool:
        """Tell whether an item name belongs to this set."""
        head, _, rest = name.partition(b"/")
        return head == MESSAGES and matcher((f"{self.context}/{self.box}/*",))(rest)


SQL = b"SQL"
"""Where the names of rows begin: `SQL/database/table/key`."""

COLLECT = b"COLLECT"
"""Where the names of collected records begin: `COLLECT/database/table/origin/chunk`."""


class Match(StrEnum):
    """How a column is compared; a filter is data, never SQL text."""

    IN = "in"
    NOT_IN = "not in"
    LIKE = "like"
    NOT_LIKE = "not like"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on the rows of a table; LIKE and NOT_LIKE take one value, with SQL's `%` and `_`."""

    column: str
    match: Match
    values: tuple[str, ...]


class RowPolicy(StrEnum):
    """What a run may do with the rows of a table."""

    MIRROR = "mirror"  # insert, update and, by the delete policy, delete
    UPDATE = "update"  # change rows that both hosts have; never insert or delete
    COLLECT = "collect"  # insert what is missing; never update or delete


@dataclass(frozen=True, slots=True)
class TableSet:
    """Rows of one table.

    database: a name that each host resolves by itself, "asterisk" or "asteriskcdrdb"; table: its name, or
    `kvstore:Module` for the key-value store of a FreePBX module, whose real name each host finds; key: the columns
    that name a row; rows: conditions that all hold; columns: only these beside the key, () for all; drop: columns
    that never travel; optional: a host that lacks the table is fine; by: the column, a time or a number that counts up,
    that cuts a large table of which records are only collected, "" for a table that is compared row by row.
    """

    database: str
    table: str
    key: tuple[str, ...]
    rows: tuple[Condition, ...] = ()
    columns: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    policy: RowPolicy = RowPolicy.MIRROR
    delete: DeletePolicy = DeletePolicy.MIRROR
    optional: bool = False
    by: str = ""

    @property
    def collected(self) -> bool:
        """Tell whether its items are chunks of records, not rows."""
        return self.policy is RowPolicy.COLLECT and bool(self.by)

    @property
    def base(self) -> bytes:
        """Return what the names of its items begin with."""
        return (COLLECT if self.collected else SQL) + f"/{self.database}/{self.table}/".encode()

    def selects(self, name: bytes) -> bool:
        """Tell whether an item name is of this table; whether a row meets the conditions only the host can tell."""
        return name.startswith(self.base) and len(name) > len(self.base)


SQLITE = b"SQLITE"
"""Where the names of what an SQLite database holds begin: `SQLITE/place/path/table/key`."""

SCHEMA = b"!schema"
"""In place of a table: how the database is built; only databases that are built alike are kept in step."""

PAGES = b"!pages"
"""In place of a table: all pages of a database that travels as a whole."""


@dataclass(frozen=True, slots=True)
class SqliteSet:
    """One SQLite database.

    path: its file below the place; include, exclude: patterns for the names of tables, excludes win; whole: all of it
    travels as one, not by rows; so do databases whose rows cannot (docs/decisions/0010).
    """

    place: Place
    path: str
    include: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()
    delete: DeletePolicy = DeletePolicy.MIRROR
    whole: bool = False

    @property
    def file(self) -> bytes:
        """Return the path of the database as an item name would say it: `PLACE/path`."""
        return f"{self.place}/{self.path}".encode("utf-8", "surrogateescape")

    @property
    def base(self) -> bytes:
        """Return what the names of its items begin with."""
        path = sqlite_part(self.path.encode("utf-8", "surrogateescape"))
        return b"/".join((SQLITE, self.place.value.encode(), path, b""))

    @property
    def takes_all(self) -> bool:
        """Tell whether every table is selected."""
        return not self.exclude and "**" in self.include

    def takes(self, table: bytes) -> bool:
        """Tell whether a table is selected, by its real name."""
        return matcher(self.include)(table) and not matcher(self.exclude)(table)

    def selects(self, name: bytes) -> bool:
        """Tell whether an item name belongs to this set."""
        if not name.startswith(self.base):
            return False
        table, slash, key = name[len(self.base) :].partition(b"/")
        if not slash:
            return table in (SCHEMA, PAGES)
        return bool(key) and self.takes(unquote_to_bytes(table))

    def delete_policy(self, name: bytes) -> DeletePolicy:
        """Return what happens to an item of this set that the source does not have.

        A database that is gone there shows as a change, which is refused: absent is not empty.
        """
        return DeletePolicy.MIRROR if name[len(self.base) :] in (SCHEMA, PAGES) else self.delete


def sqlite_part(text: bytes) -> bytes:
    """Return a path or a table's name as one part of an item name: percent-encoded, also a dot in front."""
    encoded = quote_from_bytes(text, safe="").encode()
    return b"%2E" + encoded[1:] if encoded.startswith(b".") else encoded


@dataclass(frozen=True, slots=True)
class Dataset:
    """A named selection; the digest of its definition is what two hosts agree on before they compare."""

    name: str
    title: str
    file_sets: tuple[FileSet, ...] = ()
    families: tuple[FamilySet, ...] = ()
    tables: tuple[TableSet, ...] = ()
    boxes: tuple[BoxSet, ...] = ()
    databases: tuple[SqliteSet, ...] = ()
    messages: tuple[MessageSet, ...] = ()

    @property
    def places(self) -> frozenset[str]:
        """Return where its items lie: places, `ASTDB`, `SQL`, `COLLECT` and so on; what a policy opens or not."""
        found = {one.place.value for one in self.file_sets} | {one.place.value for one in self.databases}
        found |= {SQLITE.decode()} if self.databases else set()
        found |= {ASTDB.decode()} if self.families else set()
        found |= {VOICEMAIL.decode()} if self.boxes else set()
        found |= {MESSAGES.decode()} if self.messages else set()
        return frozenset(found | {(COLLECT if one.collected else SQL).decode() for one in self.tables})

    def delete_policy(self, name: bytes) -> DeletePolicy:
        """Return what happens to an item that the source does not have; NEVER for one that is not selected."""
        table = next((one for one in self.tables if one.selects(name)), None)
        if table is not None:
            return table.delete if table.policy is RowPolicy.MIRROR else DeletePolicy.NEVER
        chosen: tuple[FamilySet | BoxSet | MessageSet, ...] = (*self.families, *self.boxes, *self.messages)
        found = next((one for one in chosen if one.selects(name)), None)
        if found is not None:
            return found.delete
        database = next((one for one in self.databases if one.selects(name)), None)
        if database is not None:
            return database.delete_policy(name)
        file_set = self.file_set_of(name)
        return DeletePolicy.NEVER if file_set is None else file_set.delete

    def with_deletes(self, policy: DeletePolicy) -> "Dataset":
        """Return the dataset with one policy for everything."""
        file_sets = tuple(replace(one, delete=policy) for one in self.file_sets)
        families = tuple(replace(one, delete=policy) for one in self.families)
        tables = tuple(replace(one, delete=policy) for one in self.tables)
        boxes = tuple(replace(one, delete=policy) for one in self.boxes)
        databases = tuple(replace(one, delete=policy) for one in self.databases)
        messages = tuple(replace(one, delete=policy) for one in self.messages)
        files = replace(self, file_sets=file_sets, databases=databases, messages=messages)
        return replace(files, families=families, tables=tables, boxes=boxes)

    def concerns(self, name: bytes) -> bool:
        """Tell whether an item belongs to this dataset, or is a folder that leads to one."""
        chosen: tuple[FamilySet | TableSet | BoxSet | SqliteSet | MessageSet, ...]
        chosen = (*self.families, *self.tables, *self.boxes, *self.databases, *self.messages)
        return self.file_set_of(name) is not None or any(one.selects(name) for one in chosen)

    def file_set_taking(self, name: bytes) -> FileSet | None:
        """Return the first file set whose patterns take an item."""
        return next((one for one in self.file_sets if one.selects(name)), None)

    def file_set_of(self, name: bytes) -> FileSet | None:
        """Return the first file set that an item, or the folder leading to it, belongs to."""
        near = [one for one in self.file_sets if name == one.base or name.startswith(one.base + b"/")]
        return next((one for one in near if one.selects(name)), near[0] if near else None)
