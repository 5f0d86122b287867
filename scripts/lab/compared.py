"""Compares two laboratory FreePBX hosts by plain SQL, AMI and their files; nothing of the product's code is asked."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.lab.content import ETC, Age
from scripts.lab.freepbx import GENERATED, FreePbx, office_files
from scripts.lab.fwtables import names

OWN_TABLES = ("admin", "modules", "notifications")
"""What each host has for itself, wholly."""

_HOSTS_SETTINGS = (
    "('ASTETCDIR', 'ASTRUNDIR', 'AMPMGRUSER', 'AMPMGRPASS', 'ASTMANAGERHOST', 'ASTMANAGERPORT',"
    " 'FREEPBX_SYSTEM_IDENT', 'FPBX_ARI_PASSWORD')"
)
_HOSTS_STORE = "(`key` = 'binds' OR `key` LIKE '%port-%')"
_SHARED = {
    "freepbx_settings": f"SELECT keyword, value FROM freepbx_settings WHERE keyword NOT IN {_HOSTS_SETTINGS}",
    "kvstore_Sipsettings": f"SELECT * FROM kvstore_Sipsettings WHERE NOT {_HOSTS_STORE}",
    "sip": "SELECT * FROM sip WHERE keyword NOT IN ('transport', 'media_address')",
    "trunks": "SELECT trunkid, tech, channelid, name, outcid, keepcid, maxchans FROM trunks",
}
_OWN = {
    "freepbx_settings": f"SELECT keyword, value FROM freepbx_settings WHERE keyword IN {_HOSTS_SETTINGS}",
    "kvstore_Sipsettings": f"SELECT * FROM kvstore_Sipsettings WHERE {_HOSTS_STORE}",
    "admin": "SELECT * FROM admin",
    "modules": "SELECT * FROM modules",
}
FAMILIES = ("AMPUSER", "DEVICE", "CW", "CF", "CFB", "CFU", "DND", "blacklist", "RINGGROUP", "CONFERENCE")

Rows = Mapping[str, Counter[str]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one host has of what a farm shares: rows by table, AstDB keys; own: rows that only it has."""

    rows: Rows
    keys: Mapping[str, str]
    own: Rows


def look(host: FreePbx) -> Seen:
    """Read one host."""
    shared = {name: _SHARED.get(name, f"SELECT * FROM `{name}`") for name in names() if name not in OWN_TABLES}
    with host.ami() as asterisk:
        keys = {key: value for family in FAMILIES for key, value in asterisk.tree(family).items()}
    return Seen(_read(host, shared), keys, _read(host, _OWN))


def differing_rows(one: Seen, other: Seen) -> list[str]:
    """Return the tables and the first AstDB keys in which two hosts differ."""
    tables = [name for name, found in one.rows.items() if found != other.rows[name]]
    keys = sorted(key for key in one.keys.keys() | other.keys.keys() if one.keys.get(key) != other.keys.get(key))
    return tables + keys[:10]


def new_rows(before: Seen, after: Seen) -> int:
    """Return how many rows are there now that were not there before: added or changed."""
    return sum((found - before.rows[name]).total() for name, found in after.rows.items())


def new_keys(before: Seen, after: Seen) -> int:
    """Return how many AstDB keys were added or changed."""
    return sum(before.keys.get(key) != value for key, value in after.keys.items())


def shared_files(extensions: int, seed: int) -> list[str]:
    """Return the files that both hosts have: those people write, and those that come out of the rows.

    Voicemail messages stay out: they are numbered by position and only travel under Asterisk's own lock.
    """
    office = [name for name in office_files(extensions, seed, Age.CURRENT) if "/INBOX/" not in name]
    return sorted([*office, *(f"{ETC}/{name}" for name in GENERATED)])


def differing_files(one: Path, other: Path, files: list[str]) -> list[str]:
    """Return those of the files that are not the same below both folders; mailboxes may stand in another order.

    `=` and ` => ` mean the same there.
    """
    return [name for name in files if _comparable(one / name) != _comparable(other / name)]


def _comparable(path: Path) -> object:
    if not path.is_file():
        return None
    data = path.read_bytes()
    if path.name != "voicemail.conf":
        return data
    return sorted(line.replace(b" => ", b"=", 1) for line in data.splitlines())


def _read(host: FreePbx, selects: Mapping[str, str]) -> Rows:
    """Run all SELECTs by one client; a line with the table's name stands before its rows."""
    told = host.sql("".join(f"SELECT '\x01{name}'; {select};\n" for name, select in selects.items()))
    found: dict[str, Counter[str]] = {name: Counter() for name in selects}
    table = ""
    for line in told.split("\n"):
        if line.startswith("\x01"):
            table = line[1:]
        else:
            found[table][line] += 1
    return found
