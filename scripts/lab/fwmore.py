"""Tables beyond those of `fwtables`, and rows for tables that nobody filled: so that a check meets 150 tables.

Their shapes are those of FreePBX's modules where a preset takes them; of tables that never travel only the names are
meant, their columns are enough to see that nobody touched them. The rows say nothing: they only differ.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from scripts.lab.fwtables import STORE, create

TAKEN: dict[str, str] = {
    "ampusers": "username:v190! password_sha1:v40! extension_low:v20!= extension_high:v20!= deptname:v20!= sections:B! "
    "| PK username",
    "arimanager": "id:i+ name:v15! password:v255 password_format:v255 read_only:t=0 | PK id | UQ name",
    "directory_details": (
        "id:i+ dirname:v50 description:v150 announcement:i callid_prefix:v10 alert_info:v50 repeat_loops:v3 "
        "repeat_recording:i invalid_recording:i invalid_destination:v50 retivr:v5 say_extension:v5 rvolume:v2!= | PK id"
    ),
    "directory_entries": "id:i! name:v50 type:v25 foreign_id:v25 audio:v50 dial:v50 e_id:i",
    "iaxsettings": "keyword:v50!= seq:t!=0 type:t!=0 data:v255!= | PK keyword,seq,type",
    "logfile_logfiles": "name:v50! disabled:v10 debug:v10 error:v10 notice:v10 verbose:v10 warning:v10 | PK name",
    "logfile_settings": "key:v100! value:v100 | PK key",
    "miscapps": "miscapps_id:i+ ext:v50 description:v50 dest:v255 | PK miscapps_id",
    "outroutemsg": "keyword:v40!= data:v10! | PK keyword",
    "pinset_usage": "dispname:v30! foreign_id:v30! pinsets_id:i! | PK dispname,foreign_id",
    "pinsets": "pinsets_id:i+ passwords:T description:v50 addtocdr:t deptname:v50 | PK pinsets_id",
    "queueprio": "queueprio_id:i+ queue_priority:v50 description:v50 dest:v255 | PK queueprio_id",
    "userman_directories": ("id:i+ name:v250 driver:v150 active:t!=0 order:i!=5 default:t!=0 locked:t!=0 | PK id"),
}
"""Tables that presets take, and that a host may lack."""

OWN: tuple[str, ...] = (
    *("api_access_tokens", "api_applications", "api_asynchronous_transaction_history", "api_auth_codes"),
    *("api_refresh_tokens", "certman_cas", "certman_certs", "certman_csrs", "certman_mapping", "cron_jobs"),
    *("contactmanager_user_favorites", "cronmanager", "dahdi", "dahdichandids", "disa", "emergencydevices"),
    *("endpoint_extensions", "endpoint_global", "fax_details", "freepbx_log", "hotelwakeup", "hotelwakeup_calls"),
    *("language_incoming", "languages", "manager", "module_xml", "soundlang_packages", "soundlang_prompts"),
    *("sysadmin_options", "ucp_sessions", "userman_password_reminder", "webrtc_clients"),
)
"""Tables that no preset takes: of this host, or of modules that are not known well enough."""

STORES: tuple[str, ...] = (
    *("kvstore_Configedit", "kvstore_Dashboard", "kvstore_FreePBX", "kvstore_FreePBX_Framework"),
    *("kvstore_FreePBX_Hooks", "kvstore_FreePBX_Media", "kvstore_OOBE"),
    *(
        f"kvstore_FreePBX_modules_{module}"
        for module in (
            *("Api", "Arimanager", "Backup", "Cdr", "Core", "Fax", "Filestore", "Firewall", "Manager", "Queues"),
            *("Sipstation", "Sysadmin"),
        )
    ),
)
"""Key-value stores; presets take that of the queues."""

RECORDS: dict[str, str] = {
    "queuelog": (
        "id:i+ time:v26 callid:v40!= queuename:v20!= agent:v40!= event:v20!= data:v100!= data1:v40!= data2:v40!= "
        "data3:v40!= data4:v40!= data5:v40!= | PK id"
    ),
    "transient_cdr": "calldate:d!=1000-01-01 src:v80!= dst:v80!= uniqueid:v32!=",
}
"""More tables of `asteriskcdrdb`."""

_OWN = "id:i+ name:v190 value:T at:d | PK id"
_ROWS = 3
_SIZED = re.compile(r"\((\d+)\)")
Column = tuple[str, str]
"""Name, and type as the server writes it."""


def more_schema() -> str:
    """Return the statements that make those of `asterisk` that are not there yet."""
    shapes = {**TAKEN, **dict.fromkeys(OWN, _OWN), **dict.fromkeys(STORES, STORE)}
    return "".join(create(name, text, again=True) for name, text in shapes.items())


def more_records() -> str:
    """Return the statements that make those of `asteriskcdrdb` that are not there yet."""
    return "".join(create(name, text, again=True) for name, text in RECORDS.items())


def samples(columns: Sequence[Column], salt: str) -> Iterator[Mapping[str, str | int]]:
    """Yield a few rows for a table with these columns; another salt gives other rows, some of the same keys."""
    names = {name for name, _ in columns}
    for number in range(1, _ROWS + 1):
        row = {name: _sample(name, kind, number, salt) for name, kind in columns}
        if {"key", "val", "type", "id"} == names:
            row |= {"key": f"key {number}", "val": f"value {number} of {salt}", "type": "json-arr", "id": "noid"}
        yield row


def _sample(name: str, kind: str, number: int, salt: str) -> str | int:
    # What names a row is the same everywhere; the rest tells whose it is.
    if kind.startswith(("int", "bigint", "smallint", "mediumint")):
        return number
    if kind.startswith("tinyint"):
        return number % 2
    if kind.startswith(("datetime", "timestamp", "date")):
        return f"2026-0{number}-01 12:00:00"
    if kind.startswith(("decimal", "float", "double")):
        return number
    whole = f"{name} {number} ñ" if _names_a_row(name) else f"{salt} {number} ñ"
    size = _SIZED.search(kind)
    return whole[-int(size[1]) :] if size else whole


def _names_a_row(name: str) -> bool:
    words = ("id", "key", "keyword", "module", "name", "variable", "user", "ext", "exten", "extension", "uid")
    return name in words or name.endswith(("_id", "id", "name", "num", "prefix", "pass", "cid"))


def columns_of(described: Iterable[str]) -> dict[str, list[Column]]:
    """Return the columns of every table from lines `table<tab>column<tab>type`."""
    found: dict[str, list[Column]] = {}
    for line in described:
        table, column, kind = line.split("\t")
        found.setdefault(table, []).append((column, kind))
    return found
