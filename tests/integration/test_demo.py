"""`scripts/demo` as a person runs it, without its set-up."""

import json
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
    assert naming(folder) == []


def test_ctrl_c_stops_everything(asterisk_root, folder):
    with _start(folder) as demo:
        assert demo.stdout is not None
        told = iter(demo.stdout.readline, "")
        assert any("Ctrl-C stops everything" in line for line in told)
        assert len(naming(folder)) > 8
        demo.send_signal(signal.SIGINT)
        demo.communicate()
    assert demo.returncode == 130
    assert naming(folder) == []


def test_nothing_outlives_a_killed_demo(asterisk_root, folder):
    with _start(folder) as demo:
        assert demo.stdout is not None
        told = iter(demo.stdout.readline, "")
        assert any("Ctrl-C stops everything" in line for line in told)
        demo.kill()
        demo.communicate()
    until = time.monotonic() + 20
    while naming(folder) and time.monotonic() < until:
        time.sleep(0.1)
    assert naming(folder) == []
