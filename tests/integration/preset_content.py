"""What the two PBXs of the preset tests hold: data exported from a running PBX where it is here, else generated.

Either way the generator adds what is missing: tables, rows for the empty ones, keys of every family, sound files.
"""

import io
import os
import re
import sqlite3
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import zstandard

from scripts.lab.content import ETC, Age, content
from scripts.lab.fwconsole import TABLES
from scripts.lab.fwfiles import generated
from scripts.lab.fwmore import columns_of, more_records, more_schema, samples
from scripts.lab.fwrows import inserts, keys, rows
from scripts.lab.fwtables import records, schema
from scripts.lab.mariadb import MariaDb
from scripts.lab.media import media_files
from scripts.lab.people import people
from tests.conftest import _shared
from tests.integration.preset_pair import FOLDERS, PASSWORD, USER

MOMENT = 1_700_000_000
_DESCRIBED = (
    "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()"
    " ORDER BY TABLE_NAME, ORDINAL_POSITION"
)
_MEDIA = {"var/lib/asterisk/": "varlib", "var/spool/asterisk/": "spool"}
_TRUNK = {"trunk_name": "Carrier", "sip_server": "sip.example", "username": "office", "transport": "10.0.0.1-udp",
          "media_address": "10.0.0.1", "context": "from-trunk", "registration": "none"}  # fmt: skip
CALLS = (
    "SET sql_mode = ''; INSERT INTO cdr (calldate, src, dst, channel, uniqueid, linkedid, sequence)"
    " SELECT '2026-11-01 10:00:00' + INTERVAL seq MINUTE, CONCAT('20', seq), '600', CONCAT('PJSIP/', seq),"
    " CONCAT('{host}.', seq), CONCAT('{host}.', seq), seq FROM seq_1_to_60;"
    "INSERT INTO cel (eventtype, eventtime, channame, appname, uniqueid, linkedid) SELECT 'CHAN_START',"
    " '2026-11-01 10:00:00' + INTERVAL seq MINUTE, CONCAT('PJSIP/', seq), '', CONCAT('{host}.', seq),"
    " CONCAT('{host}.', seq) FROM seq_1_to_60"
)
"""Calls that only this host had."""


@dataclass(frozen=True)
class Filled:
    """What was made, for whoever tells where it is from."""

    exported_tables: int
    added_tables: int
    filled_tables: int


def databases(server: MariaDb, names: Mapping[str, str], side: str, age: str, kind: str) -> Filled:
    """Make the databases of one host; age: current, old or empty; kind: exported or generated."""
    for real in names.values():
        server.client(f"CREATE DATABASE {real} CHARACTER SET utf8mb4")
        server.client(f"GRANT ALL ON {real}.* TO '{USER}'@'localhost' IDENTIFIED BY '{PASSWORD}'")
    server.client(_config(age, kind), names["asterisk"])
    server.client(_records(kind), names["asteriskcdrdb"])
    given = _count(server, names)
    server.client(more_schema(), names["asterisk"])
    server.client(more_records(), names["asteriskcdrdb"])
    filled = sum(_fill(server, real, side) for real in names.values()) if age != "empty" else 0
    server.client(CALLS.format(host=f"1795000{ord(side)}"), names["asteriskcdrdb"])
    # Forty rows of a table end in the middle of a trunk.
    whole = "(SELECT id FROM (SELECT id FROM pjsip WHERE keyword = 'trunk_name') AS some)"
    server.client(f"DELETE FROM pjsip WHERE id NOT IN {whole}", names["asterisk"])
    if side == "a":
        long = f"UPDATE kvstore_FreePBX_modules_Calendar SET type = 'blob', val = '{'5' * 36}' WHERE `key` = 'key 1';"
        long += f"REPLACE INTO kvblobstore (uuid, type, content) VALUES ('{'5' * 36}', 'json-arr', REPEAT('x', 5000))"
        # Keys that need care as names: longer than a part of a name, and nothing but dots.
        long += f"; INSERT INTO kvstore_FreePBX_modules_Calendar VALUES ('{'k' * 255}', 'v', NULL, '{'ñ' * 200}')"
        long += "; INSERT INTO custom_extensions VALUES ('.', 'dot', ''), ('..', 'dots', '')"
        server.client(long, names["asterisk"])
    return Filled(given, _count(server, names) - given, filled)


