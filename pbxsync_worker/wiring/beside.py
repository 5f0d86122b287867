"""Tasks that mostly wait for other hosts, done beside each other: one that hangs keeps no other from its turn."""

import logging
from collections.abc import Callable
from threading import BoundedSemaphore, Thread

from pbxsync_worker.core.model.errors import PbxSyncError

log = logging.getLogger(__name__)


class Beside:
    """Does at most so many tasks at once, each in a thread that ends with its process."""

    def __init__(self, most: int) -> None:
        self._free = BoundedSemaphore(most)

    def do(self, name: str, task: Callable[[], object]) -> None:
        """Begin a task as soon as there is room, and return; what it raises is logged under its name.

        A task may be cut off at any point by the end of the process; whoever asked for it asks again.
        """
        self._free.acquire()
        try:
            Thread(target=self._do, args=(name, task), name=name, daemon=True).start()
        except BaseException:
            self._free.release()
            raise

    def _do(self, name: str, task: Callable[[], object]) -> None:
        try:
            task()
        except PbxSyncError as error:
            log.warning("a task could not be done", extra={"task": name, "why": error.sentence})
        except Exception:  # a thread would keep it to itself
            log.exception("a task crashed", extra={"task": name})
        finally:
            self._free.release()
