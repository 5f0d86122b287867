"""The RQ worker of a host on a real Redis: whoever it forked dies with it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from rq import Queue
from rq.serializers import JSONSerializer

from pbxsync_worker.core.handover import RUNS
from tests.integration.installation import children_of, until

pytestmark = pytest.mark.integration


@pytest.fixture
def worker(redis_server, tmp_path):
    environment = {**os.environ, "PBXSYNC_HOME": str(tmp_path / "home"), "PBXSYNC_REDIS_URL": redis_server.url}
    ours = [sys.executable, "-m", "pbxsync_worker.cli"]
    subprocess.run(
        [*ours, "init", "--name", "one", "--peer-address", "127.0.0.1:1"],
        env=environment,
        check=True,
        capture_output=True,
    )
    with (tmp_path / "log").open("ab") as log:
        process = subprocess.Popen([*ours, "worker", "runs"], env=environment, stdout=log, stderr=log)
    yield process
    process.kill()
    process.wait()


def busy(redis_server, worker: "subprocess.Popen[bytes]") -> int:
    """Give the worker something that never ends; return the process that does it."""
    connection = redis.Redis.from_url(redis_server.url)
    Queue(RUNS, connection=connection, serializer=JSONSerializer).enqueue("time.sleep", 1000)
    until(lambda: children_of(worker.pid) != (), 30, "the work horse")
    (horse,) = children_of(worker.pid)
    return horse


def test_a_work_horse_dies_with_its_worker(redis_server, worker):
    horse = busy(redis_server, worker)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    until(lambda: not Path(f"/proc/{horse}").exists(), 10, "the end of the work horse")


def test_a_worker_goes_on_when_its_work_horse_is_killed(redis_server, worker):
    first = busy(redis_server, worker)
    os.kill(first, signal.SIGKILL)
    until(lambda: children_of(worker.pid) == (), 10, "the end of the first")
    assert busy(redis_server, worker) != first
    assert worker.poll() is None


def test_a_work_horse_goes_on_when_redis_is_gone_for_good(redis_server, worker, tmp_path):
    horse = busy(redis_server, worker)
    redis_server.kill()
    # The next sign of life of the worker finds nobody; what it monitors must not die of it.
    until(lambda: "no sign of life" in (tmp_path / "log").read_text() or worker.poll() is not None, 30, "the next one")
    assert worker.poll() is None
    assert Path(f"/proc/{horse}").exists()
