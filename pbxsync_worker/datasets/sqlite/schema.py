"""How a database is built: its tables, their keys, and whether its rows can travel one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pbxsync_worker.core import wire
from pbxsync_worker.core.model.dataset import SqliteSet, sqlite_part
from pbxsync_worker.core.model.errors import Invalid, PeerLied, Unsupported
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.sqlite.link import Link
from pbxsync_worker.datasets.sqlite.values import Fields, Key, Value, encode_key, reads, value_of

MARKER = "pbxsync_marker"
_ROWIDS = ("rowid", "_rowid_", "oid")
_COMPUTED = (2, 3)
"""`hidden` of generated columns in PRAGMA table_xinfo."""

_LONGEST_PART = 255
_CODECS = {"UTF-16le": "utf-16-le", "UTF-16be": "utf-16-be"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column; key: its position in the primary key, from 1; 0 where it is no part of it."""

    name: str
    type: str
    key: int


@dataclass(frozen=True)
class Table:
    """A table.

    rowid: a name by which its hidden row number can be read, "" where it has none; codec: what decodes its text, "" for
    UTF-8.
    """

    name: str
    columns: tuple[Column, ...]
    rowid: str
    without_rowid: bool
    codec: str = ""

    @property
    def quoted(self) -> str:
        """Return the table for a statement."""
        return f"main.{quoted(self.name)}"

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Return the columns that name a row; of a table without a primary key the hidden row number."""
        declared = sorted((one for one in self.columns if one.key), key=lambda one: one.key)
        return tuple(one.name for one in declared) or (self.rowid,)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the columns that travel, sorted."""
        own = (one.name for one in self.columns)
        return tuple(sorted({*own, *self.keys}))

    @cached_property
    def fields(self) -> str:
        """Return what is read of a row, the hidden row number at its end."""
        last = quoted(self.rowid) if self.rowid else "NULL"
        return ", ".join([*(reads(quoted(name)) for name in self.names), last])

    def fields_of(self, row: Sequence[Any]) -> Fields:
        """Return the fields of a row that was read by `fields`."""
        found = []
        for at, name in enumerate(self.names):
            kind, scalar = value_of(row[2 * at], row[2 * at + 1])
            if self.codec and kind == "t":
                scalar = self._as_utf8(name, row[2 * at + 1])
            found.append((name, kind, scalar))
        return tuple(found)

    def bound(self, value: Value) -> object:
        """Return what is bound for a value; raise Unsupported for text that a database in UTF-16 cannot hold."""
        kind, scalar = value
        if not self.codec or kind != "t" or not isinstance(scalar, bytes):
            return scalar
        try:
            return scalar.decode()
        except UnicodeDecodeError as error:
            reason = "its text is no valid UTF-8, and this database is in UTF-16"
            raise Unsupported(what=say("Writing into table {name}", name=self.name), reason=reason) from error

    def _as_utf8(self, column: str, text: bytes) -> bytes:
        try:
            return text.decode(self.codec).encode()
        except UnicodeError as error:
            reason = f"a text in its column {column} is no valid {self.codec}"
            raise Unsupported(what=say("Reading table {name}", name=self.name), reason=reason) from error

    def key_of(self, fields: Fields) -> Key:
        """Return the key of a row."""
        given = {name: (kind, scalar) for name, kind, scalar in fields}
        return tuple(given[name] for name in self.keys)

    def key_part(self, fields: Fields) -> bytes:
        """Return the part of its name that tells the key of a row."""
        return encode_key(self.key_of(fields))


@dataclass(frozen=True, slots=True)
class Built:
    """What two hosts must have alike; the encoding only where all of it travels as one.

    objects: (type, name, SQL) of everything, where all of it travels as one.
    """

    encoding: str
    application: int
    version: int
    whole: bool
    tables: tuple[Table, ...]
    objects: tuple[tuple[str, str, str], ...] = ()

    def content(self) -> bytes:
        """Return what travels as the content of `!schema`."""
        tables = tuple(_Told.of(one) for one in sorted(self.tables, key=lambda one: one.name))
        encoding = self.encoding if self.whole else ""
        return wire.pack(_Built(encoding, self.application, self.version, self.whole, tables, self.objects))

    def table(self, name: bytes) -> Table | None:
        """Return a table by its real name."""
        return next((one for one in self.tables if one.name.encode() == name), None)


@dataclass(frozen=True, slots=True)
class _Told:
    name: str
    columns: tuple[Column, ...]
    without_rowid: bool

    @classmethod
    def of(cls, table: Table) -> "_Told":
        columns = sorted((Column(one.name, one.type.upper(), one.key) for one in table.columns), key=_by_name)
        return cls(table.name, tuple(columns), table.without_rowid)


@dataclass(frozen=True, slots=True)
class _Built:
    encoding: str
    application: int
    version: int
    whole: bool
    tables: tuple[_Told, ...]
    objects: tuple[tuple[str, str, str], ...]


