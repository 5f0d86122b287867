"""The Remote Host Monitor, the acting half: a few threads call many hosts, each in its time.

Hosts that answer and hosts in trouble are called by different threads, so that those that are away delay nobody.
"""

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock
from typing import Protocol

from pbxsync_worker.core.model.errors import PbxSyncError, Retry, Stop
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.report import LineState
from pbxsync_worker.monitor.remote import (
    MEASURE,
    Exchanged,
    Spread,
    calls,
    due,
    lost,
    missed,
    pause,
    prove_after,
    reached,
    silent,
)

log = logging.getLogger(__name__)

STEADY = 12
DOUBTFUL = 4
"""Threads that call hosts that answer, and hosts that did not."""


class Line(Protocol):
    """The kept way to one host."""

    def exchange(self, *, measure: bool) -> Exchanged:
        """Tell the host how this one is, learn how it is; raise HostUnreachable, PeerRefused, PeerLied.

        measure: find out the throughput as well, which costs some 100 kB.
        """
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class Address(Protocol):
    """Where a host is; equal ones are the same way."""

    @property
    def id(self) -> str:
        """Return its identity."""
        ...

    @property
    def reachable(self) -> bool:
        """Tell whether it has an address at all."""
        ...


class Keeping(Protocol):
    """What is remembered of the ways to other hosts."""

    def state(self, host: str) -> LineState:
        """Return how a host is reached."""
        ...

    def keep(self, host: str, line: LineState, got: Exchanged | None) -> None:
        """Remember how a host is reached, and what it told."""
        ...


@dataclass
class _Called:
    """One host that is called; busy: by a thread at this moment; new: nobody knows yet whether it can be."""

    address: Address
    line: Line | None = None
    at: float = 0.0
    busy: bool = False
    gone: bool = False
    new: bool = True


class Caller:
    """Keeps one connection to each host and calls it when its time has come."""

    def __init__(
        self, me: str, keeping: Keeping, open_line: Callable[[Address], Line], clock: Clock, spread: Spread
    ) -> None:
        """Put the parts together; me: identity of this host."""
        self._me = me
        self._keeping = keeping
        self._open = open_line
        self._clock = clock
        self._spread = spread
        self._hosts: dict[str, _Called] = {}
        self._lock = Lock()
        self._steady = ThreadPoolExecutor(STEADY, "calls")
        self._doubtful = ThreadPoolExecutor(DOUBTFUL, "tries")

    def want(self, addresses: Iterable[Address]) -> None:
        """Call these hosts and no others; a host with a new address gets a new connection."""
        wanted = {one.id: one for one in addresses}
        now = self._clock.monotonic()
        with self._lock:
            for identity in [one for one in self._hosts if wanted.get(one) != self._hosts[one].address]:
                self._drop(self._hosts.pop(identity))
            for identity, address in wanted.items():
                if identity not in self._hosts:
                    # After a restart the hosts are called within some seconds, not at once.
                    self._hosts[identity] = _Called(address, at=now + 3.0 * self._spread())

    def step(self) -> None:
        """Have every host called whose time has come."""
        now = self._clock.monotonic()
        with self._lock:
            waiting = [one for one in self._hosts.values() if one.at <= now and not one.busy]
            ready = sorted(waiting, key=lambda one: one.at)
            for one in ready:
                one.busy = True
        for one in ready:
            self._send(one)

    def close(self) -> None:
        """End every call and connection."""
        self.want(())
        self._steady.shutdown(cancel_futures=True)
        self._doubtful.shutdown(cancel_futures=True)

    def _send(self, one: _Called) -> None:
        line = self._keeping.state(one.address.id)
        now = self._clock.now()
        ours = calls(self._me, one.address.id)
        if silent(line, now) and not one.address.reachable:
            self._keeping.keep(one.address.id, lost(line, now), None)
        if one.address.reachable and (one.new or due(line, now, ours=ours, prove=prove_after(one.address.id))):
            one.new = False
            (self._doubtful if line.failures else self._steady).submit(self._call, one, line)
        else:
            self._done(one, pause(replace(line, failures=0), now, self._spread, ours=ours))

    def _call(self, one: _Called, before: LineState) -> None:
        got: Exchanged | None = None
        try:
            if one.line is None:
                one.line = self._open(one.address)
            got = one.line.exchange(measure=self._clock.now() - before.measured_at >= MEASURE)
            after = reached(before, got)
            if not calls(self._me, one.address.id):
                self._forget(one)  # it calls us: its own connection is the one that is kept
        except (Retry, Stop) as error:
            after = missed(before, error, self._clock.now())
            self._forget(one)
        except Exception:  # a thread of the pool would keep it to itself
            log.exception("a host could not be called", extra={"peer": one.address.id})
            after = replace(before, failures=before.failures + 1)
            self._forget(one)
        try:
            self._keep(one, before, after, got)
        finally:
            self._done(one, pause(after, self._clock.now(), self._spread, ours=calls(self._me, one.address.id)))

    def _keep(self, one: _Called, before: LineState, after: LineState, got: Exchanged | None) -> None:
        if one.gone:
            return
        if before.state != after.state:
            log.info(
                "host is reached otherwise", extra={"peer": one.address.id, "was": before.state, "now": after.state}
            )
        try:
            self._keeping.keep(one.address.id, after, got)
        except PbxSyncError as error:
            log.warning("what a host told is not kept", extra={"peer": one.address.id, "why": error.sentence})

    def _forget(self, one: _Called) -> None:
        if one.line is not None:
            one.line.close()
        one.line = None

    def _done(self, one: _Called, seconds: float) -> None:
        with self._lock:
            one.at = self._clock.monotonic() + seconds
            one.busy = False
            if one.gone:
                self._forget(one)

    def _drop(self, one: _Called) -> None:
        one.gone = True
        if not one.busy:
            self._forget(one)
