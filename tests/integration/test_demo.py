"""`scripts/demo` as a person runs it, without its set-up."""

import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.lab.processes import naming
from tests.architecture.product import ROOT

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def folder(tmp_path_factory):
    # A short name: sockets lie below it.
    return tmp_path_factory.mktemp("demo")


def _start(folder: Path, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.lab.demo", "--dir", str(folder), *words],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_whole_story_holds_and_nothing_is_left_running(asterisk_root, folder):
    with _start(folder, "--once") as demo:
        told, progress = demo.communicate()
    assert demo.returncode == 0, progress
    last = json.loads(told.splitlines()[-1])
    assert (last["hosts"], last["in_sync"], last["endpoints_after"]) == (2, True, 300)
    assert last["bad_change"]["state"] == "ROLLED_BACK"
    assert last["bad_change"]["endpoints_after"] == 300
    assert last["db_in_sync"] is True
    assert last["rows_sent"] > 8000
    assert last["astdb_keys_sent"] > 8000
    # Four edits by one person: what they changed, and nothing else.
    assert (last["edits"]["rows_sent"], last["edits"]["astdb_keys_sent"]) == (3, 2)
    assert len(last["edits"]["seen_on_replica"]) == 4
    assert naming(folder) == []


def _until_it_waits(demo: "subprocess.Popen[str]") -> list[str]:
    """Return what it invites to, once it waits for a person; fail where it ends instead."""
    assert demo.stdout is not None
    told: list[str] = []
    for line in iter(demo.stdout.readline, ""):
        if "Ctrl-C stops everything" in line:
            return told
        told.append(line)
    pytest.fail(f"it ended: {demo.communicate()[1]}")


def _run(line: str) -> str:
    return subprocess.run(shlex.split(line), capture_output=True, text=True, check=True, timeout=60).stdout


def test_what_it_says_to_try_works_and_ctrl_c_stops_everything(asterisk_root, folder):
    with _start(folder) as demo:
        told = _until_it_waits(demo)
        edits = [line.strip() for line in told if "/A/freepbx/" in line and "freepbx-gui" in line]
        assert len(edits) == 3
        for line in edits:
            _run(line)
        show = next(line.strip() for line in told if "/B/freepbx/" in line and "freepbx-gui" in line)
        assert "Zoë Müller" not in _run(show)
        assert _run(show.replace("/B/", "/A/")).count("Zoë Müller") == 3
        assert len(naming(folder)) > 8
        demo.send_signal(signal.SIGINT)
        demo.communicate()
    assert demo.returncode == 130
    assert naming(folder) == []


def test_nothing_outlives_a_killed_demo(asterisk_root, folder):
    with _start(folder) as demo:
        _until_it_waits(demo)
        demo.kill()
        demo.communicate()
    until = time.monotonic() + 60  # a request in progress is let end, for half a minute at most
    while naming(folder) and time.monotonic() < until:
        time.sleep(0.1)
    assert naming(folder) == []
