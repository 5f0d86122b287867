"""What stands between two hosts before any row is touched: refuse, hold, warn or do it in another way; pure.

The steps are in the order in which they are checked. `fitted` gives the dataset that is left after what the gate maps.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from pbxsync_worker.core.model.dataset import Condition, Dataset, Match, RowPolicy, TableSet
from pbxsync_worker.core.model.facts import GateFinding, GateLevel, HostFacts, Look, ModuleFacts
from pbxsync_worker.core.model.fit import doubts, fit
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.presets.tables import CONFIG, RECORDS, TABLES
from pbxsync_worker.core.model.sentence import say

CLOCK_SECONDS = 2.0
"""How far two clocks may be apart: windows of call records depend on them."""

CONFIG_FAMILIES = frozenset({"AMPUSER", "DEVICE", "TRUNK", "RINGGROUP", "CONFERENCE", "QPENALTY", "paging"})
"""AstDB families that are configuration of FreePBX; the others are feature state."""

RUN_BY = {
    "devices": "res_pjsip.so",
    "pjsip": "res_pjsip.so",
    "queues_config": "app_queue.so",
    "voicemail_admin": "app_voicemail.so",
    "music": "res_musiconhold.so",
    "meetme": "app_confbridge.so",
    "parkplus": "res_parking.so",
}
"""Which module of Asterisk runs what a table describes."""

VOICEMAIL_MODULE = "app_voicemail.so"
"""What runs the mailboxes of voicemail.conf."""

MOST_LOOKS = 1000
"""Columns that are looked at; where more are in doubt, the rest is as if it did not fit."""

_SETTINGS = "freepbx_settings"
_BAD_NOTICES = (("retrieve_conf", "XTNCONFLICT"), ("retrieve_conf", "BADDEST"))


def gate(dataset: Dataset, source: HostFacts, target: HostFacts) -> tuple[GateFinding, ...]:
    """Compare two hosts for one dataset; nothing found means: go."""
    findings = [*_framework(dataset, source, target)]
    if not findings:
        for step in (_asterisk, _modules, _server, _tables, _stores, _settings, _modes):
            findings += step(dataset, source, target)
    for step in (_busy, _numbers, _clocks):
        findings += step(dataset, source, target)
    return tuple(findings)


def stops(findings: Iterable[GateFinding]) -> bool:
    """Tell whether a run may not go on by itself."""
    return any(one.level in (GateLevel.REFUSE, GateLevel.HOLD) for one in findings)


def doubtful(dataset: Dataset, source: HostFacts, target: HostFacts) -> Look:
    """Return the columns of the source whose values decide; few, and only where two tables are not alike."""
    found: list[tuple[str, str, str]] = []
    for table in dataset.tables:
        there, here = source.table(table), target.table(table)
        if there is not None and here is not None and not _skipped(table, source, target):
            found += [(table.database, table.table, name) for name in doubts(table, there, here)]
    return tuple(dict.fromkeys(found))[:MOST_LOOKS]


def fitted(dataset: Dataset, source: HostFacts, target: HostFacts) -> Dataset:
    """Return the dataset without the tables, columns and settings that the gate maps away."""
    tables = (_fitted(one, source, target) for one in dataset.tables)
    return replace(dataset, tables=tuple(one for one in tables if one is not None))


def regenerated(before: Iterable[tuple[str, str]], after: Iterable[tuple[str, str]]) -> tuple[GateFinding, ...]:
    """Judge what FreePBX said while it wrote its files; (module, id) of its notifications before and after."""
    new = set(after) - set(before)
    found = [notice for notice in _BAD_NOTICES if notice in new]
    sentences = {
        "XTNCONFLICT": say("FreePBX found extensions that collide"),
        "BADDEST": say("FreePBX found destinations that lead nowhere"),
    }
    return tuple(GateFinding(GateLevel.REFUSE, "/".join(notice), sentences[notice[1]]) for notice in found)


def fingerprint(dataset: Dataset, facts: HostFacts) -> bytes:
    """Return a digest of everything the gate depends on at one host: a change means that it must look again."""
    shapes = [(one.table, _shape(one, facts)) for one in sorted(dataset.tables, key=lambda table: table.base)]
    modules = sorted((one.name, one.version, one.enabled) for one in facts.modules)
    whole = (facts.freepbx, facts.asterisk, modules, sorted(facts.sql_mode), facts.lower_case_table_names, shapes)
    return digest_of(repr(whole).encode("utf-8", "surrogateescape"))


def _shape(table: TableSet, facts: HostFacts) -> object:
    found = facts.table(table)
    if found is None:
        return None
    columns = [(one.name, one.type, one.length, one.nullable, one.default, one.collation) for one in found.columns]
    return found.name, columns, sorted(found.unique)


def _config_tables(dataset: Dataset) -> tuple[TableSet, ...]:
    return tuple(one for one in dataset.tables if one.database == CONFIG)


def _is_config(dataset: Dataset) -> bool:
    return bool(_config_tables(dataset) or dataset.boxes) or any(
        one.family in CONFIG_FAMILIES for one in dataset.families
    )


def _major(version: str) -> str:
    found = re.match(r"\D*(\d+)", version)
    return "" if found is None else found[1]


def _numbered(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _framework(dataset: Dataset, source: HostFacts, target: HostFacts) -> Iterator[GateFinding]:
    """Step 1: the same major version of FreePBX, where the dataset holds its configuration."""
    without = [host.name for host in (source, target) if not host.freepbx]
    if _config_tables(dataset) and without:
        for name in without:
            sentence = say("{host} has no FreePBX, and the dataset holds rows of it", host=name)
            yield GateFinding(GateLevel.REFUSE, name, sentence)
    elif _is_config(dataset) and _major(source.freepbx) != _major(target.freepbx):
        sentence = say(
            "FreePBX is {theirs} on {source}, {ours} on {target}: only files, call records, feature state may travel",
            theirs=source.freepbx or "-", ours=target.freepbx or "-", source=source.name, target=target.name,
        )  # fmt: skip
        yield GateFinding(GateLevel.REFUSE, target.name, sentence)


def _asterisk(dataset: Dataset, source: HostFacts, target: HostFacts) -> Iterator[GateFinding]:
    """Step 2: Asterisk's version, and the modules that run what arrives."""
    if source.asterisk and target.asterisk and _major(source.asterisk) != _major(target.asterisk):
        sentence = say("Asterisk is {theirs} there and {ours} here", theirs=source.asterisk, ours=target.asterisk)
        yield GateFinding(GateLevel.WARN, target.name, sentence)
    if source.loaded is None or target.loaded is None:
        return
    needed = {RUN_BY[one.table] for one in dataset.tables if one.table in RUN_BY}
    needed |= {VOICEMAIL_MODULE} if dataset.boxes or dataset.messages else set()
    for module in sorted((needed & source.loaded) - target.loaded):
        yield GateFinding(GateLevel.REFUSE, module, say("Asterisk does not run {module} on the target", module=module))
    if "sip" in source.technologies and "chan_sip.so" not in target.loaded and _names(dataset, "devices"):
        sentence = say("The source has chan_sip devices, and the target cannot run them")
        yield GateFinding(GateLevel.HOLD, "chan_sip.so", sentence)


