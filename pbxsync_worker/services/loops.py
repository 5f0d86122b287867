"""Named loops, each in a thread of its own: what one of them meets neither stops nor delays another."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Thread

from pbxsync_worker.core.model.errors import Retry
from pbxsync_worker.core.model.ports import Clock

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0


class Bell:
    """Wakes a loop before its time; rung any number of times while the loop works, it works once more."""

    def __init__(self) -> None:
        self._event = Event()

    def ring(self) -> None:
        """Wake whoever waits."""
        self._event.set()

    def wait(self, seconds: float) -> None:
        """Return when it was rung, at the latest after `seconds`."""
        self._event.wait(seconds)
        self._event.clear()


@dataclass(frozen=True, slots=True)
class Loop:
    """Something done again and again.

    every: seconds from the beginning of one step to the beginning of the next; step: does it once, keeps nothing open
    that it could not find broken next time; bell: wakes it earlier.
    """

    name: str
    every: float
    step: Callable[[], None]
    bell: Bell = field(default_factory=Bell)


class Runner:
    """One loop and how it fares; a step that crashes is begun again after a pause that doubles."""

    def __init__(self, loop: Loop, clock: Clock) -> None:
        self.loop = loop
        self._clock = clock
        self._pause = FIRST_PAUSE
        self._in_trouble = False

    def turn(self) -> float:
        """Do one step; return the seconds until the next one. Raises nothing that a step may raise."""
        began = self._clock.monotonic()
        try:
            self.loop.step()
        except Retry as error:
            if not self._in_trouble:
                log.warning("a loop could not do its work", extra={"loop": self.loop.name, "why": error.sentence})
            self._in_trouble = True
        except Exception:  # the one place that stands between a broken loop and all the others
            log.exception("a loop crashed", extra={"loop": self.loop.name, "again_in": self._pause})
            self._in_trouble = True
            pause, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
            return pause
        else:
            if self._in_trouble:
                log.info("a loop works again", extra={"loop": self.loop.name})
            self._in_trouble = False
        self._pause = FIRST_PAUSE
        return max(0.0, self.loop.every - (self._clock.monotonic() - began))

    def run(self, ended: Event) -> None:
        """Turn until `ended`; the bell must be rung to notice it at once."""
        while not ended.is_set():
            self.loop.bell.wait(self.turn())


class Loops:
    """Loops at work; their threads end with the process at the latest."""

    def __init__(self, loops: Sequence[Loop], clock: Clock) -> None:
        self._loops = loops
        self._ended = Event()
        self._threads = [
            Thread(target=Runner(loop, clock).run, args=(self._ended,), name=loop.name, daemon=True) for loop in loops
        ]

    def run(self) -> None:
        """Run them all until `end`."""
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.join()

    def end(self) -> None:
        """Let every loop finish its step and no other."""
        self._ended.set()
        for loop in self._loops:
            loop.bell.ring()
