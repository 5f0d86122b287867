"""A stream that leaves no faster than its job allows, so that calls have the rest of the line."""

from collections.abc import Iterable, Iterator

from pbxsync_worker.core.model.ports import Clock

_STEPS = 50
"""Into how many pieces a second's worth is cut: what leaves at once must not stand in the way of speech for long."""
_BURST = 0.1
"""Seconds' worth that may leave at once after a pause."""


def paced(pieces: Iterable[bytes], rate: int, clock: Clock) -> Iterator[bytes]:
    """Yield a stream at `rate` bytes a second at most; what was not used up earlier is lost."""
    step = max(1, rate // _STEPS)
    due = clock.monotonic()
    for piece in pieces:
        for at in range(0, len(piece), step):
            part = piece[at : at + step]
            now = clock.monotonic()
            due = max(due, now - _BURST)
            if due > now:
                clock.sleep(due - now)
            due += len(part) / rate
            yield part
