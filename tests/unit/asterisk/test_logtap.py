from pathlib import Path

import pytest

from pbxsync_worker.asterisk.logtap import LogLine, judge, log_size, parse, read_history, read_since
from pbxsync_worker.core.model.pbx import Level
from tests.fakes.ami_config import MemoryView

FILES = MemoryView({"pjsip.conf": "", "iax.conf": ""})
FATAL, WARNING = Level.FATAL, Level.WARNING


def _line(text: str, level: str = "WARNING") -> str:
    return f"[2026-11-22 12:55:03.123] {level}[14587]: {text}".replace("]: ", "] ")


def _levels(text: str, history: str = "") -> list[Level]:
    return [one.level for one in judge(parse(text), parse(history), FILES)]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("config.c: parse error: no closing ']', line 3 of /etc/asterisk/extensions.conf", FATAL),
        ("config.c: parse error: No category context for line 1 of /etc/asterisk/x.conf", FATAL),
        ("config.c: The file 'gone.conf' was listed as a #include but it does not exist.", FATAL),
        ("config.c: Inheritance requested, but category 'x' does not exist, line 2 of x.conf", FATAL),
        ("config.c: Maximum Include level (10) exceeded", FATAL),
        ("config.c: No '=' (equal sign) in line 7 of /etc/asterisk/extensions.conf", FATAL),
        ("config.c: Cannot perform #exec unless execincludes option is enabled in asterisk.conf", WARNING),
        ("pbx_config.c: Invalid priority/label 'x' at line 4 of extensions.conf", FATAL),
        ("pbx_config.c: Invalid priority '0' at line 4 of extensions.conf", FATAL),
        ("pbx_config.c: Can't use 'next' priority on the first entry at line 4 of extensions.conf!", FATAL),
        ("pbx_config.c: No closing parenthesis found? 'NoOp(x' at line 4 of extensions.conf", FATAL),
        ("pbx_config.c: Unable to register extension at line 4 of extensions.conf", FATAL),
        ("pbx_config.c: ==!!== Unknown directive: foo at line 4 of extensions.conf -- IGNORING!!!", WARNING),
        ("res_sorcery_config.c: Contents of config file 'pjsip.conf' are invalid and cannot be parsed", FATAL),
        ("res_sorcery_config.c: Unable to load config file 'pjsip.conf'", FATAL),
        ("config_options.c: Could not find option suitable for category '1003' named 'x' at line 9 of y", FATAL),
        ("config_options.c: Error parsing allow=nosuch at line 9 of y", FATAL),
        ("res_sorcery_config.c: Could not create an object of type 'endpoint' with id '1003' from", FATAL),
        ("res_sorcery_config.c: Retaining existing configuration for object of type 'endpoint'", FATAL),
        ("res_sorcery_config.c: could not be loaded; configuration contains a duplicate object: 'a'", FATAL),
        ("res_pjsip/config_transport.c: Transport 'udp' is not fully reloadable, not reloading: bind", WARNING),
        ("app_queue.c: Config file queues.conf is in an invalid format.  Aborting.", FATAL),
        ("app_queue.c: No call queueing config file (queues.conf), so no call queues", FATAL),
        ("app_voicemail.c: Config file voicemail.conf is in an invalid format.", FATAL),
        ("app_voicemail.c: Failed to load configuration file.", FATAL),
        ("features_config.c: Contents of features.conf are invalid and cannot be parsed.", FATAL),
        ("loader.c: pbx_config declined to load.", FATAL),
        ("loader.c: cel_manager declined to load.", WARNING),
        ("pbx.c: No application 'NoSuchApp' for extension (a, 1, 1)", WARNING),
    ],
)  # fmt: skip
def test_every_sign_is_known(text, level):
    assert _levels(_line(text)) == [level]


@pytest.mark.parametrize(
    "text",
    [
        "res_pjsip_config_wizard.c: Unable to load config file 'pjsip_wizard.conf'",
        "cel_manager.c: Failed to load configuration file. CEL manager Module not activated.",
        "sorcery.c: Type 'system' is not reloadable, maintaining previous values",
        "chan_sip.c: Registration from '<sip:x>' failed",
    ],
)
def test_what_always_comes_is_noise(text):
    assert _levels(_line(text, "ERROR")) == []


def test_a_file_that_is_there_but_was_not_read_is_fatal():
    assert _levels(_line("chan_iax2.c: Unable to load config file 'iax.conf'")) == [FATAL]


def test_a_fault_that_was_logged_before_the_run_is_only_told():
    line = _line("config.c: No '=' (equal sign) in line 7 of x.conf")
    assert _levels(line, history=line) == [WARNING]


def test_an_object_with_an_old_copy_is_fatal_even_where_it_was_logged_before():
    line = _line("res_sorcery_config.c: Retaining existing configuration for object of type 'endpoint'", "NOTICE")
    assert _levels(line, history=line) == [FATAL]


def test_the_same_line_is_told_once():
    line = _line("app_queue.c: Config file queues.conf is in an invalid format.  Aborting.")
    assert _levels(f"{line}\n{line}\n") == [FATAL]


def test_a_line_of_a_call_is_understood():
    (one,) = parse("[2026-11-22 12:00:00] ERROR[1][C-00000001] app_dial.c: text: more")
    assert one == LogLine("ERROR", "app_dial.c", "text: more")


def test_verbose_lines_and_torn_lines_are_passed_over():
    assert list(parse("[x] VERBOSE[1] a.c: b\nrt of a line\n\n")) == []


def _log(folder: Path, text: str) -> Path:
    path = folder / "full"
    path.write_text(text)
    return path


def test_only_what_was_written_since_is_read(tmp_path):
    path = _log(tmp_path, "old\n")
    offset = log_size(path)
    path.write_text("old\nnew\n")
    assert read_since(path, offset) == "new\n"
    assert read_history(path, offset) == "old\n"


def test_a_rotated_log_is_read_to_its_end_and_from_its_beginning(tmp_path):
    path = _log(tmp_path, "old old old\nlate\n")
    path.rename(tmp_path / "full.1")
    _log(tmp_path, "new\n")
    assert read_since(path, 12) == "late\nnew\n"


def test_a_truncated_log_is_read_from_its_beginning(tmp_path):
    assert read_since(_log(tmp_path, "new\n"), 1000) == "new\n"


def test_a_missing_log_is_empty_in_size_and_an_error_to_read(tmp_path):
    assert log_size(tmp_path / "none") == 0
    with pytest.raises(OSError, match="none"):
        read_since(tmp_path / "none", 0)
