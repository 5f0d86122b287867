"""Running one program of this host."""

import pytest

from pbxsync_worker.asterisk.program import Answer, last_line, run_program


def test_it_tells_how_the_program_ended_and_what_it_said():
    assert run_program(["/bin/sh", "-c", "echo out; echo err >&2; exit 3"], 10) == Answer(3, "out\n", "err\n")


def test_a_daemon_that_stays_does_not_hold_it():
    assert run_program(["/bin/sh", "-c", "sleep 5 & echo started"], 4).out == "started\n"


def test_what_runs_too_long_is_ended():
    with pytest.raises(TimeoutError):
        run_program(["/bin/sh", "-c", "sleep 30"], 0.1)


def test_a_program_that_is_not_there_is_told():
    with pytest.raises(FileNotFoundError):
        run_program(["/nonexistent/program"], 1)


def test_our_environment_is_not_given():
    assert "PYTEST" not in run_program(["/usr/bin/env"], 10).out


@pytest.mark.parametrize(("text", "line"), [("", ""), ("a\n b \n\n", "b"), ("x" * 400, "x" * 300)])
def test_the_last_line_is_what_was_said_last(text: str, line: str):
    assert last_line(text) == line