def _config(age: str, kind: str) -> bytes:
    if kind == "exported":
        return unpacked({"current": "asterisk", "old": "asterisk-40rows", "empty": "asterisk-schema"}[age] + ".sql.zst")
    staff = people(60, 1) if age == "current" else people(9, 2, 2005)
    filled = "" if age == "empty" else inserts(rows(staff, Age.CURRENT if age == "current" else Age.OLD))
    filled += inserts({"pjsip": [{"id": "1", "keyword": name, "data": is_} for name, is_ in _TRUNK.items()]}) * (
        age == "current"
    )
    return (schema() + filled).encode()


def _records(kind: str) -> bytes:
    return unpacked("asteriskcdrdb-sample.sql.zst") if kind == "exported" else records().encode()


def _count(server: MariaDb, names: Mapping[str, str]) -> int:
    listed = ", ".join(f"'{one}'" for one in names.values())
    return int(server.client(f"SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ({listed})"))


def _fill(server: MariaDb, database: str, side: str) -> int:
    """Give rows to every table that has none; return how many."""
    described = columns_of(server.client(_DESCRIBED, database).splitlines())
    counted = "; ".join(f"SELECT '{one}', COUNT(*) FROM `{one}`" for one in described)
    empty = [line.split("\t")[0] for line in server.client(counted, database).splitlines() if line.endswith("\t0")]
    empty = [one for one in empty if one not in (*TABLES, "modules")]  # of those the stand-in makes files
    server.client(inserts({one: list(samples(described[one], side)) for one in empty}), database)
    return len(empty)


def own_settings(server: MariaDb, database: str, settings: Mapping[str, str]) -> None:
    """Write what the stand-in for FreePBX must know of its host."""
    for keyword, value in settings.items():
        server.client(
            f"INSERT INTO freepbx_settings (keyword, value, readonly, hidden) VALUES ('{keyword}', '{value}', 0, 0)"
            f" ON DUPLICATE KEY UPDATE value = '{value}'",
            database,
        )
    listens = {"binds": '{"udp":{"0.0.0.0":"on","127.0.0.1":"on"}}', "udpport-0.0.0.0": "5060"}
    for key, value in listens.items():
        own = f"(`key`, val, type, id) VALUES ('{key}', '{value}', 'json-arr', 'noid')"
        server.client(f"REPLACE INTO kvstore_Sipsettings {own}", database)
    server.client("REPLACE INTO admin (variable, value) VALUES ('need_reload', 'false')", database)


def unpacked(name: str) -> bytes:
    """Return one of the exported files."""
    folder = _shared()
    assert folder is not None
    with (folder / name).open("rb") as packed:
        return zstandard.ZstdDecompressor().stream_reader(packed).read()


def files(folder: Path, side: str, kind: str) -> None:
    """Write the files of one host: configuration, sounds, greetings, recordings."""
    for name in FOLDERS.values():
        (folder / name).mkdir(parents=True)
    etc = folder / "etc"
    for name, data in _configuration(kind):
        if isinstance(data, bytes):
            write(etc / name, data)
        else:
            (etc / name).symlink_to(data)
    for name in ("manager.conf", "keys/default.key", "pjsip.transports_custom_post.conf", "own.d/of_host.conf"):
        write(etc / name, f"; of {side}\n".encode())
    if side == "a":
        for path in sorted(etc.glob("*custom*.conf")):
            write(path, path.read_bytes() + b"; an addition on A\n", MOMENT + 100)
        write(etc / "extensions_custom_a.conf", b"[from-internal-custom]\nexten => 1234,1,NoOp()\n")
    else:
        _older_boxes(etc / "voicemail.conf")
    _touch_includes(etc)
    _sounds(folder, side)


def _sounds(folder: Path, side: str) -> None:
    """Write what people hear and said: some of it on both hosts, some on one of them."""
    staff, classes, songs, seed = people(5, 1), ["default"], 1, 2
    if side == "a":
        staff, classes, songs, seed = people(30, 1), ["default", "calm"], 3, 1
    for name, data in media_files(staff, classes, songs, seed).items():
        head = next(one for one in _MEDIA if name.startswith(one))
        write(folder / _MEDIA[head] / name.removeprefix(head), data, MOMENT + len(data))
    write(folder / f"varlib/moh/{side}/song.wav", side.encode() * 500)
    write(folder / f"varlib/sounds/en/custom/{side}.wav", side.encode() * 300)
    write(folder / f"spool/monitor/2026/11/2{ord(side) - 96}/call-{side}.wav", side.encode() * 900)
    write(folder / f"spool/voicemail/default/2001/INBOX/msg000{ord(side) - 97}.wav", side.encode() * 100)
    write(folder / f"spool/voicemail/default/20{ord(side) - 80}/busy.wav", side.encode() * 200)
    write(folder / "spool/fax/own.pdf", side.encode())


