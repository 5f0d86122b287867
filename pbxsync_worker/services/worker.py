"""The RQ worker of this host: one process that takes task after task, with all it keeps warm between them.

It does not fork: what executes a run dies with the worker, and its supervisor starts another one. That is what happens
when it has grown too large as well.
"""

import gc
import logging
import os
import re
from pathlib import Path
from signal import Signals
from threading import Thread
from types import FrameType

import redis
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from pbxsync_worker import jobs
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.handover import RUNS, TASKS
from pbxsync_worker.core.log import without_secrets
from pbxsync_worker.core.model.errors import Retry
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.settings import Settings
from pbxsync_worker.services.lean import Rest, stay_lean

log = logging.getLogger(__name__)

QUEUES = {"runs": [RUNS], "tasks": [TASKS]}
MAX_MEMORY = 256 * 2**20
"""Bytes of memory after a task above which the worker ends itself."""

NEW_OBJECTS = 20_000
"""New objects after which Python looks for lost ones; at its 700 a look at all that is kept falls into most runs."""

_TEND = 5.0
_REST = 0.5
_STATUS = Path("/proc/self/status")

REST = Rest(SystemClock().monotonic)
"""When this process gives memory back."""


class LastingWorker(SimpleWorker):
    """Executes tasks in its own process and thread, and ends where it should not take another one."""

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Execute one task; a worker that grew too large or has lost its Redis takes no other one."""
        REST.begin()
        try:
            super().execute_job(job, queue)
        except redis.RedisError as error:
            # The task itself needs no Redis, and it has ended.
            log.warning("Redis was lost; the worker starts anew", extra={"why": str(error)})
            self._stop_requested = True
        finally:
            REST.end()
        if memory_of(_STATUS) > MAX_MEMORY:
            REST.at_once()
        used = memory_of(_STATUS)
        if used > MAX_MEMORY:
            log.info("worker starts anew because it has grown", extra={"bytes": used})
            self._stop_requested = True

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """End at once, as a kill would: what is cut off is recovered, and nothing runs on its way out."""
        del frame
        log.warning("worker ends in the middle of its work", extra={"signal": Signals(signum).name})
        os._exit(1)


def memory_of(status: Path) -> int:
    """Return the bytes of memory in use by the process of a `status` file of /proc."""
    found = re.search(r"^VmRSS:\s+(\d+) kB$", status.read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def work(settings: Settings, kind: str) -> None:
    """Work until told to stop; raise Retry without a Redis.

    kind: "runs" for what changes this host, "tasks" for the rest.
    """
    gc.set_threshold(NEW_OBJECTS)
    stay_lean()
    Thread(target=_tend, name="lines", daemon=True).start()
    Thread(target=_rest, name="rest", daemon=True).start()
    try:
        _work(redis.Redis.from_url(settings.redis), kind)
    except redis.RedisError as error:
        raise Retry(
            reason=say("Redis does not answer at {redis}: {error}", redis=without_secrets(settings.redis), error=error)
        ) from error


def _work(connection: redis.Redis, kind: str) -> None:
    queues = [Queue(name, connection=connection, serializer=JSONSerializer) for name in QUEUES[kind]]
    # A short time to live keeps an idle worker's blocking reads short, so that it notices what it must.
    worker = LastingWorker(queues, connection=connection, serializer=JSONSerializer, worker_ttl=25)
    worker.work(logging_level="WARNING", with_scheduler=False)


def _tend() -> None:
    """Open the connections to other hosts, and keep them alive."""
    clock = SystemClock()
    jobs.LASTING.warm()
    while True:
        clock.sleep(_TEND)
        jobs.LASTING.tend()


def _rest() -> None:
    """Give memory back between tasks."""
    clock = SystemClock()
    while True:
        clock.sleep(_REST)
        REST.look()