def _names(dataset: Dataset, table: str) -> bool:
    return any(one.table == table for one in dataset.tables)


def owner_of(table: TableSet) -> str:
    """Return the module of FreePBX that a table belongs to, "" where that is not known."""
    known = TABLES.get(table.table)
    return known.module if known else table.table.removeprefix("kvstore:").lower() if ":" in table.table else ""


def _lacking(module: str, source: HostFacts, target: HostFacts) -> str:
    """Return the name of the host where a module is not installed and enabled, "" where both have it."""
    for host in (target, source):
        found = host.module(module)
        if found is None or not found.enabled:
            return host.name
    return ""


def _modules(dataset: Dataset, source: HostFacts, target: HostFacts) -> Iterator[GateFinding]:
    """Step 3: every module of the dataset, enabled on both hosts, and not older on the target."""
    owners = dict.fromkeys(owner_of(one) for one in _config_tables(dataset))
    for name in owners:
        if not name:
            continue
        lacking = _lacking(name, source, target)
        if lacking:
            sentence = say(
                "The module {module} is not in use on {host}: its tables are skipped", module=name, host=lacking
            )
            yield GateFinding(GateLevel.MAP, name, sentence)
            continue
        theirs, ours = (host.module(name) or ModuleFacts(name, "") for host in (source, target))
        if _numbered(ours.version) < _numbered(theirs.version):
            sentence = say(
                "The module {module} is older here: {ours}, there {theirs}",
                module=name, ours=ours.version, theirs=theirs.version,
            )  # fmt: skip
            yield GateFinding(GateLevel.REFUSE, name, sentence)
        elif ours.version != theirs.version:
            sentence = say(
                "The module {module} is {ours} here and {theirs} there: its tables were compared",
                module=name, ours=ours.version, theirs=theirs.version,
            )  # fmt: skip
            yield GateFinding(GateLevel.WARN, name, sentence)


