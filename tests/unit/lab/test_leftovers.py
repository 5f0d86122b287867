"""Processes that tests left behind: which ones are found, and that they are ended."""

import os
import signal
import subprocess

import pytest

from tests.leftovers import MARK, ended, leftovers


@pytest.fixture
def asleep():
    """Give a function that starts a process with the mark of a folder; it dies with the test."""
    started = []

    def start(folder):
        process = subprocess.Popen(["sleep", "60"], env={**os.environ, MARK: str(folder)})
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_what_carries_the_folder_is_killed_and_told(asleep, tmp_path):
    process = asleep(tmp_path / "run-6")
    assert [one.pid for one in ended(tmp_path / "run-6", 0)] == [process.pid]
    assert process.wait(10) == -signal.SIGKILL


def test_a_folder_whose_name_only_begins_alike_is_another_run(asleep, tmp_path):
    process = asleep(tmp_path / "run-62")
    assert leftovers(tmp_path / "run-6") == frozenset()
    assert process.poll() is None


def test_nothing_is_left_of_what_has_ended(asleep, tmp_path):
    process = asleep(tmp_path / "run")
    process.kill()
    process.wait()
    assert ended(tmp_path / "run", 0) == frozenset()
