"""The Remote Host Monitor, the deciding half: how a host is reached, and when it is asked again.

One host of each pair calls the other, the one whose identity comes first; the other one calls as well only where it
was not called, and now and then to know whether it could. So a pair has one connection, whoever can reach whom.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from statistics import median

from pbxsync_worker.core.model.errors import HostUnreachable, PbxSyncError, PeerLied, PeerRefused, WrongVersion
from pbxsync_worker.core.model.fact import Value
from pbxsync_worker.core.model.report import LineState, Report, Told
from pbxsync_worker.core.model.sentence import say

EVERY = 15.0
"""Seconds between two exchanges with a host."""
PATIENCE = 1.5
"""A host that should call has this many times `EVERY` before it is called instead."""
PROVE = 300.0
"""Seconds after which a host that calls is called all the same, more or less, to know whether it can be reached."""
LONGEST = 300.0
"""Seconds between two tries to reach a host that is away."""
MEASURE = 3600.0
"""Seconds between two measurements of throughput."""
SLOW_MS = 750.0
"""Round trip above which a host is slow; below 500 ms it is reachable again."""
FAST_MS = 500.0
LOST = 60.0
"""Seconds without a word after which a host that only calls is unreachable."""

Spread = Callable[[], float]
"""Gives a number from 0 to 1, another one each time, so that hosts do not act all at once."""


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What one exchange brought: the other host's half, and how long it took without the other host's own work.

    at: our clock when the answer came, seconds since 1970; bytes_per_s: where it was measured.
    """

    report: Report
    rtt_s: float
    at: float
    bytes_per_s: float | None = None


def reached(before: LineState, got: Exchanged) -> LineState:
    """Return how a host is reached after an exchange that went well."""
    rtt_ms = round(1000 * got.rtt_s, 2)
    was_slow = before.state == "slow"
    slow = rtt_ms > (FAST_MS if was_slow else SLOW_MS)
    state = "slow" if slow else "reachable"
    # The answer left there about half a round trip before it came here.
    offset = round(got.report.clock + got.rtt_s / 2 - got.at, 3)
    measured = got.bytes_per_s is not None
    return replace(
        before,
        state=state,
        sentence="",
        since=before.since if before.state == state else got.at,
        heard_at=got.at,
        dialled_at=got.at,
        dials=True,
        called=got.report.dials,
        failures=0,
        rtt_ms=rtt_ms,
        bytes_per_s=got.bytes_per_s if measured else before.bytes_per_s,
        measured_at=got.at if measured else before.measured_at,
        offset_s=offset,
        software=got.report.software,
    )


def missed(before: LineState, error: PbxSyncError, now: float) -> LineState:
    """Return how a host is reached after an exchange that failed; one that was just heard is still reachable."""
    state = state_of(error)
    heard = 0 <= now - before.heard_at < LOST
    if state == "unreachable" and heard and before.state in ("reachable", "slow"):
        return replace(before, dialled_at=now, dials=False, failures=before.failures + 1)
    same = before.state == state and before.since > 0
    return replace(
        before,
        state=state,
        sentence=error.told,
        since=before.since if same else now,
        dialled_at=now,
        dials=False,
        failures=before.failures + 1,
        rtt_ms=None,
    )


def state_of(error: PbxSyncError) -> str:
    """Return which state of a host an error of its link means."""
    if isinstance(error, HostUnreachable):
        return "unreachable"
    if isinstance(error, WrongVersion):
        return "wrong_version"
    if isinstance(error, PeerRefused | PeerLied):
        return "refused"
    return "unreachable"


def calls(me: str, host: str) -> bool:
    """Tell whether it is for this host to call the other one."""
    return me < host


def prove_after(host: str) -> float:
    """Return the seconds after which a host that calls is called all the same; for each host (hex) another number.

    Hosts that were found at once, after a restart, would be called at once again and again.
    """
    return PROVE * (0.75 + int(host[:4], 16) / 0x20000)


def due(line: LineState, now: float, *, ours: bool, prove: float = PROVE) -> bool:
    """Tell whether a host is to be called now; ours: it is for us to call; prove: see prove_after."""
    if now < line.dialled_at:
        return True  # the clock was set back
    if line.failures:
        return now - line.dialled_at >= back_off(line.failures) / 2
    if now - line.dialled_at >= prove:
        return True
    return now - line.heard_at >= (EVERY if ours else EVERY * PATIENCE)


def back_off(failures: int) -> float:
    """Return the seconds after which a host is tried again that could not be reached so many times."""
    return min(LONGEST, EVERY * 2.0 ** min(failures - 1, 10))


def pause(line: LineState, now: float, spread: Spread, *, ours: bool) -> float:
    """Return the seconds until a host is looked at again; hosts that went together do not come back together."""
    if line.failures:
        # Half of the time is chance: hosts that were lost at once are found again one after the other.
        return back_off(line.failures) * (0.5 + 0.5 * spread())
    quiet = max(0.0, now - line.heard_at)
    return max(1.0, (EVERY if ours else EVERY * PATIENCE) - quiet) * (0.9 + 0.1 * spread())


def link_facts(line: LineState, now: float) -> Iterator[Told]:
    """Yield what is known of a host and the way to it, as measured from here."""
    reachable = line.state in ("reachable", "slow")
    yield Told("remote.reachable", reachable, 0.0, "link")
    yield Told("remote.state", line.state, 0.0, "link")
    measured: tuple[tuple[str, Value | None, float], ...] = (
        ("link.rtt_ms", line.rtt_ms if reachable else None, 0.0),
        ("link.bytes_per_s", line.bytes_per_s, max(0.0, now - line.measured_at)),
        ("clock.offset_s", line.offset_s if reachable else None, 0.0),
    )
    for name, value, age in measured:
        yield Told(name, value, age, "link" if value is not None else line.sentence)


def own_offset(lines: Iterator[LineState]) -> float | None:
    """Return how far this host's clock is ahead of most of the hosts it reaches, None where it reaches none."""
    offsets = [line.offset_s for line in lines if line.offset_s is not None and line.state in ("reachable", "slow")]
    return round(-median(offsets), 3) if offsets else None


def silent(line: LineState, now: float) -> bool:
    """Tell whether a host that is thought to be there has not been heard for too long."""
    return line.state in ("reachable", "slow") and now - line.heard_at >= LOST


def lost(line: LineState, now: float) -> LineState:
    """Return how a host is reached that only calls, and does not any more."""
    sentence = say("it has not called for {seconds} s", seconds=round(now - line.heard_at))
    return replace(line, state="unreachable", sentence=sentence, since=now, rtt_ms=None)
