"""The tables of FreePBX 17 that presets know: the columns that name a row, and the module that owns the table.

Keys are facts of the schema, or natural keys where a table has neither primary nor unique key.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pbxsync_worker.core.model.dataset import Condition, Match, RowPolicy, TableSet

CONFIG = "asterisk"
"""FreePBX's own database, whatever it is called on a host."""

RECORDS = "asteriskcdrdb"
"""The database of call records."""


@dataclass(frozen=True, slots=True)
class Known:
    """A table: its key, its module, and whether a usual installation may lack it.

    by: what cuts a table of which records are collected; own: columns that belong to one host.
    """

    module: str
    key: tuple[str, ...]
    optional: bool = False
    database: str = CONFIG
    by: str = ""
    own: tuple[str, ...] = ()


def _known(module: str, **keys: str) -> dict[str, Known]:
    return {name: Known(module, tuple(key.split())) for name, key in keys.items()}


def _optional(module: str, **keys: str) -> dict[str, Known]:
    return {name: Known(module, tuple(key.split()), optional=True) for name, key in keys.items()}


TABLES: dict[str, Known] = {
    **_known(
        "core",
        users="extension",
        devices="id",
        sip="id keyword",
        pjsip="id keyword",
        iax="id keyword",
        trunks="trunkid tech channelid",
        trunk_dialpatterns="trunkid match_pattern_prefix match_pattern_pass prepend_digits seq",
        outbound_routes="route_id",
        outbound_route_patterns="route_id match_pattern_prefix match_pattern_pass match_cid prepend_digits",
        outbound_route_sequence="route_id seq",
        outbound_route_trunks="route_id trunk_id seq",
        outbound_route_email="route_id",
        incoming="extension cidnum",
        indications_zonelist="iso",
        globals="variable",
        featurecodes="modulename featurename",
        freepbx_settings="keyword",
        ampusers="username",
        custom_extensions="custom_exten",
    ),
    **_known("cidlookup", cidlookup="cidlookup_id", cidlookup_incoming="extension cidnum"),
    **_optional("fax", fax_incoming="extension cidnum", fax_users="user"),
    **_optional("findmefollow", findmefollow="grpnum"),
    **_known("ringgroups", ringgroups="grpnum"),
    **_known("queues", queues_config="extension", queues_details="id keyword data"),
    **_optional("queueprio", queueprio="queueprio_id"),
    **_known("ivr", ivr_details="id", ivr_entries="ivr_id selection dest"),
    **_known("timeconditions", timeconditions="timeconditions_id", timegroups_groups="id", timegroups_details="id"),
    **_known("daynight", daynight="ext dmode dest"),
    **_known("announcement", announcement="announcement_id"),
    **_known("miscdests", miscdests="id"),
    **_optional("miscapps", miscapps="miscapps_id"),
    **_known("setcid", setcid="cid_id"),
    **_optional("pinsets", pinsets="pinsets_id", pinset_usage="dispname foreign_id"),
    **_optional("outroutemsg", outroutemsg="keyword"),
    **_known("conferences", meetme="exten"),
    **_known("paging", paging_config="page_group", paging_groups="page_number ext", paging_autoanswer="useragent var"),
    **_optional("paging", paging_core_routing="route"),
    **_known("parking", parkplus="id"),
    **_known("vmblast", vmblast="grpnum", vmblast_groups="grpnum ext"),
    **_known("callrecording", callrecording="callrecording_id"),
    **_optional("callrecording", callrecording_module="extension cidnum display"),
    **_optional("directory", directory_details="id", directory_entries="id e_id"),
    **_known("presencestate", presencestate_list="id", presencestate_prefs="extension item_id"),
    **_known("recordings", recordings="id"),
    **_known("music", music="id"),
    **_known("soundlang", soundlang_settings="keyword", soundlang_customlangs="id"),
    **_known("voicemail", voicemail_admin="variable"),
    **_known("sipsettings", sipsettings="keyword seq type"),
    **_optional("iaxsettings", iaxsettings="keyword seq type"),
    **_known(
        "userman",
        userman_users="id",
        userman_users_settings="uid module key",
        userman_groups="id",
        userman_groups_settings="gid module key",
        userman_directories="id",
        userman_ucp_templates="id",
        userman_template_settings="tid module key",
    ),
    **_optional("userman", userman_call_activity_groups="id", userman_call_activity_users="id"),
    **_known(
        "contactmanager",
        contactmanager_groups="id",
        contactmanager_group_entries="id",
        contactmanager_entry_numbers="id",
        contactmanager_entry_emails="id",
        contactmanager_entry_websites="id",
        contactmanager_entry_xmpps="id",
        contactmanager_entry_images="entryid",
        contactmanager_entry_userman_images="uid",
        contactmanager_entry_speeddials="id",
    ),
    **_optional("contactmanager", contactmanager_general_favorites="id"),
    **_optional("arimanager", arimanager="name"),
    **_known("logfiles", logfile_settings="key", logfile_logfiles="name"),
    "cdr": Known("cdr", ("uniqueid", "sequence", "linkedid", "calldate", "channel"), database=RECORDS, by="calldate"),
    "cel": Known(
        "cel",
        ("uniqueid", "linkedid", "eventtype", "eventtime", "channame", "appname", "appdata"),
        database=RECORDS,
        by="id",
        own=("id",),
    ),
    "queuelog": Known("queues", (), optional=True, database=RECORDS, by="id", own=("id",)),
}
"""Every table that a preset names, beside the key-value stores of modules."""


def rows(
    name: str,
    *conditions: Condition,
    columns: tuple[str, ...] = (),
    drop: tuple[str, ...] = (),
    policy: RowPolicy = RowPolicy.MIRROR,
) -> TableSet:
    """Return rows of a known table."""
    known = TABLES[name]
    return TableSet(known.database, name, known.key, conditions, columns, drop, policy, optional=known.optional)


def records(name: str) -> TableSet:
    """Return the records of a known table, to be collected."""
    known = TABLES[name]
    return replace(rows(name, drop=known.own, policy=RowPolicy.COLLECT), by=known.by)


def tables(*names: str) -> tuple[TableSet, ...]:
    """Return all rows of known tables."""
    return tuple(rows(name) for name in names)


def store(module: str, *conditions: Condition) -> TableSet:
    """Return the key-value store of a module; a module makes its table when it first needs it, so it may be absent."""
    return TableSet(CONFIG, f"kvstore:{module}", ("id", "key"), conditions, optional=True)


def store_names(table: str) -> tuple[str, ...]:
    """Return the names that the key-value store of a module can have on a host; ("users",) for a usual table."""
    prefix, _, module = table.partition(":")
    return (f"kvstore_{module}", f"kvstore_FreePBX_modules_{module}") if prefix == "kvstore" and module else (table,)


def only(column: str, *values: str) -> Condition:
    """Return the condition that a column has one of these values."""
    return Condition(column, Match.IN, values)


def without(column: str, values: Iterable[str]) -> Condition:
    """Return the condition that a column has none of these values."""
    return Condition(column, Match.NOT_IN, tuple(values))


def like(column: str, pattern: str) -> Condition:
    """Return the condition that a column matches a pattern of SQL."""
    return Condition(column, Match.LIKE, (pattern,))


def unlike(column: str, *patterns: str) -> tuple[Condition, ...]:
    """Return the conditions that a column matches none of these patterns of SQL."""
    return tuple(Condition(column, Match.NOT_LIKE, (pattern,)) for pattern in patterns)
