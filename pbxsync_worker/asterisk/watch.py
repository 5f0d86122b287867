"""Follows one Asterisk over a kept AMI connection: its events are hints to look, what it answers is the truth.

Events of calls need the class `call` of the AMI user's `read`; without it the number of channels is asked for once a
second all the same.
"""

import re
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

from asterisk.ami import SimpleAction

from pbxsync_worker.asterisk.down import proven_down
from pbxsync_worker.asterisk.probes import walked
from pbxsync_worker.asterisk.session import AmiAddress, PortClosed, Session
from pbxsync_worker.asterisk.wire import Message
from pbxsync_worker.core.model.errors import AsteriskRefused, AsteriskSilent
from pbxsync_worker.core.model.fact import Value
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import say

CALL_EVENTS = frozenset({"Newchannel", "Hangup", "QueueCallerJoin", "QueueCallerLeave"})
OTHER_EVENTS = frozenset({"Registry", "ContactStatus", "DeviceStateChange", "Reload", "FullyBooted", "Shutdown"})
LISTS_EVERY = 15.0
"""Seconds between two looks at the lists of phones, providers and queues where no event hints at a change."""
HINTED_EVERY = 2.0
"""Seconds between two such looks where events do."""

_OFFLINE = frozenset({"unavailable", "invalid", "unknown", ""})
_LOADED = re.compile(r"(\d+) modules loaded")
_DIGITS = re.compile(r"(?<![\w.])\+?(\d+)")

Measured = dict[str, Value | None]