def differences(ours: bytes, theirs: bytes) -> str:
    """Say how two contents of `!schema` differ; raise PeerLied for what is none."""
    try:
        here, there = wire.unpack(ours, _Built), wire.unpack(theirs, _Built)
    except Invalid as error:
        raise PeerLied(host="", reason="the description of a database is malformed") from error
    return "; ".join(_differences(here, there)) or "it is described otherwise"


def _differences(here: _Built, there: _Built) -> Iterator[str]:
    settings = {
        "encoding": (here.encoding, there.encoding),
        "application_id": (here.application, there.application),
        "user_version": (here.version, there.version),
    }
    for label, (mine, other) in settings.items():
        if mine != other:
            yield f"{label} is {other} on the source and {mine} here"
    if here.whole != there.whole:
        yield "it travels by rows on one host only"
    ours, theirs = {one.name: one for one in here.tables}, {one.name: one for one in there.tables}
    both = sorted(ours.keys() & theirs.keys())
    yield from (f"only the source has table {name}" for name in sorted(theirs.keys() - ours.keys()))
    yield from (f"only this host has table {name}" for name in sorted(ours.keys() - theirs.keys()))
    yield from (f"table {name} has other columns" for name in both if ours[name] != theirs[name])
    changed = sorted({one[1] for one in set(here.objects) ^ set(there.objects)} - (ours.keys() ^ theirs.keys()))
    if changed:
        yield f"otherwise defined: {', '.join(changed[:5])}"


def read_built(link: Link, spec: SqliteSet) -> Built:
    """Read how a database is built; raise Unsupported where neither its rows nor all of it can travel."""
    try:
        kinds = {_text(row[1]): row for row in link.all("PRAGMA main.table_list") if row[2] != b"view"}
        tables = [_table(link, name, row) for name, row in kinds.items() if _is_selected(spec, name)]
        objects = _objects(link)
    except UnicodeDecodeError as error:
        raise Unsupported(
            what=say("The database {name}", name=link.name), reason=say("a name in it is no text")
        ) from error
    reasons = [reason for one in tables if (reason := _no_rows(one, kinds[one.name][2], objects))]
    if reasons and not spec.takes_all:
        raise Unsupported(
            what=say("Selecting tables of {name}", name=link.name),
            reason=say("all of it has to travel: {reasons}", reasons=reasons[0]),
        )
    whole = spec.whole or bool(reasons)
    if whole and not spec.takes_all:
        raise Unsupported(what=say("Selecting tables of {name}", name=link.name), reason=say("it travels as a whole"))
    encoding = _text(link.one("PRAGMA encoding"))
    application, version = int(link.one("PRAGMA application_id")), int(link.one("PRAGMA user_version"))
    mine = tuple((kind, name, sql) for kind, name, _, sql in objects) if whole else ()
    return Built(encoding, application, version, whole, tuple(tables), mine)


def table_named(link: Link, name: bytes) -> Table | None:
    """Return one table whose rows can travel, None where there is none of this name."""
    kinds = {row[1]: row for row in link.all("PRAGMA main.table_list") if row[2] == b"table"}
    if name not in kinds or name.startswith(b"sqlite_") or name == MARKER.encode():
        return None
    table = _table(link, name.decode(), kinds[name])
    return table if table.columns and all(table.keys) else None


def _is_selected(spec: SqliteSet, name: str) -> bool:
    return not name.startswith("sqlite_") and name != MARKER and spec.takes(name.encode())


def _table(link: Link, name: str, row: Sequence[object]) -> Table:
    if row[2] != b"table":
        return Table(name, (), "", without_rowid=False)
    found = link.all(f"PRAGMA main.table_xinfo({quoted(name)})")
    columns = tuple(Column(_text(one[1]), _text(one[2]), int(one[5])) for one in found if one[6] not in _COMPUTED)
    taken = {_text(one[1]).lower() for one in found}
    without = bool(row[4])
    rowid = "" if without else next((one for one in _ROWIDS if one not in taken), "")
    return Table(name, columns, rowid, without, _CODECS.get(_text(link.one("PRAGMA encoding")), ""))


def _objects(link: Link) -> tuple[tuple[str, str, str, str], ...]:
    rows = link.all("SELECT type, name, tbl_name, sql FROM main.sqlite_master WHERE sql IS NOT NULL")
    found = (tuple(_text(one) for one in row) for row in rows)
    return tuple(sorted((one[0], one[1], one[2], one[3]) for one in found if one[2] != MARKER))


def _no_rows(table: Table, kind: bytes, objects: Sequence[tuple[str, str, str, str]]) -> str:
    """Return why rows of a table cannot travel one by one, "" where they can."""
    if kind != b"table":
        return f"{table.name} is a virtual table, or belongs to one"
    if any(one[0] == "trigger" and one[2].lower() == table.name.lower() for one in objects):
        return f"{table.name} has a trigger"
    if not table.rowid and not table.without_rowid:
        return f"the row numbers of {table.name} are hidden by its columns"
    too_long = len(sqlite_part(table.name.encode())) > _LONGEST_PART
    return f"the name of table {table.name[:50]} is too long" if too_long else ""


def quoted(name: str) -> str:
    """Return an identifier for a statement."""
    return '"' + name.replace('"', '""') + '"'


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _by_name(column: Column) -> str:
    return column.name
