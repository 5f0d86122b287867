"""What two hosts say of themselves before anything is compared: versions, tables, settings, what is going on."""

from dataclasses import dataclass, replace
from enum import StrEnum

from pbxsync_worker.core.model.dataset import TableSet
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.presets.tables import store_names

Look = tuple[tuple[str, str, str], ...]
"""Columns whose values must be looked at: (database, table, column) as the dataset names them."""


class GateLevel(StrEnum):
    """What a finding means for the run."""

    REFUSE = "refuse"  # it cannot be done between these hosts
    HOLD = "hold"  # a person must look first
    WARN = "warn"  # told, and done
    MAP = "map"  # done in another way, which is told


@dataclass(frozen=True, slots=True)
class GateFinding:
    """One thing the gate says; about: host, module, table, column or setting."""

    level: GateLevel
    about: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table as `information_schema` tells it, and what its values need.

    length: characters or bytes, None where the type has none; collation: "" for none; longest: length of the longest
    value, None where nobody looked; nulls: some value is NULL; non_ascii: some value has other letters.
    """

    name: str
    type: str
    length: int | None = None
    nullable: bool = True
    default: str | None = None
    collation: str = ""
    longest: int | None = None
    nulls: bool = True
    non_ascii: bool = True


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table under its real name; unique: the columns of each unique index; auto_increment: the next number."""

    database: str
    name: str
    columns: tuple[Column, ...]
    unique: frozenset[tuple[str, ...]] = frozenset()
    auto_increment: int | None = None

    def column(self, name: str) -> Column | None:
        """Return a column, None where there is none."""
        return next((one for one in self.columns if one.name == name), None)


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """A module of FreePBX."""

    name: str
    version: str
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Setting:
    """A keyword of `freepbx_settings` with what it may hold."""

    keyword: str
    type: str
    options: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class HostFacts:
    """One host.

    freepbx: version of its framework, "" for none; loaded: of Asterisk's modules (`name.so`) those that the dataset
    needs, None where not known;
    technologies: of its devices and trunks; sql_mode, lower_case_table_names: of its database server;
    voicemail_format: of voicemail.conf; need_reload: somebody changed something and has not applied it; restored: a
    restore has happened since the last run; clock: seconds ahead of the other host; numbers: the next numbers of
    `tables`, sorted by name, where those themselves are left out; made: since when three quarters of all tables of
    FreePBX exist (seconds since 1970, its own clock), 0 where that is not known.
    """

    name: str
    freepbx: str = ""
    asterisk: str = ""
    modules: tuple[ModuleFacts, ...] = ()
    loaded: frozenset[str] | None = None
    technologies: frozenset[str] = frozenset()
    tables: tuple[TableFacts, ...] = ()
    sql_mode: frozenset[str] = frozenset()
    lower_case_table_names: int = 0
    settings: tuple[Setting, ...] = ()
    voicemail_format: str = ""
    languages: frozenset[str] = frozenset()
    codecs: frozenset[str] = frozenset()
    need_reload: bool = False
    reloading: bool = False
    restoring: bool = False
    upgrading: bool = False
    restored: bool = False
    clock: float = 0.0
    numbers: tuple[int | None, ...] = ()
    made: float = 0.0

    @property
    def lasting(self) -> bytes:
        """Return the digest of what changes seldom, and is the same on most hosts of a group."""
        tables = sorted((one.database, one.name, one.columns, sorted(one.unique)) for one in self.tables)
        whole = (tables, sorted(self.modules, key=repr), sorted(self.settings, key=repr))
        return digest_of(repr(whole).encode("utf-8", "surrogateescape"))

    @property
    def counted(self) -> tuple[int | None, ...]:
        """Return the next numbers of the tables, sorted by name."""
        return tuple(one.auto_increment for one in sorted(self.tables, key=_name_of))

    def without_lasting(self) -> "HostFacts":
        """Return the facts without what `lasting` is about."""
        return replace(self, tables=(), modules=(), settings=(), numbers=self.counted)

    def with_lasting_of(self, other: "HostFacts") -> "HostFacts":
        """Return the facts with what `lasting` is about taken from another host; its tables count as these say."""
        ordered = sorted(other.tables, key=_name_of)
        tables = tuple(replace(one, auto_increment=number) for one, number in zip(ordered, self.numbers, strict=False))
        return replace(self, tables=tables, modules=other.modules, settings=other.settings, numbers=())

    def module(self, name: str) -> ModuleFacts | None:
        """Return a module of FreePBX, None where it is not installed."""
        return next((one for one in self.modules if one.name == name), None)

    def table(self, wanted: TableSet) -> TableFacts | None:
        """Return the real table that a dataset means, None where there is none."""
        names = store_names(wanted.table)
        here = (one for one in self.tables if one.database == wanted.database)
        return next((one for one in here if one.name in names), None)

    def setting(self, keyword: str) -> Setting | None:
        """Return a setting, None where there is none."""
        return next((one for one in self.settings if one.keyword == keyword), None)

    def value(self, keyword: str) -> str:
        """Return the value of a setting, "" where there is none."""
        found = self.setting(keyword)
        return "" if found is None else found.value


def _name_of(table: TableFacts) -> tuple[str, str]:
    return table.database, table.name
