"""FreePBX is asked by one fixed list of arguments, and what it says is judged, not believed."""

import stat

import pytest

from pbxsync_worker.asterisk.freepbx import (
    REGENERATE,
    Activity,
    Detected,
    FreePbx,
    FreePbxPaths,
    module_version,
)
from pbxsync_worker.asterisk.program import Answer, run_program
from pbxsync_worker.core.locks import held
from pbxsync_worker.core.model.errors import AsteriskSilent, Invalid, ReloadFailed, Retry
from tests.fakes.clock import HandClock

CONF = """<?php
$amp_conf['AMPDBUSER'] = 'freepbxuser';
$amp_conf['AMPDBPASS'] = 'secret';
$amp_conf['AMPDBNAME'] = 'asterisk';
require_once('{web}/admin/bootstrap.php');
?>
"""
SAID = '{"message":"Reload Started"}\n{"message":"Reload Complete"}\n'
DONE = Answer(0, SAID)


class Program:
    """Answers every call alike, or raises; remembers what it was asked."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    def __call__(self, argv, seconds):
        self.asked.append(tuple(argv))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def paths(tmp_path):
    for name in ("run", "proc", "locks"):
        (tmp_path / name).mkdir()
    return FreePbxPaths(
        lock=tmp_path / "locks/freepbx.lock",
        conf=tmp_path / "freepbx.conf",
        program=tmp_path / "fwconsole",
        as_web_user=("sudo", "-n", "-u", "asterisk", "--"),
        run=tmp_path / "run",
        processes=tmp_path / "proc",
    )


def freepbx(paths, answer=DONE):
    program = Program(answer)
    return FreePbx(paths, HandClock(), program), program


def process(paths, number, *words):
    folder = paths.processes / str(number)
    folder.mkdir()
    (folder / "cmdline").write_bytes("\0".join(words).encode() + b"\0")


def test_it_writes_the_configuration_as_the_web_user_with_one_fixed_list(paths):
    port, program = freepbx(paths)
    assert port.regenerate().messages == ("Reload Started", "Reload Complete")
    assert program.asked == [("sudo", "-n", "-u", "asterisk", "--", str(paths.program), *REGENERATE)]


def test_it_never_reloads_asterisk_by_fwconsole():
    assert "--dont-reload-asterisk" in REGENERATE


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(255, '{"message":"Reload Started"}\n{"error":"boom","trace":"#0"}'), ReloadFailed),
        (Answer(0, '{"error":"boom"}'), ReloadFailed),
        (Answer(1, "", "Unable to locate the FreePBX BMO Class 'Core'"), ReloadFailed),
        (Answer(255, ""), ReloadFailed),
        (Answer(1, '{"error":"Unable to connect to Asterisk Manager"}'), AsteriskSilent),
        (Answer(255, '{"error":"Process is already running.","trace":"Process ID : 7"}'), Retry),
        (TimeoutError("no end after 300 seconds"), ReloadFailed),
        (FileNotFoundError(2, "No such file"), ReloadFailed),
    ],
)
def test_a_failure_is_told_by_its_form(paths, answer, error):
    port, _ = freepbx(paths, answer)
    with pytest.raises(error):
        port.regenerate()


def test_the_reason_of_freepbx_is_in_the_sentence(paths):
    port, _ = freepbx(paths, Answer(255, 'PHP Notice: {\n[1]{"error":"Aborting reload because of conflicts"}'))
    with pytest.raises(ReloadFailed, match="Aborting reload because of conflicts"):
        port.regenerate()


def test_it_refuses_a_second_one_at_the_same_time(paths):
    port, program = freepbx(paths)
    with held(paths.lock), pytest.raises(Retry):
        port.regenerate()
    assert program.asked == []


@pytest.mark.parametrize("word", ["r", "reload"])
def test_a_reload_of_somebody_else_is_seen(paths, word):
    process(paths, 41, "/usr/bin/php", "/usr/sbin/fwconsole", "--quiet", word)
    assert freepbx(paths)[0].activity() == Activity(reloading=True)


def test_a_change_of_modules_is_seen(paths):
    process(paths, 41, "php", "/var/lib/asterisk/bin/fwconsole", "ma", "upgradeall")
    assert freepbx(paths)[0].activity() == Activity(upgrading=True)


def test_a_restore_is_seen(paths):
    process(paths, 41, "php", "/usr/sbin/fwconsole", "backup", "--restore=/tmp/a.tar.gz")
    assert freepbx(paths)[0].activity() == Activity(restoring=True)


@pytest.mark.parametrize("words", [("ma", "list"), ("backup", "--list"), ("job", "--run"), ()])
def test_harmless_commands_are_no_activity(paths, words):
    process(paths, 41, "php", "/usr/sbin/fwconsole", *words)
    process(paths, 42, "vi", "reload")
    assert not freepbx(paths)[0].activity().any


def test_a_restore_that_was_cut_off_leaves_its_lock_and_counts_as_running(paths):
    (paths.run / "restore_running.lock").touch()
    port, program = freepbx(paths)
    with pytest.raises(Retry, match="restoring"):
        port.regenerate()
    assert program.asked == []


def test_the_lock_of_a_living_reload_counts_and_that_of_a_dead_one_does_not(paths):
    (paths.run / "reload.lock").write_text("77")
    assert not freepbx(paths)[0].activity().any
    (paths.processes / "77").mkdir()
    assert freepbx(paths)[0].activity().reloading


def test_it_waits_for_a_reload_that_ends_in_time(paths):
    process(paths, 41, "fwconsole", "reload")

    class Ending(HandClock):
        def sleep(self, seconds):
            super().sleep(seconds)
            (paths.processes / "41/cmdline").write_bytes(b"")

    program = Program(DONE)
    FreePbx(paths, Ending(), program).regenerate(patience=5)
    assert len(program.asked) == 1


def test_it_gives_up_on_a_reload_that_does_not_end(paths):
    process(paths, 41, "fwconsole", "reload")
    port, program = freepbx(paths)
    with pytest.raises(Retry, match="already"):
        port.regenerate(patience=2)
    assert program.asked == []


def test_a_host_without_its_file_is_a_plain_asterisk(paths):
    assert freepbx(paths)[0].detect() == Detected(freepbx=False)


def test_it_tells_the_version_and_that_nothing_is_missing(paths, tmp_path):
    paths.conf.write_text(CONF.replace("{web}", str(tmp_path)))
    paths.program.touch()
    folder = tmp_path / "admin/modules/framework"
    folder.mkdir(parents=True)
    (folder / "module.xml").write_text(
        "<module><depends><version>16</version></depends><version>17.0.19</version></module>"
    )
    assert freepbx(paths)[0].detect() == Detected(freepbx=True, version="17.0.19")


def test_it_tells_everything_that_is_missing(paths):
    paths.conf.write_text("<?php\n$amp_conf['AMPDBUSER'] = 'x';\n")
    detected = freepbx(paths)[0].detect()
    assert detected.version == ""
    assert detected.missing[0].startswith("freepbx.conf")
    assert detected.missing[1].endswith("is missing")


def test_a_file_that_cannot_be_read_is_told(paths):
    paths.conf.mkdir()
    with pytest.raises(Invalid, match="cannot be read"):
        freepbx(paths)[0].conf()


def test_a_module_without_a_version_has_none():
    assert module_version("<module><!-- <version>1</version> --><name>x</name></module>") == ""


def test_a_real_program_gets_no_input_and_not_our_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("PBXSYNC_HOME", "/secret")
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\ncat\necho "$1|$PBXSYNC_HOME"\necho oops >&2\nexit 3\n')
    program.chmod(stat.S_IRWXU)
    assert run_program([str(program), "a b"], 10) == Answer(3, "a b|\n", "oops\n")


def test_a_real_program_that_does_not_end_is_cut_off():
    with pytest.raises(TimeoutError, match="no end"):
        run_program(["sleep", "30"], 0.1)
