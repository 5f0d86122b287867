import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pbxsync_worker.asterisk.controller import AsteriskController
from pbxsync_worker.asterisk.session import AmiAddress
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import AsteriskSilent, ReloadFailed
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.pbx import Finding, Level, PbxState
from pbxsync_worker.core.model.plan import Plan, Reload
from tests.contract.test_pbx import closed_port
from tests.fakes.ami_config import MemoryView, changes_between
from tests.fakes.ami_server import AmiServer, Answer, error, healthy, listing, message, reload_done, success

PJSIP = (Reload("res_pjsip.so", "x"),)
THREE = MemoryView(
    {"pjsip.conf": "".join(f"[{n}]\ntype={kind}\n" for kind in ("endpoint", "aor", "auth") for n in "abc")}
)


class Story:
    """Gives the first answers one by one, then the last for ever."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)

    def __call__(self, action: dict[str, str]) -> bytes:
        return (self._answers.pop(0) if len(self._answers) > 1 else self._answers[0])(action)


class QuickClock(SystemClock):
    """Real time, but waiting is not waited for."""

    def sleep(self, seconds: float) -> None:
        super().sleep(min(seconds, 0.005))


@contextmanager
def _controller(folder: Path, sip: str = "", **answers: Answer) -> Iterator[AsteriskController]:
    server = AmiServer({**healthy(), **answers})
    (folder / "full").touch()
    with server.running():
        address = AmiAddress("127.0.0.1", server.port, "pbxsync", lambda: "right")
        yield AsteriskController(address, folder / "full", sip, QuickClock(), deadline=0.3)


def _log(folder: Path, text: str, level: str = "ERROR") -> None:
    with (folder / "full").open("a") as log:
        log.write(f"[now] {level}[1] {text}\n")


def _fatal(findings: tuple[Finding, ...]) -> list[str]:
    return [one.sentence for one in findings if one.level is Level.FATAL]


def _busy(action: dict[str, str]) -> bytes:
    return error(action, "A reload is in progress")


def test_a_busy_asterisk_is_asked_again(tmp_path):
    with _controller(tmp_path, reload=Story(_busy, _busy, reload_done)) as pbx:
        assert [one.module for one in pbx.reload(PJSIP)] == ["res_pjsip.so"]


def test_an_asterisk_that_stays_busy_is_a_failed_reload(tmp_path):
    with _controller(tmp_path, reload=_busy) as pbx, pytest.raises(ReloadFailed, match="in progress"):
        pbx.reload(PJSIP)


@pytest.mark.parametrize("status", ["1", "3", "4", "5"])
def test_a_success_whose_event_tells_otherwise_is_a_failed_reload(tmp_path, status):
    def answer(action):
        event = message("Event: Reload", f"Module: {action['Module']}", f"Status: {status}")
        return event + success(action, "Message: Module Reloaded")

    with _controller(tmp_path, reload=answer) as pbx, pytest.raises(ReloadFailed, match=f"status {status}"):
        pbx.reload(PJSIP)


def test_asterisk_counts_messages_by_an_action_of_its_own(tmp_path):
    with _controller(tmp_path, voicemailrefresh=success) as pbx:
        (done,) = pbx.reload((Reload("mwi", "messages", optional=True),))
    assert not done.skipped


@pytest.mark.parametrize("reason", ["Invalid/unknown command", "Permission denied"])
def test_an_asterisk_that_counts_no_messages_for_us_fails_no_run(tmp_path, reason):
    with _controller(tmp_path, voicemailrefresh=lambda action: error(action, reason)) as pbx:
        (done,) = pbx.reload((Reload("mwi", "messages", optional=True),))
    assert done.skipped


def test_the_event_of_another_module_proves_nothing(tmp_path):
    def answer(action):
        return success(action) + message("Event: Reload", "Module: features", "Status: 0")

    with _controller(tmp_path, reload=answer) as pbx, pytest.raises(ReloadFailed, match="never told"):
        pbx.reload(PJSIP)


@pytest.mark.parametrize("reason", ["No such module", "Module not initialized", "Module does not support reload"])
def test_an_optional_module_may_be_absent_in_any_way(tmp_path, reason):
    with _controller(tmp_path, reload=lambda action: error(action, reason)) as pbx:
        assert [one.skipped for one in pbx.reload((Reload("chan_iax2.so", "x", optional=True),))] == [True]


def test_the_first_failure_ends_the_reloads(tmp_path):
    story = Story(reload_done, lambda action: error(action, "An unknown error occurred"), reload_done)
    with _controller(tmp_path, reload=story) as pbx, pytest.raises(ReloadFailed, match="features"):
        pbx.reload((*PJSIP, Reload("features", "x"), Reload("pbx_config.so", "x")))


def test_a_closed_ami_port_is_not_down_while_the_control_socket_answers(tmp_path):
    address = AmiAddress("127.0.0.1", closed_port(), "pbxsync", lambda: "right")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
        control.bind(str(tmp_path / "ctl"))
        control.listen()
        pbx = AsteriskController(address, tmp_path / "full", "", QuickClock(), 0.3, tmp_path / "ctl")
        with pytest.raises(AsteriskSilent):
            pbx.look()
        with pytest.raises(AsteriskSilent):
            pbx.reload(PJSIP)


def test_a_closed_ami_port_and_a_dead_control_socket_are_down(tmp_path):
    address = AmiAddress("127.0.0.1", closed_port(), "pbxsync", lambda: "right")
    pbx = AsteriskController(address, tmp_path / "full", "", QuickClock(), 0.3, tmp_path / "ctl")
    assert not pbx.look().running


def test_the_secret_is_read_at_each_login(tmp_path):
    secrets = iter(["right", "wrong"])
    with AmiServer().running() as server:
        address = AmiAddress("127.0.0.1", server.port, "pbxsync", lambda: next(secrets))
        pbx = AsteriskController(address, tmp_path / "full", "", QuickClock(), 0.3)
        assert pbx.look().running
        with pytest.raises(Exception, match="Authentication failed"):
            pbx.look()


def test_the_offset_of_a_look_is_taken_from_the_log(tmp_path):
    with _controller(tmp_path) as pbx:
        _log(tmp_path, "x.c: y")
        assert pbx.look().log_offset == (tmp_path / "full").stat().st_size


def test_counts_that_fit_the_files_are_healthy(tmp_path):
    with _controller(tmp_path) as pbx:
        assert pbx.verify(pbx.look(), THREE, PJSIP, 1) == ()


def test_counts_that_do_not_fit_the_files_are_fatal(tmp_path):
    with _controller(tmp_path) as pbx:
        four = THREE.plus({"pjsip.conf": THREE.files["pjsip.conf"] + b"[d]\ntype=endpoint\n"})
        assert _fatal(pbx.verify(pbx.look(), four, PJSIP, 1)) == ["Asterisk has 3 endpoints, its files say 4"]


def test_counts_that_come_late_are_waited_for(tmp_path):
    late = Story(listing("EndpointList", ["a"]), listing("EndpointList", ["a"]), listing("EndpointList", list("abc")))
    with _controller(tmp_path, pjsipshowendpoints=late) as pbx:
        assert pbx.verify(pbx.look(), THREE, PJSIP, 1) == ()


def test_a_fault_in_the_log_is_fatal_although_every_count_fits(tmp_path):
    with _controller(tmp_path) as pbx:
        before = pbx.look()
        _log(tmp_path, "res_sorcery_config.c: Retaining existing configuration for object of type 'endpoint'", "NOTICE")
        (sentence,) = _fatal(pbx.verify(before, THREE, PJSIP, 1))
    assert "keeps its old copy" in sentence


def test_a_fault_from_before_the_look_is_not_ours(tmp_path):
    with _controller(tmp_path) as pbx:
        _log(tmp_path, "app_queue.c: Config file queues.conf is in an invalid format.  Aborting.")
        assert pbx.verify(pbx.look(), THREE, PJSIP, 1) == ()


def test_a_log_that_cannot_be_read_is_told(tmp_path):
    with _controller(tmp_path) as pbx:
        before = pbx.look()
        (tmp_path / "full").unlink()
        (finding,) = pbx.verify(before, THREE, PJSIP, 1)
    assert finding.level is Level.WARNING


def test_a_vital_module_that_is_gone_is_fatal(tmp_path):
    with _controller(tmp_path, modulecheck=lambda action: error(action, "Module not loaded")) as pbx:
        assert _fatal(pbx.verify(pbx.look(), THREE, PJSIP, 1)) == ["the module is not loaded any more"]


def test_sip_that_does_not_answer_is_fatal(tmp_path):
    with _controller(tmp_path, sip="127.0.0.1:9") as pbx:
        assert _fatal(pbx.verify(pbx.look(), THREE, PJSIP, 1)) == ["nothing answers SIP OPTIONS at 127.0.0.1:9"]


def test_the_check_judges_the_files_of_the_plan(tmp_path):
    after = THREE.plus({"pjsip.conf": b"[broken\n"})
    with _controller(tmp_path) as pbx:
        findings = pbx.check(THREE, after, Plan("files", changes_between(THREE, after)))
    assert _fatal(findings)


def test_the_check_judges_the_file_that_mailboxes_are_merged_into(tmp_path):
    before = MemoryView({"voicemail.conf": b"[default]\n1 => 1,A\n"})
    box = Item(b"VOICEMAIL/default/2", ItemKind.BOX, 3, digest_of(b"2,B"))
    with _controller(tmp_path) as pbx:
        findings = pbx.check(
            before, before.plus({"voicemail.conf": b"[default\n"}), Plan("boxes", (Change(None, box),))
        )
    assert _fatal(findings)


def test_an_asterisk_that_says_yes_to_everything_is_not_healthy(tmp_path):
    with AmiServer({}, otherwise=success).running() as server:
        address = AmiAddress("127.0.0.1", server.port, "pbxsync", lambda: "right")
        pbx = AsteriskController(address, tmp_path / "full", "", QuickClock(), 0.1)
        with pytest.raises(AsteriskSilent):
            pbx.look()
        assert _fatal(pbx.verify(PbxState(running=True), THREE, PJSIP, 1))
