"""What this host is, as far as a dataset needs to know, and the gate between it and another host.

What cannot be learned is left out, never guessed; a dataset of files alone asks nobody.
"""

import re
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from pbxsync_worker.asterisk.facts import voicemail_format
from pbxsync_worker.asterisk.freepbx import FreePbx
from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.facts import GateFinding, HostFacts, Look, ModuleFacts, Setting, TableFacts
from pbxsync_worker.core.model.gate import RUN_BY, VOICEMAIL_MODULE, doubtful, fitted, gate, numbers, owner_of
from pbxsync_worker.core.model.ports import Clock, ConfigView
from pbxsync_worker.core.model.presets.tables import CONFIG
from pbxsync_worker.datasets.mysql import Link, Login
from pbxsync_worker.datasets.mysql.facts import looked_at, made_at, server_modes, table_facts
from pbxsync_worker.datasets.mysql.schema import Table, read_tables
from pbxsync_worker.sync.parts import Gate
from pbxsync_worker.wiring.restored import Restored

CODECS = ("codec2", "g722", "g726", "g729a", "gsm", "ilbc", "opus", "silk", "siren14", "siren7", "speex")
"""Codecs that a module of Asterisk brings; the others are always there."""

TOLD = ("AMPEXTENSIONS", "MIXMON_FORMAT")
"""Settings whose value another host may know."""

_SETTINGS = "freepbx_settings"
_LANGUAGE = re.compile(r"[a-z]{2}(_[A-Z]{2})?")
_PEOPLE = frozenset({"users", "devices"})

Running = Callable[[Collection[str]], tuple[str, frozenset[str] | None]]
"""Modules of Asterisk -> its version, and which of them it runs; ("", None) where it does not tell."""


class Telling(Protocol):
    """A source that can be asked what it is."""

    def facts(self, dataset: Dataset, ours: HostFacts, look: Look = ()) -> HostFacts:
        """Return its facts for a dataset; ours: what need not travel where it has the same; look: columns."""
        ...


@dataclass(frozen=True, slots=True)
class OwnFacts:
    """The facts of this host; sounds: the folder with a folder for each language."""

    name: Callable[[], str]
    asterisk: Running
    freepbx: FreePbx | None
    databases: Callable[[], Mapping[str, Login]]
    config: Callable[[], ConfigView]
    sounds: Path
    clock: Clock

    def of(self, dataset: Dataset, look: Look = ()) -> HostFacts:
        """Return what a dataset needs to know; raise DatabaseSilent, DatabaseRefused. Its clock says seconds here.

        look: columns whose values are looked at.
        """
        if not _is_gated(dataset):
            return HostFacts(self.name(), clock=self.clock.now())
        names = {one.table for one in dataset.tables}
        known = self._doing(self._rows(dataset, HostFacts(self.name()), look))
        known = self._asterisk(names, known, boxes=bool(dataset.boxes))
        if names & _PEOPLE or dataset.boxes:
            known = replace(known, voicemail_format=voicemail_format(self.config()))
        if names:
            known = replace(known, languages=self._languages())
        return replace(known, clock=self.clock.now())

    def _asterisk(self, names: Collection[str], known: HostFacts, *, boxes: bool) -> HostFacts:
        wanted = {RUN_BY[name] for name in names if name in RUN_BY}
        wanted |= {"chan_sip.so"} if "devices" in names else set()
        wanted |= {VOICEMAIL_MODULE} if boxes else set()
        codecs = {f"codec_{name}.so": name for name in CODECS} if names else {}
        version, runs = self.asterisk(sorted({*wanted, *codecs}))
        if runs is None:
            return replace(known, asterisk=version)
        has = frozenset(name for module, name in codecs.items() if module in runs)
        return replace(known, asterisk=version, loaded=runs, codecs=has)

    def _doing(self, known: HostFacts) -> HostFacts:
        if self.freepbx is None:
            return known
        doing = self.freepbx.activity()
        version = known.freepbx or self.freepbx.detect().version
        return replace(
            known, freepbx=version, reloading=doing.reloading, restoring=doing.restoring, upgrading=doing.upgrading
        )

    def _rows(self, dataset: Dataset, known: HostFacts, look: Look) -> HostFacts:
        databases = self.databases()
        if CONFIG not in databases:
            return known
        with closing(Link(databases[CONFIG])) as link:
            own = FreePbxRows(link, read_tables(link, databases[CONFIG].database, FreePbxRows.TABLES))
            modes, letters = server_modes(link)
            return replace(
                own.learned(dataset, known),
                tables=_looked_at(link, databases, dataset, look),
                made=made_at(link, databases[CONFIG].database),
                sql_mode=modes,
                lower_case_table_names=letters,
            )

    def _languages(self) -> frozenset[str]:
        folders = self.sounds.iterdir() if self.sounds.is_dir() else ()
        return frozenset(one.name for one in folders if _LANGUAGE.fullmatch(one.name) and one.is_dir())