def _server(dataset: Dataset, source: HostFacts, target: HostFacts) -> Iterator[GateFinding]:
    """Step 4, first half: both database servers treat values and names alike."""
    if not dataset.tables:
        return
    if source.sql_mode != target.sql_mode:
        sentence = say("The SQL mode differs: {modes}", modes=", ".join(sorted(source.sql_mode ^ target.sql_mode)))
        yield GateFinding(GateLevel.HOLD, "sql_mode", sentence)
    if source.lower_case_table_names != target.lower_case_table_names:
        sentence = say("The database servers write names of tables in another way")
        yield GateFinding(GateLevel.HOLD, "lower_case_table_names", sentence)


def _skipped(table: TableSet, source: HostFacts, target: HostFacts) -> bool:
    owner = owner_of(table) if table.database == CONFIG else ""
    return bool(owner) and _lacking(owner, source, target) != ""


def _tables(dataset: Dataset, source: HostFacts, target: HostFacts) -> Iterator[GateFinding]:
    """Step 4, second half: every table has the same shape."""
    for table in dataset.tables:
        if _skipped(table, source, target):
            continue
        there, here = source.table(table), target.table(table)
        if there is not None and here is not None:
            yield from fit(table, there, here)
            continue
        where, name = target.name if here is None else source.name, f"{table.database}.{table.table}"
        sentence = say("{host} has no table {table}", host=where, table=name)
        # A table that the source lacks is not an empty one: nothing is removed because of it.
        level = GateLevel.MAP if table.optional or there is None else GateLevel.REFUSE
        yield GateFinding(level, name, sentence)


def _stores(dataset: Dataset, source: HostFacts, target: HostFacts) -> Iterator[GateFinding]:
    """Step 5: the key-value store of a module may have another name on each host."""
    for table in dataset.tables:
        there, here = source.table(table), target.table(table)
        if there is not None and here is not None and there.name != here.name:
            sentence = say("{theirs} is called {ours} here", theirs=there.name, ours=here.name)
            yield GateFinding(GateLevel.MAP, f"{table.database}.{table.table}", sentence)


def _settings(dataset: Dataset, source: HostFacts, target: HostFacts) -> Iterator[GateFinding]:
    """Step 6: settings that the target has, and that may hold the same."""
    if not _names(dataset, _SETTINGS):
        return
    for keyword in _unlike(source, target):
        sentence = say("The setting {keyword} is not known here, or may hold other values: it stays", keyword=keyword)
        yield GateFinding(GateLevel.MAP, keyword, sentence)


def _unlike(source: HostFacts, target: HostFacts) -> tuple[str, ...]:
    here = {one.keyword: (one.type, one.options) for one in target.settings}
    return tuple(one.keyword for one in source.settings if here.get(one.keyword) != (one.type, one.options))


