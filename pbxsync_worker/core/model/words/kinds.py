"""What a PBX consists of in the words of its administrators, and which rows, keys and files belong to which of it."""

from dataclasses import dataclass
from itertools import chain


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing.

    state: it is one value, told as old and new; folds: part of an extension that comes or goes; collected: records
    that are only added.
    """

    name: str
    one: str
    many: str
    state: bool = False
    folds: bool = False
    collected: bool = False


@dataclass(frozen=True, slots=True)
class Belongs:
    """How rows of a table belong to things.

    at: which value of the key names the thing; column: the column that does, where the key does not; title: the
    column with its name for people, of which it is a head: it comes and goes with this row; keyword: which value of
    the key says what `value` holds; part: what one row is called, where it is neither.
    """

    kind: str
    at: int = 0
    column: str = ""
    title: str = ""
    keyword: int = 0
    value: str = ""
    part: tuple[str, str] = ("", "")


KINDS: dict[str, Kind] = {
    one.name: one
    for one in (
        Kind("extension", "extension", "extensions"),
        Kind("mailbox", "mailbox", "mailboxes", folds=True),
        Kind("trunk", "trunk", "trunks"),
        Kind("outbound", "outbound route", "outbound routes"),
        Kind("inbound", "inbound route", "inbound routes"),
        Kind("ringgroup", "ring group", "ring groups"),
        Kind("queue", "queue", "queues"),
        Kind("ivr", "IVR", "IVRs"),
        Kind("timecondition", "time condition", "time conditions"),
        Kind("timegroup", "time group", "time groups"),
        Kind("toggle", "call flow toggle", "call flow toggles"),
        Kind("announcement", "announcement", "announcements"),
        Kind("miscdest", "misc destination", "misc destinations"),
        Kind("miscapp", "misc application", "misc applications"),
        Kind("customexten", "custom extension", "custom extensions"),
        Kind("conference", "conference", "conferences"),
        Kind("paging", "paging group", "paging groups"),
        Kind("parking", "parking lot", "parking lots"),
        Kind("vmblast", "voicemail blast", "voicemail blasts"),
        Kind("directory", "directory", "directories"),
        Kind("recording", "recording", "recordings"),
        Kind("music", "music class", "music classes"),
        Kind("setcid", "caller ID rule", "caller ID rules"),
        Kind("cidlookup", "caller ID source", "caller ID sources"),
        Kind("pinset", "PIN set", "PIN sets"),
        Kind("user", "user account", "user accounts", folds=True),
        Kind("usergroup", "user group", "user groups"),
        Kind("contact", "contact", "contacts"),
        Kind("admin", "administrator", "administrators"),
        Kind("featurecode", "feature code", "feature codes"),
        Kind("setting", "setting", "settings", state=True),
        Kind("module", "settings of module", "modules' settings"),
        Kind("CF", "call forward", "call forwards", state=True, folds=True),
        Kind("CFB", "call forward when busy", "call forwards when busy", state=True, folds=True),
        Kind("CFU", "call forward without answer", "call forwards without answer", state=True, folds=True),
        Kind("DND", "do not disturb", "do not disturb", state=True, folds=True),
        Kind("CW", "call waiting", "call waiting", state=True, folds=True),
        Kind("CustomPresence", "presence", "presences", state=True, folds=True),
        Kind("DAYNIGHT", "position of call flow toggle", "positions of call flow toggles", state=True),
        Kind("TC", "override of time condition", "overrides of time conditions", state=True),
        Kind("blacklist", "blacklisted number", "blacklisted numbers"),
        Kind("speeddial", "speed dial", "speed dials"),
        Kind("cdr", "call record", "call records", collected=True),
        Kind("cel", "call event", "call events", collected=True),
        Kind("queuelog", "queue event", "queue events", collected=True),
        Kind("records", "other record", "other records", collected=True),
        Kind("dialplanfile", "dialplan custom file", "dialplan custom files"),
        Kind("customfile", "custom file", "custom files"),
        Kind("configfile", "configuration file", "configuration files"),
        Kind("greeting", "voicemail greeting", "voicemail greetings"),
        Kind("message", "voicemail message", "voicemail messages"),
        Kind("musicfile", "music file", "music files"),
        Kind("callaudio", "call recording", "call recordings"),
        Kind("soundfile", "recorded sound", "recorded sounds"),
        Kind("script", "AGI script", "AGI scripts"),
        Kind("fax", "fax", "faxes"),
        Kind("otherfile", "other file", "other files"),
        Kind("folder", "folder", "folders"),
    )
}
"""By name, in the order in which they are told."""

TABLES: dict[str, Belongs] = {
    "users": Belongs("extension", title="name"),
    "devices": Belongs("extension", title="description"),
    "sip": Belongs("extension", keyword=1, value="data"),
    "iax": Belongs("extension", keyword=1, value="data"),
    "findmefollow": Belongs("extension", part=("follow-me", "follow-me")),
    "presencestate_prefs": Belongs("extension", part=("presence setting", "presence settings")),
    "trunks": Belongs("trunk", title="name"),
    "pjsip": Belongs("trunk", keyword=1, value="data"),
    "trunk_dialpatterns": Belongs("trunk", part=("dial pattern", "dial patterns")),
    "outbound_routes": Belongs("outbound", title="name"),
    "outbound_route_patterns": Belongs("outbound", part=("dial pattern", "dial patterns")),
    "outbound_route_trunks": Belongs("outbound", part=("trunk", "trunks")),
    "outbound_route_sequence": Belongs("outbound", part=("place in the order", "places in the order")),
    "outbound_route_email": Belongs("outbound", part=("e-mail notice", "e-mail notices")),
    "incoming": Belongs("inbound", title="description"),
    "cidlookup_incoming": Belongs("inbound", part=("caller ID look-up", "caller ID look-ups")),
    "fax_incoming": Belongs("inbound", part=("fax setting", "fax settings")),
    "ringgroups": Belongs("ringgroup", title="description"),
    "queues_config": Belongs("queue", title="descr"),
    "queues_details": Belongs("queue", keyword=1),
    "ivr_details": Belongs("ivr", title="name"),
    "ivr_entries": Belongs("ivr", part=("menu entry", "menu entries")),
    "timeconditions": Belongs("timecondition", title="displayname"),
    "timegroups_groups": Belongs("timegroup", title="description"),
    "timegroups_details": Belongs("timegroup", column="timegroupid", part=("time range", "time ranges")),
    "daynight": Belongs("toggle", part=("destination", "destinations")),
    "announcement": Belongs("announcement", title="description"),
    "miscdests": Belongs("miscdest", title="description"),
    "miscapps": Belongs("miscapp", title="description"),
    "custom_extensions": Belongs("customexten", title="description"),
    "meetme": Belongs("conference", title="description"),
    "paging_config": Belongs("paging", title="description"),
    "paging_groups": Belongs("paging", part=("member", "members")),
    "parkplus": Belongs("parking", title="name"),
    "vmblast": Belongs("vmblast", title="description"),
    "vmblast_groups": Belongs("vmblast", part=("member", "members")),
    "directory_details": Belongs("directory", title="dirname"),
    "directory_entries": Belongs("directory", part=("entry", "entries")),
    "recordings": Belongs("recording", title="displayname"),
    "music": Belongs("music", title="category"),
    "setcid": Belongs("setcid", title="description"),
    "cidlookup": Belongs("cidlookup", title="description"),
    "pinsets": Belongs("pinset", title="description"),
    "userman_users": Belongs("user", title="username"),
    "userman_users_settings": Belongs("user", keyword=2, value="val"),
    "userman_groups": Belongs("usergroup", title="groupname"),
    "userman_groups_settings": Belongs("usergroup", keyword=2, value="val"),
    "contactmanager_group_entries": Belongs("contact", title="displayname"),
    "contactmanager_entry_numbers": Belongs("contact", column="entryid", part=("number", "numbers")),
    "contactmanager_entry_emails": Belongs("contact", column="entryid", part=("e-mail address", "e-mail addresses")),
    "ampusers": Belongs("admin", title="username"),
    "featurecodes": Belongs("featurecode", at=1, title="description"),
    "freepbx_settings": Belongs("setting", value="value"),
    "sipsettings": Belongs("setting", value="data"),
    "iaxsettings": Belongs("setting", value="data"),
    "cdr": Belongs("cdr"),
    "cel": Belongs("cel"),
}
"""In the order in which the details of a thing are told."""

FAMILIES: dict[str, str] = {
    "AMPUSER": "extension",
    "DEVICE": "extension",
    "TRUNK": "trunk",
    "RINGGROUP": "ringgroup",
    "CONFERENCE": "conference",
    "QPENALTY": "queue",
}
"""Families of AstDB that hold details of things; those named like a kind are things of their own."""

LABELS: dict[str, str] = {
    "name": "name",
    "description": "name",
    "descr": "name",
    "displayname": "name",
    "cidname": "name",
    "secret": "secret",
    "password": "password",
    "pin": "PIN",
    "userpin": "PIN",
    "adminpin": "administrator's PIN",
    "email": "e-mail",
    "callerid": "caller ID",
    "outboundcid": "outbound caller ID",
    "outcid": "outbound caller ID",
    "maxchans": "max channels",
    "max_contacts": "max contacts",
    "ringtimer": "ring time",
    "grptime": "ring time",
    "noanswer": "when nobody answers",
    "grplist": "members",
    "member": "member",
    "strategy": "strategy",
    "destination": "destination",
    "dest": "destination",
    "postdest": "destination",
    "truegoto": "destination when it matches",
    "falsegoto": "destination when it does not match",
    "disabled": "switched off",
    "context": "context",
    "recording": "call recording",
    "voicemail": "voicemail",
    "emergency_cid": "emergency caller ID",
    "dial": "dial string",
    "destdial": "number to dial",
    "mohclass": "music on hold",
    "users": "users",
    "defaultcode": "usual code",
    "customcode": "code",
    "enabled": "in use",
    "sip_server": "SIP server",
    "sip_server_port": "port of the SIP server",
    "username": "user name",
    "pager": "pager e-mail",
    "options": "options",
    "announcement": "announcement",
    "timeout": "timeout",
    "maxlen": "most callers waiting",
    "wrapuptime": "wrap-up time",
    "weight": "weight",
}
"""Columns, keywords and keys in words; any other is told by its own name."""

MODULES: dict[str, str] = {
    "regen": "FreePBX",
    "res_pjsip.so": "pjsip",
    "pbx_config.so": "dialplan",
    "app_queue.so": "queues",
    "app_voicemail.so": "voicemail",
    "res_musiconhold.so": "music on hold",
    "res_parking.so": "parking",
    "app_confbridge.so": "conferences",
    "chan_iax2.so": "iax",
    "chan_sip.so": "chan_sip",
    "res_rtp_asterisk.so": "rtp",
    "mwi": "message lamps",
}
"""What is read again, in words."""


def texts() -> frozenset[str]:
    """Return every word for translation."""
    nouns = chain.from_iterable((one.one, one.many) for one in KINDS.values())
    parts = chain.from_iterable(one.part for one in TABLES.values())
    words = {*nouns, *parts, *LABELS.values(), *MODULES.values()}
    return frozenset(one for one in words if one)