def _looked_at(link: Link, databases: Mapping[str, Login], dataset: Dataset, look: Look) -> tuple[TableFacts, ...]:
    tables = table_facts(link, databases, dataset.tables)
    wanted: dict[tuple[str, str], set[str]] = {}
    for database, table, column in look:
        wanted.setdefault((database, table), set()).add(column)
    known = HostFacts("", tables=tables)
    for (database, table), names in wanted.items():
        specs = [one for one in dataset.tables if (one.database, one.table) == (database, table)]
        found = known.table(specs[0]) if specs else None
        if found is not None:
            seen = looked_at(link, databases[database], found, specs, names)
            tables = tuple(seen if one is found else one for one in tables)
    return tables


@dataclass(frozen=True, slots=True)
class FreePbxRows:
    """What FreePBX notes about itself in its tables; those, or columns of them, that are not there tell nothing."""

    TABLES = ("admin", "modules", _SETTINGS, "devices", "trunks")

    link: Link
    tables: Mapping[str, Table] = field(repr=False)

    def learned(self, dataset: Dataset, known: HostFacts) -> HostFacts:
        """Return the facts with what the tables tell."""
        noted = {one[0]: one[1] for one in self._all("admin", "variable", "value")}
        owners = {owner_of(one) for one in dataset.tables}
        enabled = self._all("modules", "modulename", "version", "enabled")
        return replace(
            known,
            freepbx=noted.get("version", ""),
            need_reload=noted.get("need_reload") == "true",
            modules=tuple(ModuleFacts(one[0], one[1], one[2] == "1") for one in enabled if one[0] in owners),
            technologies=self._technologies(dataset),
            settings=self._settings(whole=any(one.table == _SETTINGS for one in dataset.tables)),
        )

    def _settings(self, *, whole: bool) -> tuple[Setting, ...]:
        """Return the settings: all of them where they travel, and no value that is nobody's business."""
        rows = self._all(_SETTINGS, "keyword", "value", "type", "options") or [
            (*row, "", "") for row in self._all(_SETTINGS, "keyword", "value")
        ]
        return tuple(
            Setting(keyword, kind, options, value if keyword in TOLD else "")
            for keyword, value, kind, options in rows
            if whole or keyword in TOLD
        )

    def _technologies(self, dataset: Dataset) -> frozenset[str]:
        asked = {"devices", "trunks"} & {one.table for one in dataset.tables}
        return frozenset(row[0] for table in sorted(asked) for row in self._all(table, "tech"))

    def _all(self, name: str, *columns: str) -> list[tuple[str, ...]]:
        table = self.tables.get(name)
        found = [table.column(one) for one in columns] if table is not None else []
        if table is None or None in found:
            return []
        fields = b", ".join(one.read(table.quoted) for one in found if one is not None)
        rows = self.link.all(b"SELECT DISTINCT " + fields + b" FROM " + table.quoted)
        return [tuple((value or b"").decode("utf-8", "replace") for value in row) for row in rows]


@dataclass(frozen=True, slots=True)
class Beside:
    """What the gate needs beside the facts; raise_to: takes the source's next numbers; past: of the job."""

    raise_to: Callable[[Mapping[bytes, int]], None] = lambda _: None
    past: Restored | None = None


def gate_to(link: Telling, own: OwnFacts, beside: Beside | None = None) -> Gate:
    """Return the gate between the source behind a link and this host."""
    more = beside or Beside()

    def between(dataset: Dataset) -> tuple[tuple[GateFinding, ...], Dataset]:
        if not _is_gated(dataset):
            return (), dataset
        ours = own.of(dataset)
        theirs = link.facts(dataset, ours)
        # The source looks at its clock last of all, so only the way of its answer lies between.
        apart = theirs.clock - own.clock.now()
        look = doubtful(dataset, theirs, ours)
        if look:
            theirs = link.facts(dataset, ours, look)
        if more.past is not None:
            ours = replace(ours, restored=more.past.since("target", ours.made, ours.clock))
            theirs = replace(theirs, restored=more.past.since("source", theirs.made, theirs.clock))
        ours, theirs = replace(ours, clock=0.0), replace(theirs, clock=apart)
        more.raise_to(numbers(dataset, theirs, ours))
        return gate(dataset, theirs, ours), fitted(dataset, theirs, ours)

    return between


def _is_gated(dataset: Dataset) -> bool:
    return bool(dataset.tables or dataset.families or dataset.boxes)
