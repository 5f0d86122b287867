"""What the server's information_schema says of tables; every identifier that we ever use comes from here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.mysql.link import Link
from pbxsync_worker.datasets.mysql.values import Column, quoted

MARKER = "pbxsync_marker"
"""Our own table in each database: a row for every run that was written there and is not settled."""

BLOBS = "kvblobstore"
"""Where FreePBX keeps values of its key-value stores that are longer than 4096 bytes, by uuid."""

_ROLLS_BACK = "InnoDB"
_WRITES_AT_ONCE = frozenset({"MyISAM", "Aria"})
_STORES = ("kvstore_FreePBX_modules_", "kvstore_")


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger; event: INSERT, UPDATE or DELETE; body: what it does."""

    name: str
    event: str
    body: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a database.

    columns: in their order; unique: the columns of each unique index; next_number: None where it does not count.
    """

    name: str
    kind: str
    engine: str
    rows: int
    size: int
    columns: tuple[Column, ...]
    unique: tuple[tuple[str, ...], ...]
    triggers: tuple[Trigger, ...]
    next_number: int | None = None

    @property
    def quoted(self) -> bytes:
        """Return its name for use in a statement."""
        return quoted(self.name)

    @property
    def rolls_back(self) -> bool:
        """Tell whether a transaction covers it."""
        return self.engine == _ROLLS_BACK

    @property
    def unsupported(self) -> str:
        """Return why the table as such cannot be kept in step, "" where it can."""
        if self.kind != "BASE TABLE":
            return say("{name} is no table but a {lower}", name=self.name, lower=self.kind.lower())
        if not self.rolls_back and self.engine not in _WRITES_AT_ONCE:
            return say("{name} uses the storage engine {engine}", name=self.name, engine=self.engine)
        if self.name == MARKER:
            return say("{name} is a table of PBXSync", name=self.name)
        return say("the name of table {name} holds a %", name=self.name) if "%" in self.name else ""

    def column(self, name: str) -> Column | None:
        """Return a column by its name."""
        return next((one for one in self.columns if one.name == name), None)


def read_tables(link: Link, database: str, wanted: Sequence[str]) -> dict[str, Table]:
    """Return those of the wanted tables and views that exist, by name; four queries whatever their number."""
    if not wanted:
        return {}
    within = b"TABLE_SCHEMA = %s AND TABLE_NAME IN (" + b", ".join([b"%s"] * len(wanted)) + b")"
    values = [database.encode(), *(name.encode() for name in wanted)]
    columns: dict[str, list[Column]] = {}
    for row in link.rows(_COLUMNS + within + b" ORDER BY ORDINAL_POSITION", values):
        columns.setdefault(_text(row[0]), []).append(_column(row[1:]))
    unique: dict[str, dict[str, list[str]]] = {}
    for table, index, column in link.rows(_INDEXES + within + b" ORDER BY SEQ_IN_INDEX", values):
        unique.setdefault(_text(table), {}).setdefault(_text(index), []).append(_text(column))
    triggers: dict[str, list[Trigger]] = {}
    about = within.replace(b"TABLE_SCHEMA", b"EVENT_OBJECT_SCHEMA").replace(b"TABLE_NAME", b"EVENT_OBJECT_TABLE")
    for table, name, event, body in link.rows(_TRIGGERS + about, values):
        triggers.setdefault(_text(table), []).append(Trigger(_text(name), _text(event), _text(body)))
    found = {}
    for row in link.all(_TABLES + within, values):
        own = _text(row[0])
        indexes = tuple(tuple(one) for one in unique.get(own, {}).values())
        about_it = (_text(row[1]), _text(row[2]), _number(row[3]) or 0, _number(row[4]) or 0)
        ours = tuple(columns.get(own, ())), indexes, tuple(triggers.get(own, ()))
        found[own] = Table(own, *about_it, *ours, _number(row[5]))
    return found


def store_names(module: str) -> tuple[str, ...]:
    """Return what the key-value store of a FreePBX module may be called, the newer name first."""
    return tuple(prefix + module for prefix in _STORES)


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key: the child's columns name a row of the parent."""

    name: str
    child: str
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]

    @property
    def orphans(self) -> bytes:
        """Return the query that counts the rows of the child whose parent is missing."""
        pairs = list(zip(self.columns, self.parent_columns, strict=True))
        joined = b" AND ".join(b"p." + quoted(theirs) + b" = c." + quoted(ours) for ours, theirs in pairs)
        filled = b" AND ".join(b"c." + quoted(ours) + b" IS NOT NULL" for ours in self.columns)
        query = b"SELECT COUNT(*) FROM " + quoted(self.child) + b" AS c WHERE " + filled
        return query + b" AND NOT EXISTS (SELECT 1 FROM " + quoted(self.parent) + b" AS p WHERE " + joined + b")"


def foreign_keys(link: Link, database: str, tables: Mapping[str, Table]) -> tuple[ForeignKey, ...]:
    """Return the foreign keys within a database that begin or end at one of the tables."""
    found: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    for row in link.rows(_FOREIGN_KEYS, [database.encode(), database.encode()]):
        name, child, column, parent, theirs = (_text(one) for one in row)
        if child in tables or parent in tables:
            found.setdefault((child, name), []).append((column, parent, theirs))
    return tuple(
        ForeignKey(name, child, tuple(one[0] for one in parts), parts[0][1], tuple(one[2] for one in parts))
        for (child, name), parts in found.items()
    )


_TABLES = (
    b"SELECT TABLE_NAME, TABLE_TYPE, IFNULL(ENGINE, ''), TABLE_ROWS, DATA_LENGTH, AUTO_INCREMENT"
    b" FROM information_schema.TABLES WHERE "
)
_COLUMNS = (
    b"SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, CHARACTER_SET_NAME,"
    b" COLLATION_NAME, CHARACTER_MAXIMUM_LENGTH, CHARACTER_OCTET_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, EXTRA"
    b" FROM information_schema.COLUMNS WHERE "
)
_INDEXES = b"SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME FROM information_schema.STATISTICS WHERE NON_UNIQUE = 0 AND "
_TRIGGERS = (
    b"SELECT EVENT_OBJECT_TABLE, TRIGGER_NAME, EVENT_MANIPULATION, ACTION_STATEMENT"
    b" FROM information_schema.TRIGGERS WHERE "
)
_FOREIGN_KEYS = (
    b"SELECT CONSTRAINT_NAME, TABLE_NAME, COLUMN_NAME, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME"
    b" FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = %s AND REFERENCED_TABLE_SCHEMA = %s"
    b" AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY ORDINAL_POSITION"
)


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "surrogateescape")


def _number(value: bytes | None) -> int | None:
    return None if value is None else int(value)


def _column(row: Sequence[bytes | None]) -> Column:
    extra = _text(row[11]).upper()
    return Column(
        name=_text(row[0]),
        kind=_text(row[1]).lower(),
        full=_text(row[2]),
        nullable=row[3] == b"YES",
        default=None if row[4] is None else _text(row[4]),
        charset=_text(row[5]),
        collation=_text(row[6]),
        letters=_number(row[7]),
        octets=_number(row[8]),
        digits=_number(row[9]),
        scale=_number(row[10]),
        generated="GENERATED" in extra,
        auto_increment="AUTO_INCREMENT" in extra,
    )
