"""`python -m benchmarks.pages`: what each page costs with 200 hosts, 500 jobs and 50,000 runs."""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.machine import machine
from benchmarks.pages.filling import Size, fill
from benchmarks.pages.measure import Pages, paths
from pbxsync_web.app import create_app
from pbxsync_web.collector import look_rarely
from pbxsync_web.parts import Parts
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.handover import RedisWaker
from pbxsync_worker.core.settings import Settings
from pbxsync_worker.core.store import open_store

GOAL_MS = 100.0
GOAL_BYTES = 150_000


def main(words: Sequence[str]) -> int:
    """Measure; return 1 where a page takes longer, or the first one weighs more, than it should."""
    parser = argparse.ArgumentParser(prog="benchmarks.pages", description=__doc__)
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--runs", type=int, default=50_000)
    parser.add_argument("--times", type=int, default=20, help="how often each page is opened")
    parser.add_argument("--only", default="", help="pages whose address has this")
    parser.add_argument("--store", default="", help="SQLAlchemy URL of an empty database, instead of SQLite")
    asked = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="pbxsync-pages-", dir="/var/tmp") as folder:
        settings = Settings(Path(folder), name="pbx-000", store_url=asked.store, freepbx_conf=Path(folder) / "none")
        clock = SystemClock()
        store = open_store(settings.store, clock)
        fill(store, Size(asked.hosts, asked.jobs, asked.runs), time.time())
        pages = Pages(create_app(Parts(settings, store, RedisWaker(settings.redis), clock)), store)
        look_rarely()
        found = []
        print(f"{'page':60} {'ms p50':>7} {'p95':>7} {'SQL':>4} {'kB':>7}", file=sys.stderr)
        for path in paths(store):
            if asked.only in path:
                one = pages.open(path, asked.times)
                found.append(one)
                line = f"{path[:60]:60} {one.ms_p50:7.1f} {one.ms_p95:7.1f} {one.statements:4} {one.bytes / 1000:7.1f}"
                print(line, "" if one.status == 200 else one.status, file=sys.stderr, flush=True)
        first = pages.first_page()
        foreign = pages.foreign("/login") + pages.foreign("/")
        store.database.close()
    figures = {
        **machine(),
        "pages": [asdict(one) for one in found],
        "first_page": first,
        "first_page_bytes": sum(first.values()),
        "other_hosts": foreign,
    }
    print(json.dumps(figures, indent=1))
    slow = [one.path for one in found if one.ms_p95 > GOAL_MS]
    return 1 if slow or foreign or figures["first_page_bytes"] > GOAL_BYTES else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
