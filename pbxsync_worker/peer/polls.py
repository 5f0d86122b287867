"""Questions that are held open until something waits for the host that asks: one look serves all that are held."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from pbxsync_worker.core.model.errors import Retry
from pbxsync_worker.core.model.ports import Clock

HELD = 1000
"""Hosts whose question is held open at once; of more, the next is answered at once."""

_LOOK = 0.25


@dataclass(frozen=True, slots=True)
class _Poll:
    until: float
    over: Event = field(default_factory=Event)


class Polls:
    """One held question for each host; each holds a thread that sleeps, and one thread looks for all of them."""

    def __init__(self, waiting: Callable[[], Collection[str]], clock: Clock, most: int = HELD) -> None:
        """Choose where to look; waiting: tells the hosts for which something waits now."""
        self._waiting = waiting
        self._clock = clock
        self._most = most
        self._held: dict[str, _Poll] = {}
        self._looking = False
        self._lock = Lock()

    @property
    def held(self) -> int:
        """Return how many questions are held open at this moment."""
        with self._lock:
            return len(self._held)

    def wait(self, host: str, seconds: float) -> None:
        """Return as soon as something may wait for a host, after `seconds` at the latest.

        A host that asks again, because its connection broke, ends its older question; at once where too many are held.
        """
        poll = _Poll(self._clock.monotonic() + seconds)
        with self._lock:
            older = self._held.pop(host, None)
            if older is not None:
                older.over.set()
            if len(self._held) >= self._most:
                return
            self._held[host] = poll
            if not self._looking:
                self._looking = True
                Thread(target=self._look_on, name="polls", daemon=True).start()
        poll.over.wait()

    def _look_on(self) -> None:
        """Look until nobody waits any more; whatever happens, nobody is left to wait for ever."""
        try:
            while self._anybody():
                self._clock.sleep(_LOOK)
                self._look()
        except BaseException:
            with self._lock:
                self._looking = False
            self._release(lambda _host, _poll: True)
            raise

    def _anybody(self) -> bool:
        with self._lock:
            self._looking = bool(self._held)
            return self._looking

    def _look(self) -> None:
        try:
            waiting = self._waiting()
        except Retry:
            return self._release(lambda _host, _poll: True)  # who asks is told by the store itself
        now = self._clock.monotonic()
        return self._release(lambda host, poll: host in waiting or now >= poll.until)

    def _release(self, is_over: Callable[[str, _Poll], bool]) -> None:
        with self._lock:
            for host in [host for host, poll in self._held.items() if is_over(host, poll)]:
                self._held.pop(host).over.set()
