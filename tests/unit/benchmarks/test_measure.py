import os
import sys

from benchmarks.peers.measure import clocked


def test_a_command_that_ends_well_has_nothing_to_say():
    assert clocked([sys.executable, "-c", ""], dict(os.environ), [])[1] == ""


def test_a_command_that_fails_is_quoted():
    said = clocked([sys.executable, "-c", "import sys; sys.exit('no such module')"], dict(os.environ), [])[1]
    assert said == "status 1: no such module"


def test_its_process_is_told():
    pids: list[int] = []
    clocked([sys.executable, "-c", ""], dict(os.environ), pids)
    assert len(pids) == 1