def _modes(dataset: Dataset, source: HostFacts, target: HostFacts) -> Iterator[GateFinding]:
    """Step 8: what must mean the same on both hosts although it does not travel."""
    mode = source.value("AMPEXTENSIONS")
    people = _names(dataset, "users") or _names(dataset, "devices")
    if people and mode != target.value("AMPEXTENSIONS"):
        sentence = say("One host has extensions, the other devices and users: they cannot be brought together")
        yield GateFinding(GateLevel.REFUSE, "AMPEXTENSIONS", sentence)
    elif people and mode == "deviceanduser":
        sentence = say("Who is logged in at which device stays as it is here; a new device has nobody logged in")
        yield GateFinding(GateLevel.WARN, "AMPEXTENSIONS", sentence)
    if (people or dataset.boxes or dataset.messages) and source.voicemail_format != target.voicemail_format:
        sentence = say("Voicemail is recorded in other formats here: greetings and messages may stay silent")
        yield GateFinding(GateLevel.WARN, "voicemail.conf", sentence)
    if source.value("MIXMON_FORMAT") != target.value("MIXMON_FORMAT"):
        yield GateFinding(GateLevel.WARN, "MIXMON_FORMAT", say("Calls are recorded in another format here"))
    for what, lacking in (
        ("languages", source.languages - target.languages),
        ("codecs", source.codecs - target.codecs),
    ):
        if lacking:
            sentence = say("This host lacks: {names}", names=", ".join(sorted(lacking)))
            yield GateFinding(GateLevel.WARN, what, sentence)


def _busy(dataset: Dataset, source: HostFacts, target: HostFacts) -> Iterator[GateFinding]:
    """Step 9: nobody else is changing either host."""
    for host in (target, source):
        going_on = (
            (host.restoring, say("A restore is running on {host}", host=host.name)),
            (
                host.restored,
                say("{host} was restored from a backup: compare everything before it is used", host=host.name),
            ),
            (host.upgrading, say("Modules are being changed on {host}", host=host.name)),
            (host.reloading, say("FreePBX is applying its configuration on {host}", host=host.name)),
            (
                host.need_reload and _is_config(dataset),
                say("Somebody changed {host} and has not applied it yet", host=host.name),
            ),
        )
        yield from (GateFinding(GateLevel.HOLD, host.name, sentence) for busy, sentence in going_on if busy)


def numbers(dataset: Dataset, source: HostFacts, target: HostFacts) -> dict[bytes, int]:
    """Return the next number of the source, where it is ahead of the target's, by how the rows' names begin."""
    found: dict[bytes, int] = {}
    for table in dataset.tables:
        there, here = source.table(table), target.table(table)
        if table.policy is not RowPolicy.MIRROR or there is None or here is None or _skipped(table, source, target):
            continue
        if there.auto_increment is not None and here.auto_increment is not None:
            found |= {table.base: there.auto_increment} if here.auto_increment < there.auto_increment else {}
    return found


def _numbers(dataset: Dataset, source: HostFacts, target: HostFacts) -> Iterator[GateFinding]:
    """Step 10: numbers that the target gives by itself must not collide with those that arrive."""
    raised = numbers(dataset, source, target)
    for table in dataset.tables:
        if table.base in raised:
            name = f"{table.database}.{table.table}"
            sentence = say(
                "The next number of {table} is raised to {number} when rows change",
                table=name, number=raised.pop(table.base),
            )  # fmt: skip
            yield GateFinding(GateLevel.MAP, name, sentence)


def _clocks(dataset: Dataset, source: HostFacts, target: HostFacts) -> Iterator[GateFinding]:
    """Step 11: both clocks tell the same time."""
    apart = abs(source.clock - target.clock)
    if apart > CLOCK_SECONDS:
        records = any(one.database == RECORDS for one in dataset.tables)
        level = GateLevel.HOLD if records else GateLevel.WARN
        sentence = say("The clocks of both hosts are {seconds} seconds apart", seconds=round(apart, 1))
        yield GateFinding(level, target.name, sentence)


def _fitted(table: TableSet, source: HostFacts, target: HostFacts) -> TableSet | None:
    there, here = source.table(table), target.table(table)
    if there is None or here is None or _skipped(table, source, target):
        return None
    if table.collected:
        return table  # the target takes the columns that it has; another selection would be read anew
    different = {one.name for one in there.columns} ^ {one.name for one in here.columns}
    if different - set(table.drop):
        table = replace(table, drop=tuple(sorted({*table.drop, *different})))
    keywords = _unlike(source, target) if table.table == _SETTINGS else ()
    return replace(table, rows=(*table.rows, Condition("keyword", Match.NOT_IN, keywords))) if keywords else table
