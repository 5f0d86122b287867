"""The rows and AstDB keys of a generated FreePBX: the same people give the same ones, whatever the machine.

What belongs to one host (log-ins, addresses, versions) is not here; see `freepbx.py`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from scripts.lab.content import Age
from scripts.lab.people import Person

Row = Mapping[str, str | int]
Rows = dict[str, list[Row]]

_DEVICE = {
    "accountcode": ("", 19), "aggregate_mwi": ("no", 29), "allow": ("", 18), "avpf": ("no", 10), "callerid": ("", 56),
    "context": ("from-internal", 53), "device_state_busy_at": ("0", 32), "direct_media": ("no", 41),
    "disallow": ("", 17), "dtmfmode": ("rfc4733", 5), "force_rport": ("yes", 26), "icesupport": ("no", 12),
    "max_contacts": ("2", 21), "maximum_expiration": ("7200", 36), "media_address": ("", 24),
    "media_encryption": ("no", 30), "minimum_expiration": ("60", 35), "namedcallgroup": ("", 15),
    "qualifyfreq": ("60", 8), "remove_existing": ("yes", 22), "rewrite_contact": ("yes", 27), "rtcp_mux": ("no", 33),
    "transport": ("", 7), "trustrpid": ("yes", 9),
}  # fmt: skip
"""Keywords of `sip` that are the same for every device, with FreePBX's number for their order."""

_USER_KEYS = {
    "accountcode": "", "answermode": "disabled", "cfringtimer": "0", "concurrency_limit": "3", "cwtone": "disabled",
    "intercom": "enabled", "noanswer": "", "novmpw": "yes", "outboundcid": "", "password": "", "recording": "",
    "recording/in/external": "dontcare", "recording/in/internal": "dontcare", "recording/ondemand": "disabled",
    "recording/out/external": "dontcare", "recording/out/internal": "dontcare", "recording/priority": "10",
    "ringtimer": "0", "rvolume": "", "voicemail": "default",
}  # fmt: skip

_GROUPS = ("Sales", "Support", "Billing", "Warehouse", "Front desk", "Night", "Board", "Lab", "Press", "Legal")
_QUEUE = {"strategy": "ringall", "timeout": "15", "retry": "5", "wrapuptime": "3", "maxlen": "20", "joinempty": "yes",
          "ringinuse": "no", "autofill": "yes", "cron_schedule": "never"}  # fmt: skip
_CODES = {
    "callforward": ("cfon", "*72"), "callwaiting": ("cwon", "*70"), "blacklist": ("blacklist_add", "*30"),
    "donotdisturb": ("dnd_on", "*78"), "voicemail": ("myvoicemail", "*97"),
}  # fmt: skip
FIRST_GROUP, FIRST_QUEUE = 600, 700


def rows(staff: Sequence[Person], age: Age) -> Rows:
    """Return what the tables of `asterisk` hold."""
    many, queues = (8, 4) if age is Age.CURRENT else (2, 1)
    return {
        "users": [_user(one) for one in staff],
        "devices": [_device(one) for one in staff],
        "sip": [row for one in staff for row in _settings(one)],
        "ringgroups": [_group(at, staff) for at in range(many)],
        "queues_config": [
            {"extension": str(FIRST_QUEUE + at), "descr": f"Queue {_GROUPS[at]}", "maxwait": "600"}
            for at in range(queues)
        ],
        "queues_details": [row for at in range(queues) for row in _queue(at, staff[at::queues][:8])],
        "findmefollow": [_follow(one) for one in staff[::12]] if age is Age.CURRENT else [],
        **_flow(staff[0].number, age),
        **_settings_of_all(),
    }


def keys(staff: Sequence[Person], age: Age) -> dict[str, str]:
    """Return what the AstDB holds."""
    found: dict[str, str] = {}
    for one in staff:
        n = one.number
        own = {"cidname": one.name, "cidnum": str(n), "device": str(n), "hint": f"PJSIP/{n}&Custom:DND{n}"}
        found |= {f"AMPUSER/{n}/{name}": value for name, value in {**_USER_KEYS, **own}.items()}
        device = {"default_user": n, "dial": f"PJSIP/{n}", "tech": "pjsip", "type": "fixed", "user": n}
        found |= {f"DEVICE/{n}/{name}": str(value) for name, value in device.items()}
        found[f"CW/{n}"] = "ENABLED"
    if age is Age.CURRENT:
        found |= {f"CF/{one.number}": f"09050000{at:02d}" for at, one in enumerate(staff[50:62])}
        found |= {f"blacklist/42190{at:04d}": "1" for at in range(10)}
    found |= {f"DND/{one.number}": "YES" for one in staff[6:9]}
    return found


def inserts(whole: Mapping[str, Iterable[Row]]) -> str:
    """Return the statements that insert rows: one for each table and 500 rows."""
    return "".join(statement for table, found in whole.items() for statement in _inserts(table, list(found)))


def _inserts(table: str, found: Sequence[Row]) -> Iterator[str]:
    for at in range(0, len(found), 500):
        part = found[at : at + 500]
        columns = ", ".join(f"`{name}`" for name in part[0])
        values = ",\n".join(f"({', '.join(quoted(value) for value in row.values())})" for row in part)
        yield f"INSERT INTO `{table}` ({columns}) VALUES {values};\n"


