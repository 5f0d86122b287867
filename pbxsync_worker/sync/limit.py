"""What ends a run before its first write: a person who cancelled it, or the time that its job gives it."""

from collections.abc import Iterator

from pbxsync_worker.core.model.errors import Cancelled, TimeLimit
from pbxsync_worker.core.model.ports import Content
from pbxsync_worker.core.model.reading import Proven
from pbxsync_worker.core.model.run import Run
from pbxsync_worker.sync.parts import Parts

_ASK_AGAIN = 0.5
"""Seconds between two looks: many small items come in less."""


class Limit:
    """Looked at while contents come in, and once more when everything is ready."""

    def __init__(self, run: Run, parts: Parts) -> None:
        self._run = run
        self._parts = parts
        self._asked_at = parts.host.clock.monotonic()

    def now_and_then(self) -> None:
        """Raise Cancelled or TimeLimit, half a second later at most."""
        if self._parts.host.clock.monotonic() - self._asked_at >= _ASK_AGAIN:
            self.at_once()

    def at_once(self) -> None:
        """Raise Cancelled or TimeLimit."""
        self._asked_at = self._parts.host.clock.monotonic()
        stop_if_cancelled(self._run, self._parts)
        if self._asked_at > self._parts.deadline:
            raise TimeLimit

    def watched(self, content: Content) -> Content:
        """Return a content that takes its time, to be given piece by piece."""
        pieces = self._watched(content)
        return Proven(content.item, pieces) if isinstance(content, Proven) else pieces

    def _watched(self, content: Content) -> Iterator[bytes]:
        for piece in content:
            self.now_and_then()
            yield piece


def stop_if_cancelled(run: Run, parts: Parts) -> None:
    """Raise Cancelled where somebody asked for it, at whatever moment."""
    who = parts.host.memory.cancelled_by(run)
    if who:
        raise Cancelled(who=who)
