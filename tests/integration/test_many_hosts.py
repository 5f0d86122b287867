"""A short version of `python -m benchmarks.fleet`: one real controller, many hosts over real TLS, a job for each."""

from typing import Any

import pytest

from benchmarks.fleet.controller import Fleet
from benchmarks.fleet.measure import summary, watch
from pbxsync_worker.core.model.job import Schedule

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(300)]

HOSTS = 40
MINUTES = 2.5
"""Of the first and the last minute nothing is counted: the rest holds a whole minute and the jitter after it."""


def test_every_host_is_heard_and_no_run_is_missed(tmp_path):
    with Fleet(tmp_path / "fleet", HOSTS, Schedule("every 1 min", "UTC", jitter=20)) as fleet:
        began = fleet.clock.now()
        figures: Any = summary(fleet, list(watch(fleet, MINUTES)), began)
        log = fleet.log.read_text()
    assert figures["silent"] == []
    assert figures["reachable"] == HOSTS
    assert figures["missed_runs"] == []
    assert figures["starts"] >= HOSTS
    assert figures["runs_executed"] >= HOSTS
    assert '"level": "ERROR"' not in log
