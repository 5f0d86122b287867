"""Wishes to cancel are handed over while whoever coordinates listens to their runs."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from pbxsync_worker.core.model.errors import Retry, Stop

log = logging.getLogger(__name__)

_LOOK = 1.0
_END = 5.0


@contextmanager
def heeding(look: Callable[[], None], seconds: float = _LOOK) -> Iterator[None]:
    """Look for wishes again and again, in a thread of its own; one that cannot be handed over is looked for again."""
    over = Event()

    def heed() -> None:
        while not over.wait(seconds):
            try:
                look()
            except (Retry, Stop) as error:
                log.info("a wish to cancel waits", extra={"why": error.sentence})

    thread = Thread(target=heed, name="wishes", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(_END)  # one that waits for an answer of its host ends with it
