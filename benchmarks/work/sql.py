"""The databases of a FreePBX with a thousand extensions: 150 tables, 76,000 rows, call records; and how they change."""

import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from scripts.lab.content import Age
from scripts.lab.freepbx import MODULES
from scripts.lab.fwrows import Row, Rows, inserts, quoted, rows
from scripts.lab.fwtables import create, names, records, schema
from scripts.lab.people import Person, people

TABLES, ROWS = 150, 76_000
FIRST, PHONES = 1000, 1000
NEW_RECORDS = 500
CONFIGURATION, RECORDS = "asterisk", "asteriskcdrdb"
_MODULE = "id:i+ name:v100 description:v255 dest:v255 val:T enabled:t=1 mtime:d | PK id"
"""The shape of the tables of modules that no preset names."""
_EMPTY = {"users": ("password", "noanswer", "recording"), "devices": ("emergency_cid", "hint_override")}
_PIECE = 10_000
_STORE = "kvstore_FreePBX_modules_"
_EVERY, _TURNS = 10, 15
"""Seconds between two new calls, and how many samples have calls of their own within a day."""


@dataclass(frozen=True, slots=True)
class Touched:
    """The rows that a change is about, before and after it: all that meet a condition."""

    database: str
    table: str
    where: str


@dataclass(frozen=True, slots=True)
class SqlChange:
    """What happens at the source; count: of rows that change or come."""

    touched: tuple[Touched, ...]
    sql: str
    count: int


def module_tables() -> tuple[str, ...]:
    """Return the names of the tables that no preset names."""
    return tuple(f"module_{number:02d}" for number in range(TABLES - len(names())))


def base(seed: int, calls: int, ended: int) -> Iterator[str]:
    """Yield the statements that make both databases with so many call records.

    ended: seconds since 1970, when the last call began; a day ago, because new calls are of today on a real PBX.
    """
    staff = people(PHONES, seed, FIRST)
    for name in (CONFIGURATION, RECORDS):
        yield f"CREATE DATABASE {name} CHARACTER SET utf8mb4"
    made = schema() + "".join(create(name, _MODULE) for name in module_tables())
    yield f"USE {CONFIGURATION};\n{made}{inserts(configuration(staff, seed))}"
    yield f"USE {RECORDS};\n{records()}"
    source, at = random.Random(f"calls-{seed}"), ended - 12 * calls
    found = (_call(number, at + 12 * number, staff, source) for number in range(calls))
    while piece := list(islice(found, _PIECE)):
        yield f"USE {RECORDS};\nSET unique_checks=0;\nBEGIN;\n{inserts({'cdr': piece})}COMMIT;\n"


def configuration(staff: Sequence[Person], seed: int) -> Rows:
    """Return what the tables of the configuration hold."""
    source = random.Random(f"sql-{seed}")
    whole = rows(staff, Age.CURRENT)
    # FreePBX writes empty texts here; pt-table-sync, which finds no key in these tables, is lost where they are NULL.
    for table, columns in _EMPTY.items():
        whole[table] = [{**one, **dict.fromkeys(columns, "")} for one in whole[table]]
    whole["admin"] = [{"variable": "need_reload", "value": "false"}, {"variable": "version", "value": "17.0.19.24"}]
    whole["modules"] = [{"modulename": one, "version": "17.0.5", "enabled": 1} for one in MODULES]
    whole["freepbx_settings"] = [{"keyword": "AMPEXTENSIONS", "value": "extensions"}]
    # A replica keeps its trunks off whatever comes: they are off here, so that every table can be compared.
    whole["trunks"] = [{**one, "disabled": "on"} for one in whole["trunks"]]
    for table in names():
        if table.startswith(_STORE):
            whole[table] = [_kept(number, staff, source) for number in range(source.randrange(200, 1200))]
    rest = ROWS - sum(len(one) for one in whole.values())
    own = module_tables()
    weights = [source.random() ** 3 for _ in own]
    sizes = [int(rest * one / sum(weights)) for one in weights]
    sizes[0] += rest - sum(sizes)
    return whole | {
        table: [_of_module(table, number, source) for number in range(1, size + 1)]
        for table, size in zip(own, sizes, strict=True)
        if size
    }


def _kept(number: int, staff: Sequence[Person], source: random.Random) -> Row:
    value = {"enabled": number % 2, "uid": f"{source.getrandbits(64):016x}", "name": source.choice(staff).name}
    return {"key": f"setting-{number}", "val": json.dumps(value), "type": "json-arr", "id": f"noid{number % 9}"}


def _of_module(table: str, number: int, source: random.Random) -> Row:
    value = f"{source.getrandbits(source.randrange(32, 480)):x}"
    return {"id": number, "name": f"{table}-{number}", "description": f"Entry {source.getrandbits(24):06x}",
            "dest": f"from-did-direct,{FIRST + number % PHONES},1", "val": value, "enabled": number % 2,
            "mtime": "2025-06-01 12:00:00"}  # fmt: skip