def quoted(value: str | int) -> str:
    """Return a value as SQL."""
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _user(one: Person) -> Row:
    caller = f'"{one.name}" <+3491555{one.number}>'
    return {"extension": str(one.number), "name": one.name, "voicemail": "default", "ringtimer": 0,
            "outboundcid": caller, "sipname": "", "mohclass": "default"}  # fmt: skip


def _device(one: Person) -> Row:
    n = str(one.number)
    return {"id": n, "tech": "pjsip", "dial": f"PJSIP/{n}", "devicetype": "fixed", "user": n, "description": one.name}


def _settings(one: Person) -> Iterator[Row]:
    n = str(one.number)
    own = {"account": (n, 55), "dial": (f"PJSIP/{n}", 51), "mailbox": (f"{n}@device", 54), "secret": (one.password, 2)}
    for keyword, (data, flags) in {**_DEVICE, **own}.items():
        yield {"id": n, "keyword": keyword, "data": data, "flags": flags}


def _group(at: int, staff: Sequence[Person]) -> Row:
    members = "-".join(str(one.number) for one in staff[at::7][: 3 + at % 3])
    return {"grpnum": str(FIRST_GROUP + at), "strategy": "ringall", "grptime": 20, "grppre": "", "grplist": members,
            "postdest": f"ext-local,vmu{staff[0].number},1", "description": _GROUPS[at], "ringing": "Ring"}  # fmt: skip


def _queue(at: int, members: Sequence[Person]) -> Iterator[Row]:
    for keyword, data in _QUEUE.items():
        yield {"id": str(FIRST_QUEUE + at), "keyword": keyword, "data": data, "flags": 0}
    for position, one in enumerate(members):
        data = f"Local/{one.number}@from-internal/n,{position % 3}"
        yield {"id": str(FIRST_QUEUE + at), "keyword": "member", "data": data, "flags": position}


def _follow(one: Person) -> Row:
    return {"grpnum": str(one.number), "strategy": "ringallv2-prim", "grptime": 20, "grplist": str(one.number),
            "postdest": f"ext-local,{one.number},dest", "pre_ring": 7, "ringing": "Ring"}  # fmt: skip


def _flow(operator: int, age: Age) -> Rows:
    """Return how calls come in: numbers, opening hours, announcements, music."""
    classes = ("default", "calm") if age is Age.CURRENT else ("default",)
    return {
        "music": [{"id": at, "category": name, "type": "files", "random": 0} for at, name in enumerate(classes, 1)],
        "recordings": [
            {"id": at, "displayname": name, "filename": f"custom/{name}", "description": name}
            for at, name in enumerate(("welcome", "menu", "closed"), 1)
        ],
        "announcement": [{"announcement_id": 1, "description": "Closed", "recording_id": 3, "allow_skip": 0,
                          "post_dest": "app-blackhole,hangup,1"}],
        "timegroups_groups": [{"id": 1, "description": "Office hours"}],
        "timegroups_details": [{"id": 1, "timegroupid": 1, "time": "09:00-18:00|mon-fri|*|*"}],
        "timeconditions": [{"timeconditions_id": 1, "displayname": "Main line", "time": 1,
                            "truegoto": f"ext-group,{FIRST_GROUP},1", "falsegoto": "app-announcement-1,s,1"}],
        "incoming": [
            {"cidnum": "", "extension": f"3491555900{at}", "destination": f"from-did-direct,{operator + at},1",
             "privacyman": 0, "description": f"Line {at}"}
            for at in range(5 if age is Age.CURRENT else 1)
        ],
        "trunks": [{"trunkid": 1, "tech": "pjsip", "channelid": "Carrier", "name": "Carrier",
                    "disabled": "off", "maxchans": "20" if age is Age.CURRENT else "10"}],
        "outbound_routes": [{"route_id": 1, "name": "Everywhere"}],
        "outbound_route_patterns": [{"route_id": 1, "match_pattern_prefix": "9", "match_pattern_pass": "."}],
        "outbound_route_sequence": [{"route_id": 1, "seq": 0}],
        "outbound_route_trunks": [{"route_id": 1, "trunk_id": 1, "seq": 0}],
    }  # fmt: skip


def _settings_of_all() -> Rows:
    codecs = json.dumps({"ulaw": 1, "alaw": 2, "g722": 3})
    return {
        "featurecodes": [
            {"modulename": module, "featurename": name, "description": name, "defaultcode": code, "enabled": 1}
            for module, (name, code) in _CODES.items()
        ],
        "voicemail_admin": [{"variable": "VMX_LOOPS", "value": "1"}, {"variable": "VM_DDTYPE", "value": "u"}],
        "soundlang_settings": [{"keyword": "language", "value": "en"}, {"keyword": "formats", "value": "ulaw,wav"}],
        "indications_zonelist": [{"iso": "es", "name": "Spain", "conf": "ringcadence = 1500,3000\ndial = 425\n"}],
        "kvstore_Sipsettings": [{"key": "voicecodecs", "val": codecs, "type": "json-arr", "id": "noid"}],
    }