def _touch_includes(etc: Path) -> None:
    """Make what configuration files include and nobody has, as FreePBX does at every reload."""
    for path in filter(Path.exists, etc.glob("*.conf")):
        for name in re.findall(r"^#include\s+\"?([\w.-]+)", path.read_text(), re.MULTILINE):
            if not (etc / name).exists():
                write(etc / name, b"")


def _configuration(kind: str) -> Iterator[tuple[str, bytes | str]]:
    """Yield files and links below the configuration folder."""
    if kind == "generated":
        for name, data in content(60, 1).items():
            if name.startswith(f"{ETC}/"):
                yield name.removeprefix(f"{ETC}/"), data
        for name, text in generated(dict.fromkeys(TABLES, ())).items():
            yield name, text.encode()
        return
    with tarfile.open(fileobj=io.BytesIO(unpacked("etc-asterisk.tar.zst"))) as packed:
        for one in packed.getmembers():
            path = one.name.removeprefix("etc/asterisk/")
            if one.issym():
                yield path, one.linkname
            elif one.isfile():
                found = packed.extractfile(one)
                assert found is not None
                yield path, found.read()


def _older_boxes(path: Path) -> None:
    """Give another head, fewer boxes, other PINs and a box of its own."""
    head, default, boxes = path.read_text().partition("[default]\n")
    some = [one for at, one in enumerate(boxes.splitlines()) if at % 2 or one.startswith("[")]
    lines = [one.replace("=", "= 9", 1).replace("= 9>", "=> 9") if at % 3 else one for at, one in enumerate(some)]
    write(path, f"; of b\n{head}{default}2999 => 1,Only here\n{chr(10).join(lines)}\n".encode())


def write(path: Path, data: bytes, moment: int = MOMENT) -> None:
    """Write a file with mode and time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o640)
    os.utime(path, (moment, moment))


def astdb(path: Path, side: str, kind: str) -> None:
    """Write the AstDB of one host: B's is older, and has keys of its own."""
    path.parent.mkdir(parents=True)
    if kind == "exported":
        path.write_bytes(unpacked("astdb.sqlite3.zst"))
    with closing(sqlite3.connect(path)) as link, link:
        link.execute("CREATE TABLE IF NOT EXISTS astdb(key VARCHAR(256), value VARCHAR(256), PRIMARY KEY(key))")
        if kind == "generated":
            put(link, keys(people(60, 1), Age.CURRENT))
        for statement in _OLDER if side == "b" else ():
            link.execute(statement)
        put(link, {f"{name}/{end}": f"{end} of {side}" for name in _FAMILIES for end in (f"of-{side}", "both")})
        put(link, {"AMPUSER/2001/followme/grpconf": side, "AMPUSER/2001/vmx/unavail/state": side, "paging/quiet": side})


_OLDER = (
    "DELETE FROM astdb WHERE key LIKE '/AMPUSER/20%3/%'",
    "UPDATE astdb SET value = 'old' WHERE key LIKE '/DEVICE/20%5/dial' OR key LIKE '/CW/20%1'",
)
_FAMILIES = (
    *("CF", "CFB", "CFU", "CW", "DND", "DAYNIGHT/C1", "TC", "TRUNK/1", "blacklist", "CM/speeddial", "CustomPresence"),
    *("RINGGROUP/600", "CONFERENCE/8001", "QPENALTY/700", "AMPUSER/2001", "DEVICE/2001"),
    # Of this host:
    *("pbx", "registrar/contact", "Queue/PersistentMembers", "SIP/Registry", "CustomDevstate", "OtherModule"),
)


def put(link: sqlite3.Connection, found: Mapping[str, str]) -> None:
    """Set keys."""
    link.executemany("REPLACE INTO astdb (key, value) VALUES (?, ?)", [(f"/{key}", is_) for key, is_ in found.items()])