def _call(number: int, at: int, staff: Sequence[Person], source: random.Random) -> Row:
    one, other = source.choice(staff), source.choice(staff)
    outside, inbound = f"1{source.randrange(2 * 10**9, 9 * 10**9)}", source.random() < 0.5
    caller, called = (
        (outside, str(one.number)) if inbound else (str(one.number), source.choice((outside, str(other.number))))
    )
    name = f"Caller {int(outside) % 997}" if inbound else one.name
    answered = source.random() < 0.7
    long, unique = source.randrange(1, 900 if answered else 40), f"{at}.{number}"
    when = time.gmtime(at)
    recorded = f"{time.strftime('%Y%m%d-%H%M%S', when)}-{unique}.wav"
    near = f"PJSIP/{'trunk' if inbound else one.number}-{number:08x}"
    return {
        "calldate": time.strftime("%Y-%m-%d %H:%M:%S", when), "clid": f'"{name}" <{caller}>', "src": caller,
        "dst": called, "dcontext": "ext-local" if inbound else "from-internal", "channel": near,
        "dstchannel": f"PJSIP/{other.number}-{number * 7 % 2**32:08x}", "lastapp": "Dial",
        "lastdata": f"PJSIP/{called},,HhTtrM(auto-blkvm)b(func-apply-sipheaders^s^1)", "duration": long,
        "billsec": max(0, long - source.randrange(12)) if answered else 0,
        "disposition": "ANSWERED" if answered else source.choice(("NO ANSWER", "BUSY", "FAILED")), "amaflags": 3,
        "uniqueid": unique, "did": f"1212555{source.randrange(1000):04d}" if inbound else "",
        "recordingfile": f"{'in' if inbound else 'out'}-{called}-{caller}-{recorded}" if answered else "",
        "cnum": caller, "cnam": name, "linkedid": unique, "sequence": number,
    }  # fmt: skip


def change(kind: str, seed: int, ended: int) -> SqlChange:
    """Return the change of a kind: S1 edits one extension, S2 and S2L are a day; another seed makes other contents.

    ended: when the last call of the base began, in seconds since 1970.
    """
    source = random.Random(f"{kind}-{seed}")
    return _extension_edited(source) if kind == "S1" else _day(seed, source, ended)


def _extension_edited(source: random.Random) -> SqlChange:
    """Edit one extension and a ring group: six rows in four tables."""
    phone, mark = FIRST + source.randrange(PHONES), f"{source.getrandbits(48):012x}"
    settings = {"secret": mark + mark, "callerid": f"Renamed {mark} <{phone}>", "namedcallgroup": mark}
    edits: list[tuple[str, Mapping[str, str], str]] = [
        ("users", {"name": f"Renamed {mark}"}, f"extension='{phone}'"),
        ("devices", {"description": f"Renamed {mark}"}, f"id='{phone}'"),
        *(("sip", {"data": data}, f"id='{phone}' AND keyword='{name}'") for name, data in settings.items()),
        ("ringgroups", {"description": f"Group {mark}"}, "grpnum='600'"),
    ]
    return _edited(edits)


def _day(seed: int, source: random.Random, ended: int) -> SqlChange:
    """Edit 25 rows, add five, and 500 call records."""
    phones = range(FIRST, FIRST + PHONES)
    edits: list[tuple[str, Mapping[str, str], str]] = [
        ("sip", {"data": f"{source.getrandbits(96):024x}"}, f"id='{one}' AND keyword='secret'")
        for one in source.sample(phones, 15)
    ]
    edits += [
        ("users", {"name": f"Day {source.getrandbits(24):06x}"}, f"extension='{one}'")
        for one in source.sample(phones, 10)
    ]
    config = _edited(edits)
    first = seed % 10**6 * 10 + 1
    added: list[Row] = [
        {"id": number, "description": f"New {number}", "destdial": f"{source.randrange(10**6)}"}
        for number in range(first, first + 5)
    ]
    staff = people(PHONES, seed, FIRST)
    number, began = 10**7 + seed % 1000 * NEW_RECORDS, ended + 60 + seed % _TURNS * NEW_RECORDS * _EVERY
    calls = [_call(number + at, began + _EVERY * at, staff, source) for at in range(NEW_RECORDS)]
    touched = (
        *config.touched,
        Touched(CONFIGURATION, "miscdests", f"id BETWEEN {first} AND {first + 4}"),
        Touched(RECORDS, "cdr", f"sequence BETWEEN {number} AND {number + NEW_RECORDS - 1}"),
    )
    sql = f"{config.sql}{inserts({'miscdests': added})}USE {RECORDS};\n{inserts({'cdr': calls})}"
    return SqlChange(touched, sql, config.count + len(added) + len(calls))


def _edited(edits: Sequence[tuple[str, Mapping[str, str], str]]) -> SqlChange:
    touched = tuple(Touched(CONFIGURATION, table, where) for table, _, where in edits)
    lines = [
        f"UPDATE {table} SET {', '.join(f'{name}={quoted(data)}' for name, data in new.items())} WHERE {where};\n"
        for table, new, where in edits
    ]
    return SqlChange(touched, f"USE {CONFIGURATION};\n{''.join(lines)}", len(edits))
