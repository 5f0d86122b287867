"""Processes that work on an SQLite database while tests do: a writer that never rests, and a run that may be killed.

`python -m tests.integration.sqlite_processes write PATH`, `... act ROOT`; what they have done they print.
"""

import sqlite3
import sys
import time
from dataclasses import replace
from pathlib import Path

from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.step import Step
from pbxsync_worker.core.wire import unpack
from tests.unit.datasets.sqlite.hosts import ROWS, Host, dataset

PATIENCE = 1.0
"""Seconds that Asterisk's own writers of call records wait for others."""


def write(path: str) -> None:
    """Insert rows one by one, as Asterisk does; each is printed once it is committed."""
    link = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    number = 0
    while True:
        number += 1
        link.execute("INSERT INTO records (number, text) VALUES (?, ?)", (number, f"call {number}"))
        print(number, flush=True)
        time.sleep(0.001)


def act(root: str, whole: str) -> None:
    """Make a prepared step live."""
    host = Host(Path(root), spec=replace(ROWS, whole=whole == "whole"), clock=SystemClock())
    host.data.inventory(dataset(host.spec))
    step = unpack((Path(root) / "step").read_bytes(), Step)
    print("begun", flush=True)
    host.data.act(step)
    print("done", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2])
    else:
        act(sys.argv[2], sys.argv[3])