class AsteriskWatch:
    """One look after the other at one Asterisk, from one thread.

    emergency: numbers to call for help; seen: seconds since the last such call as known from before, None where that
    was never watched; control: its control socket, which tells one that is down from one that is closed to us.
    """

    def __init__(
        self,
        address: AmiAddress,
        clock: Clock,
        emergency: Collection[str],
        seen: Callable[[], float | None],
        control: Path | None = None,
        deadline: float = 5.0,
    ) -> None:
        self._address = address
        self._clock = clock
        self._emergency = frozenset(emergency)
        self._seen = seen
        self._control = control
        self._deadline = deadline
        self._session: Session | None = None
        self._quiet_since: float | None = None
        self._helping = False
        self._started: float | None = None
        self._reloaded: float | None = None
        self._looked = -LISTS_EVERY
        self._hinted = False
        self._channels = -1
        self._calls: Measured = {}
        self._lasting: Measured = {}

    def look(self, seconds: float) -> Measured:
        """Return facts as soon as an event hints that they changed, at the latest after `seconds`.

        None is a fact that Asterisk does not tell. Raise AsteriskSilent, AsteriskRefused where it tells nothing.
        """
        try:
            if self._session is None:
                self._begin()
            else:
                self._wait(seconds)
            return self._look()
        except PortClosed:
            self.close()
            if self._control is not None and proven_down(self._control, self._deadline):
                return {
                    "asterisk.up": False,
                    "asterisk.calls": 0,
                    "asterisk.channels": 0,
                    "asterisk.callers_waiting": 0,
                }
            raise
        except (AsteriskSilent, AsteriskRefused):
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; the next look opens it again."""
        if self._session is not None:
            self._session.close()
        self._session, self._lasting = None, {}
        self._looked, self._channels, self._started, self._reloaded = -LISTS_EVERY, -1, None, None

    def _begin(self) -> None:
        session = Session(self._address, self._clock, self._deadline, kept=CALL_EVENTS | OTHER_EVENTS)
        self._session = session.__enter__()
        booted = session.wait_event(lambda event: event.event == "FullyBooted", self._deadline)
        if booted is None:
            raise AsteriskSilent(
                reason=say("it is still starting, or the AMI user may not read the class system (docs/ami.md)")
            )
        self._boot(booted)
        version = session.ask(SimpleAction("CoreSettings")).get("AsteriskVersion")
        self._lasting = {"asterisk.version": version or None, "asterisk.modules": _modules(session)}

    def _boot(self, event: Message) -> None:
        now = self._clock.monotonic()
        up, since = event.get("Uptime"), event.get("LastReload")
        self._started = now - int(up) if up.isdigit() else None
        self._reloaded = now - int(since) if since.isdigit() else self._started

    def _wait(self, seconds: float) -> None:
        session = self._open
        event = session.wait_event(lambda _: True, seconds)
        while event is not None:
            self._hear(event)
            # What has come in the meantime is heard at once; nothing more is waited for.
            event = session.events.popleft() if session.events else None

    def _hear(self, event: Message) -> None:
        if event.event == "Shutdown":
            raise AsteriskSilent(reason=say("it is shutting down"))
        if event.event == "FullyBooted":
            self._boot(event)
        elif event.event == "Reload":
            self._reloaded = self._clock.monotonic()
        elif event.event in CALL_EVENTS:
            self._channels = -1
            if event.get("Exten") in self._emergency:
                self._quiet_since = self._clock.monotonic()
        self._hinted = True

    def _look(self) -> Measured:
        session = self._open
        said = session.ask(SimpleAction("CoreStatus")).get("CoreCurrentCalls")
        if not said.isdigit():
            raise AsteriskSilent(reason=say("it answers, but does not say how many channels it has"))
        if int(said) != self._channels or self._calls.get("asterisk.channels") != int(said):
            self._calls = self._count_calls(session)
            self._channels = int(said)
        now = self._clock.monotonic()
        found: Measured = {"asterisk.up": True, **self._calls, **self._times(now)}
        if now - self._looked >= (HINTED_EVERY if self._hinted else LISTS_EVERY):
            found |= _lists(session)
            self._looked, self._hinted = now, False
        return found | self._lasting

    def _times(self, now: float) -> Measured:
        if self._helping:
            self._quiet_since = now
        if self._quiet_since is None:
            self._quiet_since = now - (self._seen() or 0.0)
        times = {
            "uptime_s": self._started,
            "since_reload_s": self._reloaded,
            "since_emergency_s": self._quiet_since,
        }
        return {f"asterisk.{name}": None if at is None else round(now - at) for name, at in times.items()}

    def _count_calls(self, session: Session) -> Measured:
        channels: list[Message] = []
        if not walked(session, "CoreShowChannels", channels.append):
            return {"asterisk.channels": None, "asterisk.calls": None}
        self._helping = any(self._is_emergency(one) for one in channels)
        calls = {one.get("Linkedid") or one.get("Uniqueid") for one in channels}
        return {"asterisk.channels": len(channels), "asterisk.calls": len(calls)}

    def _is_emergency(self, channel: Message) -> bool:
        dialled = {channel.get("Exten"), channel.get("ConnectedLineNum")}
        if channel.get("Application").lower() == "dial":
            dialled |= set(_DIGITS.findall(channel.get("ApplicationData")))
        return not self._emergency.isdisjoint(dialled)

    @property
    def _open(self) -> Session:
        if self._session is None:
            raise AsteriskSilent(reason=say("the connection is closed"))
        return self._session


def _lists(session: Session) -> Measured:
    found: Measured = dict.fromkeys(
        f"asterisk.{name}"
        for name in (
            "endpoints",
            "endpoints_online",
            "registrations",
            "registrations_lost",
            "queues",
            "callers_waiting",
        )
    )
    states = _each(session, "PJSIPShowEndpoints", "EndpointList", "DeviceState")
    if states is not None:
        found["asterisk.endpoints"] = len(states)
        found["asterisk.endpoints_online"] = sum(one.lower() not in _OFFLINE for one in states)
    providers = _each(session, "PJSIPShowRegistrationsOutbound", "OutboundRegistrationDetail", "Status")
    if providers is not None:
        found["asterisk.registrations"] = len(providers)
        found["asterisk.registrations_lost"] = sum(one.lower() != "registered" for one in providers)
    waiting = _each(session, "QueueSummary", "QueueSummary", "Callers")
    if waiting is not None:
        found["asterisk.queues"] = len(waiting)
        found["asterisk.callers_waiting"] = sum(int(one) for one in waiting if one.isdigit())
    return found


def _each(session: Session, action: str, event: str, field: str) -> list[str] | None:
    """Return a field of each event of a list, None where Asterisk has no such list or does not show it to us."""
    found: list[str] = []

    def take(message: Message) -> None:
        if message.event == event:
            found.append(message.get(field))

    return found if walked(session, action, take) else None


def _modules(session: Session) -> int | None:
    """Return how many modules run; None where the AMI user may not give commands."""
    with suppress(AsteriskRefused):
        for line in session.ask(SimpleAction("Command", Command="module show")).all("Output"):
            if found := _LOADED.search(line):
                return int(found[1])
    return None
