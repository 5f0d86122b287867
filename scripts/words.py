"""Makes `pbxsync_worker/delta/words.bin`, what both hosts know before a word is said: `python -m scripts.words FILE`.

Examples of what hosts say to each other, with the names of FreePBX's tables and columns, and without a value of any
host. What is said most stands last, where it is told shortest. Another content is another version of the protocol.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pbxsync_worker.core.model.asterisk_action import AsteriskAction
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.fact import HOST_KINDS
from pbxsync_worker.core.model.facts import HostFacts
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.plan import Plan, Reload
from pbxsync_worker.core.model.report import SOFTWARE, Report, Told, Version
from pbxsync_worker.core.model.run import Mode, Move, Numbers, State
from pbxsync_worker.core.model.sent import Sent, Way, Ways
from pbxsync_worker.core.model.sentence import join, say
from pbxsync_worker.core.store.runs import Result, SavedPlan
from pbxsync_worker.core.wire import pack
from pbxsync_worker.peer.messages import (
    Ask,
    AskFacts,
    Changed,
    Contents,
    Done,
    End,
    Facts,
    Follow,
    Gone,
    Message,
    Pull,
    Refused,
    Rows,
    Same,
    Small,
    Smalls,
    Tell,
    Wait,
    row_of,
)
from pbxsync_worker.peer.status import plan_of, status_of
from pbxsync_worker.peer.wire import SAMPLES, SENT, framed
from scripts.lab.fwtables import TABLES

_ACCEPT = ("zstd", "brotli", "none", SAMPLES, SENT)
_LINE = (*_ACCEPT, "line/20000000")
_EDITED = (
    "admin", "modules", "announcement", "callrecording", "daynight", "miscdests", "setcid", "vmblast", "paging_config",
    "meetme", "featurecodes", "freepbx_settings", "userman_users", "timegroups_groups", "timegroups_details",
    "timeconditions", "outbound_routes", "outbound_route_patterns", "outbound_route_trunks", "trunks",
    "ivr_entries", "ivr_details", "findmefollow", "incoming", "queues_details", "queues_config", "ringgroups", "pjsip",
    "devices", "sip", "users",
)  # fmt: skip
"""Tables that people change through the pages of FreePBX, what changes most often last."""
_SIP = (
    "account", "accountcode", "aggregate_mwi", "allow", "avpf", "bundle", "callerid", "context", "defaultuser",
    "direct_media", "disallow", "dtmfmode", "force_rport", "icesupport", "mailbox", "max_contacts", "media_encryption",
    "namedcallgroup", "namedpickupgroup", "outbound_proxy", "qualifyfreq", "rewrite_contact", "rtp_symmetric",
    "secret", "secret_origional", "sendrpid", "sipdriver", "transport", "trustrpid", "vmexten",
)  # fmt: skip
_USUAL = {
    "flags": b"2", "tech": b"pjsip", "devicetype": b"fixed", "recording": b"dontcare", "ringing": b"Ring",
    "strategy": b"ringall", "grptime": b"20", "mohclass": b"default", "voicemail": b"default", "ringtimer": b"0",
    "language": b"", "postdest": b"ext-local,vmu", "destination": b"from-did-direct,", "noanswer": b"",
}  # fmt: skip
_USERS_KEYS = (
    "answermode", "callwaiting", "cfringtimer", "cidname", "cidnum", "concurrency_limit", "device", "dictate/email",
    "dictate/enabled", "dictate/format", "emergency_cid", "followme/ddial", "followme/grplist", "followme/grptime",
    "followme/prering", "followme/strategy", "hint", "intercom", "language", "noanswer", "outboundcid", "password",
    "queues/qnostate", "recording", "recording/in/external", "recording/in/internal", "recording/ondemand",
    "recording/out/external", "recording/out/internal", "recording/priority", "ringtimer", "rvolume", "voicemail",
)  # fmt: skip
_FILES = (
    "cdr.conf", "musiconhold.conf", "logger.conf", "manager.conf", "modules.conf", "rtp.conf", "features.conf",
    "confbridge_additional.conf", "features_general_additional.conf", "queues_additional.conf", "voicemail.conf",
    "extensions_custom.conf", "extensions_override_freepbx.conf", "pjsip.transports.conf", "pjsip.registration.conf",
    "pjsip.identify.conf", "pjsip.aor.conf", "pjsip.auth.conf", "pjsip.endpoint.conf", "extensions_additional.conf",
)  # fmt: skip
_RELOADS = (
    "regen", "features", "app_voicemail.so", "app_queue.so", "res_parking.so", "app_confbridge.so", "chan_iax2.so",
    "chan_sip.so", "res_pjsip.so", "pbx_config.so",
)  # fmt: skip
_CALLED = (
    "FreePBX",
    "features",
    "voicemail",
    "queues",
    "parking",
    "conferences",
    "iax",
    "chan_sip",
    "pjsip",
    "dialplan",
)
_THINGS = ("dialplan", "trunk", "outbound route", "inbound route", "queue", "IVR", "ring group", "extension")


def words() -> bytes:
    """Return what both hosts know."""
    told: list[Message | bytes] = [Refused("not_allowed", say("this host is not paired")), *_reports(), *_inventories()]
    told += [_plan(), *_run()]
    return b"".join(map(framed, told))


def _reports() -> Iterator[Message]:
    unknown = say("it does not tell")
    sources = {"freepbx": "freepbx", "asterisk": "ami", "data": "changes", "disk": "machine", "load": "machine"}
    sources |= {"memory": "machine", "clock": "link", "state": "changes"}
    facts = [Told(one.name, None, 0.5, unknown) for one in HOST_KINDS]
    facts += [Told(one.name, False, 0.5, sources.get(one.name.split(".")[0], "services")) for one in HOST_KINDS]
    versions = (Version("group", "job", "", "", "", 0.5, 0.5),)
    yield Tell(Report(SOFTWARE, 1.8e9, tuple(sorted(facts, key=lambda one: one.name)), versions))


def _inventories() -> Iterator[Message]:
    rows = [row_of(Item(f"ASTETCDIR/{name}".encode(), ItemKind.FILE, 0, b"")) for name in _FILES]
    yield from (Gone((b"ASTSPOOLDIR/monitor/", b"ASTSPOOLDIR/voicemail/default/INBOX/msg0000.txt")), Rows(tuple(rows)))
    yield Smalls(tuple(_row(name) for name in TABLES if name not in _EDITED))
    yield Smalls(tuple(Small(13, b"sip/,%b" % name.encode(), ItemKind.ROW, ()) for name in _SIP))
    yield Smalls(tuple(Small(0, b"ASTDB/%b" % one, ItemKind.KEY, (b"1",)) for one in _keys()))
    yield Smalls(tuple(_row(name) for name in _EDITED))
    asked = (AskFacts(b"", b"", b"", _LINE), Pull(b"", b"", b"", _LINE))
    facts = HostFacts(
        "", "17.0.19", "22.0.0", technologies=frozenset(("pjsip",)), voicemail_format="wav49|gsm|wav",
        sql_mode=frozenset(("NO_AUTO_CREATE_USER", "STRICT_TRANS_TABLES", "NO_ENGINE_SUBSTITUTION",
                            "ERROR_FOR_DIVISION_BY_ZERO")),
        clock=1.8e9, made=1.8e9, need_reload=True, languages=frozenset(("en",)), codecs=frozenset(("ulaw", "alaw")),
    )  # fmt: skip
    said = {name: getattr(facts, name) for name in ("name", "freepbx", "asterisk", "technologies", "sql_mode")}
    said |= {name: getattr(facts, name) for name in ("languages", "codecs", "need_reload", "voicemail_format", "clock")}
    said = {name: sorted(value) if isinstance(value, frozenset) else value for name, value in said.items()}
    yield from (Facts(pack({**said, "numbers": (), "made": facts.made}), alike=True), Wait(), Same(b""))
    yield from (Changed(b""), Smalls((_row("users"),)), End(1), *asked)


def _keys() -> Iterator[bytes]:
    yield from (b"CW/", b"CF/", b"CFB/", b"CFU/", b"DND/", b"blacklist/", b"TC/", b"DAYNIGHT/C", b"QPENALTY/")
    yield from (b"DEVICE//%b" % one for one in (b"default_user", b"dial", b"type", b"user"))
    yield from (b"AMPUSER//%b" % one.encode() for one in _USERS_KEYS)


def _row(table: str) -> Small:
    names = sorted(one.partition(":")[0] for one in TABLES[table].partition(" |")[0].split())
    packed = pack(tuple((name, _USUAL.get(name, b"")) for name in names))
    return Small(13, f"SQL/asterisk/{table}/".encode(), ItemKind.ROW, (packed, 1, b""))


def _changed(name: str, kind: ItemKind) -> Change:
    before, after = (Item(name.encode(), kind, 1, content) for content in (b"", b"\1"))
    return Change(before, after)


def _sentences() -> Sequence[str]:
    one = say("{what} {old} → {new}", what="name", old="-", new="")
    more = (one, say("{what} {old} → {new}", what="caller ID", old="-", new=""), say("{what} changed", what="secret"))
    what = join((*more, say("{count} more", count=2)))
    return tuple(
        say("{thing} {name} {done}".replace("{done}", done), thing=thing, name="", what=what)
        for thing in _THINGS
        for done in ("removed", "added", "changed: {what}")
    )


def _plan() -> bytes:
    names = [f"ASTETCDIR/{name}" for name in _FILES]
    changes = [_changed(name, ItemKind.FILE) for name in names]
    changes += [_changed(f"ASTDB/{name}/", ItemKind.KEY) for name in ("CW", "blacklist", "DEVICE", "AMPUSER")]
    changes += [_changed(f"SQL/asterisk/{name}/", ItemKind.ROW) for name in _EDITED]
    reloads = tuple(Reload(name, "devices, sip, users", optional=name.startswith("res_")) for name in _RELOADS)
    summary = say("{what}; reload: {reloads}; calls in progress: {calls}", what=join(_sentences()[-3:]),
                  reloads=join(_CALLED), calls=0)  # fmt: skip
    kinds = ("changes", "adds", "deletes", "deletes_percent", "bytes", "reloads", "needs_restart", "new_trunks")
    facts = tuple((f"plan.{name}", 0) for name in (*kinds, "new_admins", "new_commands"))
    action = AsteriskAction()
    plan = Plan("rows", tuple(changes), (), reloads, (), (), (), summary, tuple(_sentences()), action, facts)
    diffs = {f"SQL/asterisk/{name}/": "-description: \n+description: " for name in ("devices", "ringgroups", "trunks")}
    diffs |= {"SQL/asterisk/sip/,secret": "-data: ***\n+data: ***", "SQL/asterisk/users/": "-name: \n+name: "}
    diffs |= {"ASTDB/": "-value: \n+value: ", "ASTETCDIR/": "--- \n+++ \n@@ -1,6 +1,6 @@\n [\n"}
    return pack(plan_of(SavedPlan("", plan, diffs)))


def _run() -> Iterator[Message]:
    done = say("{changes} changes applied, verified and committed in {seconds} s", changes=6, seconds=1.5)
    ends = ((State.UNCHANGED, say("in step already")), (State.COMMITTED, done))
    found = (
        Finding(Level.WARNING, "AMI", "Asterisk is down; it reads its files when it starts"),
        Finding(Level.WARNING, "asterisk.", say("{host} has no table {table}", host="", table="asterisk.")),
        Finding(Level.WARNING, "", say("The module {module} is not in use on {host}: its tables are skipped",
                                       module="", host="")),
    )  # fmt: skip
    result = Result(Numbers(1), ("fwconsole reload", "res_pjsip.so", "dialplan reload"), found)
    yield from (Done(), Wait())
    for end, sentence in ends:
        states = (State.SCANNING, State.PLANNED, State.STAGED, State.APPLYING, State.VERIFYING, end)
        moves = [Move(number, "", state, 1.8e9, "") for number, state in enumerate(states, 2)]
        moves[-1] = Move(7, "", end, 1.8e9, sentence)
        yield status_of(moves, result)
    yield Contents(Sent((Ways(Way.ALONG, "", 1, 1, 1), Ways(Way.PATCH, "", 1, 1, 1))))
    yield from (Ask("", "", "", b"", Mode.APPLY, "schedule"), Follow("", 1, 25.0, plan=True, accept=_ACCEPT))


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(words())
