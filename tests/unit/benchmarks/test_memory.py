import subprocess
import sys

from benchmarks.memory import Peaks

_LARGE = "held = bytearray(64 * 2**20); print(flush=True); input()"


def test_the_memory_of_a_child_is_seen():
    with subprocess.Popen([sys.executable, "-c", _LARGE], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        peaks = Peaks(lambda: (child.pid,))
        peaks.look()
        child.communicate()
    assert peaks.largest > 64 * 2**20


def test_a_process_that_is_gone_is_no_trouble():
    peaks = Peaks(lambda: (2**22 + 1,))
    peaks.look()
    assert peaks.largest == 0
