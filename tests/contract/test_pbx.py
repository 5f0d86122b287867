"""What every Pbx promises, fake and real."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pbxsync_worker.asterisk.controller import AsteriskController
from pbxsync_worker.asterisk.session import AmiAddress
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.errors import AsteriskSilent, ReloadFailed
from pbxsync_worker.core.model.pbx import Level, PbxState
from pbxsync_worker.core.model.plan import Plan, Reload
from pbxsync_worker.core.model.ports import Pbx
from tests.fakes.ami_config import MemoryView
from tests.fakes.ami_server import AmiServer, error, healthy, success
from tests.fakes.pbx import FakePbx, down

NOTHING = MemoryView({})
RAN = PbxState(running=True)
DIALPLAN = (Reload("pbx_config.so", "extensions.conf changed"),)


class PbxContract:
    """`pbx`, `broken`, `hanging`, `yes_sayer` and `stopped` are given by the classes below."""

    def test_a_look_tells_that_asterisk_runs(self, pbx: Pbx):
        state = pbx.look()
        assert state.running
        assert state.version
        assert state.count("endpoints")

    def test_it_tells_the_calls_in_progress(self, pbx: Pbx):
        assert pbx.calls_in_progress() == 0

    def test_calls_that_nobody_tells_are_unknown(self, hanging: Pbx):
        assert hanging.calls_in_progress() is None

    def test_a_stopped_asterisk_has_no_calls(self, stopped: Pbx):
        assert stopped.calls_in_progress() == 0

    def test_a_count_that_nobody_knows_is_absent(self, pbx: Pbx):
        assert pbx.look().count("unicorns") is None

    def test_reloading_nothing_does_nothing(self, pbx: Pbx):
        assert pbx.reload(()) == ()

    def test_every_reload_is_reported_in_order(self, pbx: Pbx):
        reloads = (Reload("features", "x"), *DIALPLAN)
        assert [(one.module, one.skipped) for one in pbx.reload(reloads)] == [
            ("features", False),
            ("pbx_config.so", False),
        ]

    def test_an_unchanged_pbx_is_healthy(self, pbx: Pbx):
        assert pbx.verify(pbx.look(), NOTHING, (), 1) == ()

    def test_unchanged_files_have_nothing_wrong(self, pbx: Pbx):
        assert pbx.check(NOTHING, NOTHING, Plan("files", ())) == ()

    def test_it_skips_an_optional_module_that_is_not_there(self, lacking: Pbx):
        (done,) = lacking.reload((Reload("app_meetme.so", "x", optional=True),))
        assert done.skipped

    def test_it_refuses_a_needed_module_that_is_not_there(self, lacking: Pbx):
        with pytest.raises(ReloadFailed):
            lacking.reload((Reload("app_meetme.so", "x"),))

    def test_a_refused_reload_is_raised(self, broken: Pbx):
        with pytest.raises(ReloadFailed):
            broken.reload(DIALPLAN)

    def test_silence_is_not_taken_for_down(self, hanging: Pbx):
        with pytest.raises(AsteriskSilent):
            hanging.look()

    def test_silence_after_a_change_is_fatal(self, hanging: Pbx):
        findings = hanging.verify(RAN, NOTHING, (), 1)
        assert any(one.level is Level.FATAL for one in findings)

    def test_it_does_not_believe_a_reload_that_only_says_success(self, yes_sayer: Pbx):
        with pytest.raises(ReloadFailed):
            yes_sayer.reload(DIALPLAN)

    def test_a_stopped_asterisk_is_seen_as_down(self, stopped: Pbx):
        assert not stopped.look().running

    def test_a_stopped_asterisk_skips_every_reload(self, stopped: Pbx):
        assert [one.skipped for one in stopped.reload(DIALPLAN)] == [True]

    def test_an_asterisk_that_went_down_is_fatal(self, stopped: Pbx):
        findings = stopped.verify(RAN, NOTHING, (), 1)
        assert any(one.level is Level.FATAL for one in findings)

    def test_an_asterisk_that_was_down_before_is_only_told(self, stopped: Pbx):
        findings = stopped.verify(stopped.look(), NOTHING, (), 1)
        assert [one.level for one in findings] == [Level.WARNING]


class TestFakePbx(PbxContract):
    @pytest.fixture
    def pbx(self) -> Pbx:
        return FakePbx()

    @pytest.fixture
    def lacking(self) -> Pbx:
        return FakePbx(missing=frozenset({"app_meetme.so"}))

    @pytest.fixture
    def broken(self) -> Pbx:
        return FakePbx(refuses=frozenset({"pbx_config.so"}))

    @pytest.fixture
    def hanging(self) -> Pbx:
        return FakePbx(hangs=True)

    @pytest.fixture
    def yes_sayer(self) -> Pbx:
        return FakePbx(says_yes=True)

    @pytest.fixture
    def stopped(self) -> Pbx:
        return down()


class TestController(PbxContract):
    """The real controller with a scripted AMI server."""

    def _controller(self, tmp_path: Path, server: AmiServer | None) -> AsteriskController:
        (tmp_path / "full").touch()
        address = AmiAddress("127.0.0.1", server.port if server else closed_port(), "pbxsync", lambda: "right")
        return AsteriskController(address, tmp_path / "full", "", SystemClock(), deadline=0.3)

    @pytest.fixture
    def pbx(self, tmp_path: Path) -> Iterator[Pbx]:
        with AmiServer().running() as server:
            yield self._controller(tmp_path, server)

    @pytest.fixture
    def lacking(self, tmp_path: Path) -> Iterator[Pbx]:
        answers = {**healthy(), "reload": lambda action: error(action, "No such module")}
        with AmiServer(answers).running() as server:
            yield self._controller(tmp_path, server)

    @pytest.fixture
    def broken(self, tmp_path: Path) -> Iterator[Pbx]:
        answers = {**healthy(), "reload": lambda action: error(action, "An unknown error occurred")}
        with AmiServer(answers).running() as server:
            yield self._controller(tmp_path, server)

    @pytest.fixture
    def hanging(self, tmp_path: Path) -> Iterator[Pbx]:
        with AmiServer({}, otherwise=lambda action: b"").running() as server:
            yield self._controller(tmp_path, server)

    @pytest.fixture
    def yes_sayer(self, tmp_path: Path) -> Iterator[Pbx]:
        with AmiServer({}, otherwise=success).running() as server:
            yield self._controller(tmp_path, server)

    @pytest.fixture
    def stopped(self, tmp_path: Path) -> Pbx:
        return self._controller(tmp_path, None)


def closed_port() -> int:
    with AmiServer().running() as server:
        return server.port
