"""The RQ worker of a host on a real Redis: it takes task after task in one process, and ends where it should."""

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

TASKS = "tests.integration.worker_tasks"


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


def give(redis_server, task: str, *arguments: object) -> None:
    """Give the worker a task of the module `worker_tasks`."""
    connection = redis.Redis.from_url(redis_server.url)
    Queue(RUNS, connection=connection, serializer=JSONSerializer).enqueue(f"{TASKS}.{task}", *arguments)


def begun(redis_server, path: Path) -> None:
    """Give the worker something that takes long, and wait until it is at it."""
    give(redis_server, "slow", str(path), 3.0)
    until(path.exists, 30, "the beginning of the task")


def test_one_process_takes_task_after_task(redis_server, worker, tmp_path):
    for name in ("first", "second"):
        give(redis_server, "note", str(tmp_path / name))
        until((tmp_path / name).exists, 30, name)
        assert (tmp_path / name).read_text() == str(worker.pid)
    assert children_of(worker.pid) == ()


def test_what_is_executed_dies_with_the_worker(redis_server, worker, tmp_path):
    begun(redis_server, tmp_path / "slow")
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert (tmp_path / "slow").read_text() == "begun"


def test_a_task_is_brought_to_its_end_when_the_worker_is_told_to_stop(redis_server, worker, tmp_path):
    begun(redis_server, tmp_path / "slow")
    os.kill(worker.pid, signal.SIGTERM)
    assert worker.wait(30) == 0
    assert (tmp_path / "slow").read_text() == "ended"


def test_a_task_is_brought_to_its_end_when_redis_is_gone_for_good(redis_server, worker, tmp_path):
    begun(redis_server, tmp_path / "slow")
    redis_server.kill()
    until(lambda: (tmp_path / "slow").read_text() == "ended", 30, "the end of the task")


def test_a_worker_that_has_grown_ends_after_its_task(redis_server, worker, tmp_path):
    give(redis_server, "grow", 300 * 2**20)
    assert worker.wait(30) == 0
    assert "it has grown" in (tmp_path / "log").read_text()


def test_a_task_that_fails_costs_the_worker_nothing(redis_server, worker, tmp_path):
    give(redis_server, "fail")
    give(redis_server, "note", str(tmp_path / "after"))
    until((tmp_path / "after").exists, 30, "the next task")
    assert (tmp_path / "after").read_text() == str(worker.pid)
