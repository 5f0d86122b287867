"""Every kind of bad change to a real Asterisk's files: where the controller catches it.

Each case is tried twice: by the static check, and with the static check left out, by reload and verification.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pbxsync_worker.asterisk.controller import AsteriskController
from pbxsync_worker.asterisk.reloads import reloads_for
from pbxsync_worker.asterisk.session import AmiAddress
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.errors import ReloadFailed
from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.plan import Plan
from scripts.lab.node import PbxNode
from tests.fakes.ami_config import MemoryView, changes_between, folder_view

pytestmark = pytest.mark.integration

ENDPOINTS, FLOW = "pjsip.endpoints.conf", "extensions_flow.conf"
UNPARSABLE = b"\n[broken\nfoo=bar\n"
STATIC, RELOAD, LOG, COUNTS, WARNS, NOWHERE = "static", "reload", "log", "counts", "warning", "-"


@dataclass(frozen=True)
class Bad:
    """file: changed by `append`, `replace` (old, new) or `whole` (None removes it); caught: where, without lint."""

    what: str
    file: str
    static: str
    caught: str
    append: bytes = b""
    replace: tuple[bytes, bytes] | None = None
    whole: bytes | None = field(default=b"?")

    def applied(self, view: MemoryView) -> MemoryView:
        data = view.files[self.file]
        if self.whole != b"?":
            return view.plus({self.file: self.whole})
        if self.replace is not None:
            assert self.replace[0] in data
            return view.plus({self.file: data.replace(*self.replace, 1)})
        return view.plus({self.file: data + self.append})


def _middle(old: bytes) -> tuple[bytes, bytes]:
    return old, b"[broken\n" + old


CASES = (
    Bad("dialplan: main file unparsable", "extensions.conf", STATIC, RELOAD, append=UNPARSABLE),
    Bad("dialplan: main file missing", "extensions.conf", STATIC, RELOAD, whole=None),
    Bad("dialplan: include missing", "extensions.conf", STATIC, RELOAD, append=b"#include gone.conf\n"),
    Bad("dialplan: main file empty", "extensions.conf", STATIC, COUNTS, whole=b""),
    Bad("dialplan: part unparsable in the middle", FLOW, STATIC, LOG, replace=_middle(b"[ivr-main]")),
    Bad("dialplan: part is binary", FLOW, STATIC, LOG, whole=bytes(range(256)) * 40),
    Bad("dialplan: part has NULs", FLOW, STATIC, NOWHERE, append=b"[zeros]\nexten => 1,1,NoOp()\0\0\0\n"),
    Bad("dialplan: part missing", FLOW, STATIC, RELOAD, whole=None),
    Bad("dialplan: bad priority", FLOW, STATIC, LOG, append=b"exten => 99,x,NoOp()\n"),
    Bad("dialplan: 'n' as first priority", FLOW, STATIC, LOG, append=b"[first]\nexten => 99,n,NoOp()\n"),
    Bad("dialplan: parenthesis missing", FLOW, STATIC, LOG, append=b"exten => 99,1,NoOp(x\n"),
    Bad("dialplan: line without '='", FLOW, STATIC, LOG, append=b"exten 99,1,NoOp(x)\n"),
    Bad("dialplan: unknown application", FLOW, STATIC, NOWHERE, append=b"exten => 99,1,NoSuchApp(x)\n"),
    Bad(
        "dialplan: setting before any section",
        "extensions.conf",
        STATIC,
        RELOAD,
        replace=(b"[general]", b"a=b\n[general]"),
    ),
    Bad("pjsip: main file unparsable", "pjsip.conf", STATIC, LOG, append=UNPARSABLE),
    Bad("pjsip: main file absent", "pjsip.conf", STATIC, LOG, whole=None),
    Bad("pjsip: main file empty", "pjsip.conf", STATIC, COUNTS, whole=b""),
    Bad("pjsip: include missing", "pjsip.conf", STATIC, LOG, append=b"#include gone.conf\n"),
    Bad("pjsip: part broken in the middle", ENDPOINTS, STATIC, LOG, replace=_middle(b"[2005]")),
    Bad("pjsip: part empty", ENDPOINTS, STATIC, COUNTS, whole=b""),
    Bad("pjsip: part with comments only", ENDPOINTS, STATIC, COUNTS, whole=b"; nothing\n"),
    Bad("pjsip: template missing", ENDPOINTS, STATIC, LOG, replace=(b"[2005]", b"[2005](nowhere)")),
    Bad("pjsip: unknown option", ENDPOINTS, NOWHERE, LOG, append=b"no_such_option = 1\n"),
    Bad("pjsip: bad value", ENDPOINTS, NOWHERE, LOG, append=b"rtp_timeout = soon\n"),
    Bad("pjsip: bad codec", ENDPOINTS, NOWHERE, LOG, append=b"allow = nosuchcodec\n"),
    Bad("pjsip: duplicate section of a type", ENDPOINTS, STATIC, LOG, append=b"[2003]\ntype = endpoint\n"),
    Bad("pjsip: section without type", ENDPOINTS, STATIC, NOWHERE, replace=(b"[2003]\ntype = endpoint", b"[2003]")),
    Bad("pjsip: unknown transport", ENDPOINTS, STATIC, NOWHERE, append=b"transport = nowhere\n"),
    Bad("pjsip: unknown aor", ENDPOINTS, STATIC, NOWHERE, append=b"aors = nowhere\n"),
    Bad("pjsip: unknown auth", ENDPOINTS, STATIC, NOWHERE, append=b"auth = nowhere\n"),
    Bad("pjsip: a third of the endpoints lost", ENDPOINTS, STATIC, NOWHERE, whole=b"SOME"),
    Bad("pjsip: transport bind changed", "pjsip.transports_custom.conf", NOWHERE, WARNS, replace=(b":5060", b":5099")),
    Bad("pjsip: #exec appears", "pjsip_custom.conf", STATIC, WARNS, append=b"#exec /bin/true\n"),
    Bad("queues: broken", "queues.conf", STATIC, LOG, append=UNPARSABLE),
    Bad("queues: missing", "queues.conf", STATIC, LOG, whole=None),
    Bad("queues: empty", "queues.conf", STATIC, COUNTS, whole=b""),
    Bad("voicemail: broken", "voicemail.conf", STATIC, LOG, append=UNPARSABLE),
    Bad("voicemail: missing", "voicemail.conf", STATIC, LOG, whole=None),
    Bad("voicemail: emptied", "voicemail.conf", STATIC, COUNTS, whole=b""),
    Bad("music: broken", "musiconhold.conf", STATIC, LOG, append=UNPARSABLE),
    Bad("music: missing", "musiconhold.conf", STATIC, NOWHERE, whole=None),
    Bad("music: emptied", "musiconhold.conf", STATIC, NOWHERE, whole=b""),
    Bad("features: broken", "features.conf", STATIC, RELOAD, append=UNPARSABLE),
    Bad("features: missing", "features.conf", STATIC, RELOAD, whole=None),
    Bad("parking: broken", "res_parking.conf", STATIC, RELOAD, append=UNPARSABLE),
    Bad("conferences: broken", "confbridge.conf", STATIC, RELOAD, append=UNPARSABLE),
)


class Pbx:
    """A running node with its controller, brought back to its good files before each case."""

    def __init__(self, node: PbxNode) -> None:
        ami = AmiAddress(node.host.address, node.host.ami_port, node.host.ami_user, lambda: node.ami_secret)
        sip = "{}:{}".format(*node.sip_address)
        self.etc = node.etc
        self.controller = AsteriskController(ami, node.log_file, sip, SystemClock(), deadline=5.0)
        self.good = folder_view(node.etc)

    def write(self, view: MemoryView) -> None:
        for name in set(folder_view(self.etc).files) - set(view.files):
            (self.etc / name).unlink()
        for change in changes_between(folder_view(self.etc), view):
            name = change.name.decode().partition("/")[2]
            (self.etc / name).write_bytes(view.files[name])


@pytest.fixture(scope="module")
def pbx(module_pbx_node) -> Pbx:
    return Pbx(module_pbx_node("pbx", extensions=12))


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[dict[str, tuple[str, str, str]]]:
    rows: dict[str, tuple[str, str, str]] = {}
    yield rows
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print("\n\n| bad change | static check | without it | what was said |\n|---|---|---|---|")
        for what, row in sorted(rows.items()):
            print(f"| {what} | " + " | ".join(row) + " |")


def _some(case: Bad, view: MemoryView) -> MemoryView:
    after = case.applied(view)
    if case.whole != b"SOME":
        return after
    data = view.files[case.file]
    return view.plus({case.file: data[: data.index(b"[2005]")]})


def _where(findings: tuple[Finding, ...]) -> tuple[str, str]:
    fatal = [one for one in findings if one.level is Level.FATAL]
    for one in fatal:
        places: Mapping[str, str] = {"Asterisk's log": LOG}
        return places.get(one.place, COUNTS if one.place.startswith("count") else one.place), one.sentence
    return (WARNS, findings[0].sentence) if findings else (NOWHERE, "")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_a_bad_change_is_caught_and_the_good_files_heal_the_pbx(pbx: Pbx, table, case: Bad):
    before = pbx.controller.look()
    after = _some(case, pbx.good)
    changes = changes_between(pbx.good, after)
    reloads = reloads_for(changes, after).actions
    static = pbx.controller.check(pbx.good, after, Plan("files", changes))
    stopping = [one for one in static if one.level in (Level.FATAL, Level.HOLD)]
    found_static = STATIC if stopping else NOWHERE
    said = stopping[0].sentence if stopping else ""

    pbx.write(after)
    try:
        pbx.controller.reload(reloads)
    except ReloadFailed as error:
        caught, later = RELOAD, error.sentence
    else:
        caught, later = _where(pbx.controller.verify(before, after, reloads, 2))
    pbx.write(pbx.good)
    healed = pbx.controller.look()
    pbx.controller.reload(reloads)
    findings = pbx.controller.verify(before if before.running else healed, pbx.good, reloads, 1)

    table[case.what] = (found_static, caught, (said or later).replace(str(pbx.etc), "etc"))
    assert (found_static, caught) == (case.static, case.caught)
    assert [one for one in findings if one.level is Level.FATAL and one.place != "Asterisk's log"] == []
    assert pbx.controller.look().counts == before.counts


def test_a_good_change_passes_every_check(pbx: Pbx):
    more = b"\n[1999]\ntype = endpoint\ncontext = from-internal\ndisallow = all\nallow = ulaw\naors = 2001\n"
    after = pbx.good.plus({"pjsip_custom.conf": pbx.good.files["pjsip_custom.conf"] + more})
    changes = changes_between(pbx.good, after)
    reloads = reloads_for(changes, after).actions
    before = pbx.controller.look()
    pbx.write(after)
    assert pbx.controller.check(pbx.good, after, Plan("files", changes)) == ()
    assert [one.module for one in pbx.controller.reload(reloads)] == ["res_pjsip.so"]
    assert pbx.controller.verify(before, after, reloads, 5) == ()
    pbx.write(pbx.good)
    pbx.controller.reload(reloads)


def test_nothing_of_the_repository_is_left_in_the_configuration(pbx: Pbx):
    assert Path(pbx.etc).exists()
    assert folder_view(pbx.etc).files == pbx.good.files
