"""What every Pbx promises, kept by the controller of a real Asterisk."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from pbxsync_worker.asterisk.controller import AsteriskController
from pbxsync_worker.asterisk.session import AmiAddress
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.ports import Pbx
from tests.contract.test_pbx import DIALPLAN, PbxContract, closed_port

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def node(module_pbx_node):
    return module_pbx_node("contract", extensions=12)


class TestRealAsterisk(PbxContract):
    """The real controller with a real Asterisk; what it cannot be made to do is left to the scripted server."""

    @pytest.fixture
    def pbx(self, node) -> Pbx:
        ami = AmiAddress(node.host.address, node.host.ami_port, node.host.ami_user, lambda: node.ami_secret)
        sip = "{}:{}".format(*node.sip_address)
        return AsteriskController(ami, node.log_file, sip, SystemClock(), deadline=5.0)

    @pytest.fixture
    def lacking(self, pbx: Pbx) -> Pbx:
        return pbx

    @pytest.fixture
    def broken(self, node, pbx: Pbx) -> Iterator[Pbx]:
        path = node.etc / "extensions.conf"
        good = path.read_bytes()
        path.write_bytes(good + b"\n[broken\n")
        yield pbx
        path.write_bytes(good)
        pbx.reload(DIALPLAN)

    @pytest.fixture
    def stopped(self, tmp_path: Path) -> Pbx:
        address = AmiAddress("127.0.0.1", closed_port(), "pbxsync", lambda: "x")
        return AsteriskController(address, tmp_path / "full", "", SystemClock(), deadline=1.0)

    @pytest.fixture
    def hanging(self, node) -> Iterator[Pbx]:
        os.kill(node.pid, signal.SIGSTOP)
        ami = AmiAddress(node.host.address, node.host.ami_port, node.host.ami_user, lambda: node.ami_secret)
        yield AsteriskController(ami, node.log_file, "", SystemClock(), deadline=0.5)
        os.kill(node.pid, signal.SIGCONT)

    @pytest.fixture
    def yes_sayer(self) -> Pbx:
        return pytest.skip("a real Asterisk always tells that it reloaded")
