"""The RQ worker of this host. Its work horse dies with it, so a run is never executed by an orphan."""

import logging
import os

import redis
from rq import Queue, Worker
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer

from pbxsync_worker.core.handover import RUNS, TASKS
from pbxsync_worker.core.log import without_secrets
from pbxsync_worker.core.model.errors import Retry
from pbxsync_worker.core.settings import Settings
from pbxsync_worker.services.deathbed import die_with_parent

log = logging.getLogger(__name__)

QUEUES = {"runs": [RUNS], "tasks": [TASKS]}


class SafeWorker(Worker):
    """A forking worker whose work horse cannot outlive it.

    RQ's own work horse survives a killed worker and would act beside the next one; the host's lock and the fencing
    token refuse it, but it is better dead.
    """

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Fork; the child asks to die with this process before it does anything."""
        self._mother = os.getpid()
        super().fork_work_horse(job, queue)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Run in the child."""
        die_with_parent(self._mother)
        super().main_work_horse(job, queue)

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        """Tell Redis that the horse lives; a Redis that is away must not cost the run, which needs none."""
        try:
            super().maintain_heartbeats(job, execution)
        except redis.RedisError as error:
            log.warning("no sign of life could be given", extra={"why": str(error)})


def work(settings: Settings, kind: str) -> None:
    """Work until told to stop; raise Retry without a Redis.

    kind: "runs" for what changes this host, "tasks" for the rest.
    """
    try:
        _work(redis.Redis.from_url(settings.redis), kind)
    except redis.RedisError as error:
        raise Retry(reason=f"Redis does not answer at {without_secrets(settings.redis)}: {error}") from error


def _work(connection: redis.Redis, kind: str) -> None:
    queues = [Queue(name, connection=connection, serializer=JSONSerializer) for name in QUEUES[kind]]
    # A short time to live keeps an idle worker's blocking reads short, so that it notices what it must.
    worker = SafeWorker(
        queues, connection=connection, serializer=JSONSerializer, job_monitoring_interval=5, worker_ttl=25
    )
    worker.work(logging_level="WARNING", with_scheduler=False)
