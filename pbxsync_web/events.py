"""The live moves of a run as server-sent events; a page that cannot have a stream polls instead."""

from collections.abc import Iterator
from threading import BoundedSemaphore

from flask import Response

from pbxsync_web.parts import Parts

MOST_STREAMS = 24
STREAM_SECONDS = 55.0  # then the browser asks again, with a session that is checked anew
_LOOK_SECONDS = 0.4
_QUIET_LOOKS = 12  # a sign of life every few seconds shows us browsers that went away

_free = BoundedSemaphore(MOST_STREAMS)


def stream(parts: Parts, run: str, after: int) -> Response:
    """Return the moves of a run from number `after` (exclusive) on, as they happen; 204 where too many are open."""
    if not _free.acquire(blocking=False):
        return Response(status=204)  # tells EventSource to stop asking
    answer = Response(moves(parts, run, after), mimetype="text/event-stream")
    answer.headers["X-Accel-Buffering"] = "no"
    answer.call_on_close(_free.release)
    return answer


def moves(parts: Parts, run: str, after: int) -> Iterator[str]:
    """Give one event for each move, and `end` when the run will move no more."""
    began = parts.clock.monotonic()
    yield "retry: 2000\n\n"
    looks = 0
    while parts.clock.monotonic() - began < STREAM_SECONDS:
        ended = parts.store.runs.get(run).ended
        for move in parts.store.runs.moves(run, after):
            after = move.number
            yield f"id: {after}\nevent: move\ndata: {move.after.value}\n\n"
        if ended:
            yield "event: end\ndata: ended\n\n"
            return
        looks += 1
        if looks % _QUIET_LOOKS == 0:
            yield ": still here\n\n"
        parts.clock.sleep(_LOOK_SECONDS)
