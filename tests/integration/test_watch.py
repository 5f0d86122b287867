"""Facts of a real Asterisk: a call comes up and ends, a reload, an emergency call, a stop; and what is not told."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from pbxsync_worker.asterisk.session import AmiAddress
from pbxsync_worker.asterisk.watch import AsteriskWatch
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.errors import AsteriskRefused, AsteriskSilent
from scripts.lab.node import PbxNode

pytestmark = pytest.mark.integration

Facts = dict[str, Any]

DIALPLAN = "\n[proof]\nexten => 112,1,Answer()\n same => n,Wait(60)\nexten => 200,1,Answer()\n same => n,Wait(60)\n"


@pytest.fixture(scope="module")
def node(module_pbx_node) -> PbxNode:
    node: PbxNode = module_pbx_node("watched", extensions=12)
    with (node.etc / "extensions_custom.conf").open("a") as file:
        file.write(DIALPLAN)
    node.cli("dialplan reload")
    return node


def watching(node: PbxNode, secret: str = "", seen: float | None = None) -> AsteriskWatch:
    ami = AmiAddress(*node.ami_address, node.host.ami_user, lambda: secret or node.ami_secret)
    control = node.folder / "nowhere"
    return AsteriskWatch(ami, SystemClock(), ("112", "911"), lambda: seen, control, deadline=5.0)


@pytest.fixture
def watch(node) -> Iterator[AsteriskWatch]:
    node.cli("module load res_clioriginate.so")  # gone with each stop of Asterisk
    until_told(node, "core show help channel originate", "Usage")
    until_told(node, "dialplan show 112@proof", "Answer")
    one = watching(node, seen=5000.0)
    yield one
    one.close()
    node.cli("channel request hangup all")
    until_told(node, "core show channels count", "0 active channels")


def until_told(node: PbxNode, command: str, wanted: str) -> None:
    """Ask until the console's answer has what is wanted: a busy machine reloads and hangs up late."""
    end = time.monotonic() + 30
    while wanted not in node.cli(command):
        assert time.monotonic() < end, f"{command}: {node.cli(command)}"
        time.sleep(0.1)


def until(watch: AsteriskWatch, wanted: Callable[[Facts], bool], seconds: float = 30.0) -> Facts:
    """Return the facts as soon as they are wanted; each look says all that changes quickly."""
    end = time.monotonic() + seconds
    known: Facts = {}
    while time.monotonic() < end:
        known |= watch.look(1.0)
        if wanted(known):
            return known
    raise AssertionError(known)


def after_silence(watch: AsteriskWatch) -> Facts:
    """Look until Asterisk is silent, and once more."""
    with suppress(AsteriskSilent):
        while watch.look(1.0)["asterisk.up"]:
            pass
    return watch.look(1.0)


def test_a_quiet_asterisk_tells_everything_but_what_it_may_not(watch):
    facts = watch.look(1.0)
    assert facts["asterisk.up"] is True
    assert facts["asterisk.version"].startswith("22.")
    assert (facts["asterisk.calls"], facts["asterisk.channels"]) == (0, 0)
    assert facts["asterisk.endpoints"] == 12
    assert facts["asterisk.endpoints_online"] == 0
    assert facts["asterisk.callers_waiting"] == 0
    assert facts["asterisk.since_emergency_s"] == 5000
    assert facts["asterisk.modules"] is None  # the AMI user may not give commands


def test_a_call_is_known_as_soon_as_it_comes_up_and_as_soon_as_it_ends(watch, node):
    watch.look(0.1)
    node.cli("channel originate Local/200@proof application Wait 60")
    facts = until(watch, lambda known: known["asterisk.calls"] == 1)
    assert facts["asterisk.channels"] == 2
    node.cli("channel request hangup all")
    until(watch, lambda known: known["asterisk.calls"] == 0 and known["asterisk.channels"] == 0)


def test_an_emergency_call_is_never_long_ago_while_it_lasts(watch, node):
    assert watch.look(0.1)["asterisk.since_emergency_s"] >= 5000
    node.cli("channel originate Local/112@proof application Wait 60")
    until(watch, lambda known: known["asterisk.since_emergency_s"] == 0)
    node.cli("channel request hangup all")
    until(watch, lambda known: known["asterisk.calls"] == 0)
    assert watch.look(0.1)["asterisk.since_emergency_s"] < 5


def test_a_reload_is_noticed(watch, node):
    watch.look(0.1)
    watch._reloaded -= 100
    assert watch.look(0.1)["asterisk.since_reload_s"] >= 100
    node.cli("module reload pbx_config.so")
    until(watch, lambda known: known["asterisk.since_reload_s"] < 10)


def test_a_refused_log_in_tells_nothing(node):
    with pytest.raises(AsteriskRefused):
        watching(node, secret="wrong").look(0.1)


def test_an_asterisk_that_stops_is_known_to_be_down_and_found_again_when_it_starts(node):
    watch = watching(node)
    watch.look(0.1)
    node.stop()
    facts = after_silence(watch)
    assert (facts["asterisk.up"], facts["asterisk.calls"]) == (False, 0)
    assert "asterisk.endpoints" not in facts
    node.start()
    assert watch.look(1.0)["asterisk.up"] is True
    watch.close()
