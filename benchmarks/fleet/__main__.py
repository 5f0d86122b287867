"""`python -m benchmarks.fleet`: how one controller does with many hosts; one JSON value at the end."""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.fleet.controller import Fleet
from benchmarks.fleet.measure import Round, summary, watch
from benchmarks.machine import machine
from pbxsync_worker.core.model.job import Schedule


def main(words: Sequence[str]) -> int:
    """Measure; return 1 where a host was silent, or a run was missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.fleet", description=__doc__)
    parser.add_argument("--hosts", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=35.0, help="after a minute in which everybody finds everybody")
    parser.add_argument("--when", default="every 15 min", help="the schedule of each host's job")
    parser.add_argument("--jitter", type=int, default=600, help="seconds by which each start is put off at most")
    parser.add_argument("--behind-router", type=int, default=0, metavar="N", help="so many hosts cannot be called")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    asked = parser.parse_args(words)
    folder = Path(tempfile.mkdtemp(prefix="pbxsync-fleet-", dir="/var/tmp"))
    rounds: list[Round] = []
    schedule = Schedule(asked.when, "UTC", jitter=asked.jitter)
    with Fleet(folder, asked.hosts, schedule, asked.behind_router) as fleet:
        began = time.time()
        for one in watch(fleet, asked.minutes):
            rounds.append(one)
            print("·", one.line(), file=sys.stderr, flush=True)
        figures = {
            **machine(),
            "hosts": asked.hosts,
            "behind_router": asked.behind_router,
            **summary(fleet, rounds, began),
        }
    text = json.dumps(figures, indent=1, default=str)
    print(text)
    if asked.json is not None:
        asked.json.write_text(text + "\n")
    return 1 if figures["silent"] or figures["missed_runs"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
