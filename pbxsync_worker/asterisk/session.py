"""One AMI connection: log in, ask, collect lists, hear events; every wait has a deadline.

One thread, one blocking socket that is read only while something is awaited: nothing survives a fork, nothing can be
left pending. A session that met AsteriskSilent is closed for good.
"""

import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from asterisk.ami import LoginAction, SimpleAction

from pbxsync_worker.asterisk.wire import Framer, Message, render
from pbxsync_worker.core.model.errors import AsteriskRefused, AsteriskSilent
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import say

_PIECE = 256 * 1024
_KEPT_EVENTS = frozenset({"Reload", "FullyBooted", "Shutdown"})
_DENIED = "permission denied"
_NOTHING = "there are no "
_LATE = "no answer within the deadline"


class PortClosed(AsteriskSilent):
    """The host of the AMI address answered that nothing listens there; for people, no other error than its parent."""


class _Late(AsteriskSilent):
    """The deadline passed; the connection itself may still be sound."""


@dataclass(frozen=True, slots=True)
class AmiAddress:
    """Where and as whom we log in; `secret` is read at each login, so a rotated one is taken up."""

    host: str
    port: int
    user: str
    secret: Callable[[], str] = field(repr=False)


class Session:
    """A logged-in connection, used as a context manager.

    `deadline`: seconds that any single question may take. Raises AsteriskSilent where an answer is missing, late or
    not AMI, AsteriskRefused where Asterisk says no, PortClosed where nothing listens. undecodable: see Framer; kept:
    the names of the events that are kept in `events` until somebody wants them.
    """

    def __init__(
        self,
        address: AmiAddress,
        clock: Clock,
        deadline: float,
        undecodable: str = "replace",
        kept: frozenset[str] = _KEPT_EVENTS,
    ) -> None:
        self.events: deque[Message] = deque(maxlen=1000)
        self._address = address
        self._clock = clock
        self._deadline = deadline
        self._kept = kept
        self._framer = Framer(undecodable)
        self._arrived: deque[Message] = deque()
        self._number = 0
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        """Connect and log in."""
        until = self._clock.monotonic() + self._deadline
        where = (self._address.host, self._address.port)
        try:
            self._socket = socket.create_connection(where, timeout=self._deadline)
        except ConnectionRefusedError as error:
            raise PortClosed(reason=f"nothing listens at {where[0]}:{where[1]}") from error
        except OSError as error:
            raise AsteriskSilent(
                reason=say("no connection to {where}:{where2}: {error}", where=where[0], where2=where[1], error=error)
            ) from error
        try:
            while not self._framer.banner:
                self._receive(until)
            self.ask(LoginAction(self._address.user, self._address.secret()))
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection; any later question raises AsteriskSilent."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()
            self._socket = None

    def ask(self, action: SimpleAction, seconds: float | None = None) -> Message:
        """Return the answer to one action."""
        until = self._clock.monotonic() + (seconds or self._deadline)
        return self._answer(action, self._send(action), until)

    def tell(self, action: SimpleAction) -> None:
        """Send an action whose answer nobody waits for."""
        self._send(action)

    def walk(self, action: SimpleAction, each: Callable[[Message], None]) -> Message:
        """Hand every event of a list to `each` and return the closing event, or the answer that there is nothing.

        Raise AsteriskSilent for an answer that promises no list, or a list that is cancelled or never ends.
        """
        until = self._clock.monotonic() + self._deadline
        action_id = self._send(action)
        answer = self._answer(action, action_id, until)
        if answer.get("Message").lower().startswith(_NOTHING):
            return answer
        if answer.get("EventList").lower() != "start":
            raise self._broken(f"it answered {action.name} with {answer.get('Response')!r}, but gave no list")
        while True:
            message = self._awaited(until)
            if not message.event or message.get("ActionID") != action_id:
                continue
            end = message.get("EventList").lower()
            if end == "complete":
                return message
            if end:
                raise self._broken(f"the list of {action.name} ended with {end!r}")
            each(message)

    def wait_event(self, wanted: Callable[[Message], bool], seconds: float) -> Message | None:
        """Return the first kept event that is wanted; None where none came in time."""
        until = self._clock.monotonic() + seconds
        while True:
            while self.events:
                event = self.events.popleft()
                if wanted(event):
                    return event
            try:
                self._next(until)
            except _Late:
                return None

    def _send(self, action: SimpleAction) -> str:
        self._number += 1
        action_id = f"pbxsync-{self._number}"
        data = render(action, action_id)
        if self._socket is None:
            raise AsteriskSilent(reason=say("the connection is closed"))
        try:
            self._socket.settimeout(self._deadline)
            self._socket.sendall(data)
        except OSError as error:
            raise self._broken(f"the connection broke: {error}") from error
        return action_id

    def _answer(self, action: SimpleAction, action_id: str, until: float) -> Message:
        while True:
            message = self._awaited(until)
            if not message.event and message.get("ActionID") == action_id:
                break
        if message.succeeded:
            return message
        reason = message.get("Message") or "no reason given"
        if _DENIED in reason.lower():
            reason += "; the AMI user lacks a class (docs/ami.md)"
        raise AsteriskRefused(action=action.name, reason=reason)

    def _awaited(self, until: float) -> Message:
        try:
            return self._next(until)
        except _Late:
            # A late answer would be taken for the answer to the next question.
            self.close()
            raise

    def _next(self, until: float) -> Message:
        while not self._arrived:
            self._receive(until)
        # A flood of events must not outlast the deadline either.
        if self._clock.monotonic() > until:
            raise _Late(reason=_LATE)
        message = self._arrived.popleft()
        if message.event in self._kept:
            self.events.append(message)
        return message

    def _receive(self, until: float) -> None:
        if self._socket is None:
            raise AsteriskSilent(reason=say("the connection is closed"))
        left = until - self._clock.monotonic()
        if left <= 0:
            raise _Late(reason=_LATE)
        try:
            self._socket.settimeout(left)
            data = self._socket.recv(_PIECE)
        except TimeoutError as error:
            raise _Late(reason=_LATE) from error
        except OSError as error:
            raise self._broken(f"the connection broke: {error}") from error
        if not data:
            raise self._broken("it closed the connection")
        try:
            self._arrived.extend(self._framer.feed(data))
        except AsteriskSilent:
            self.close()
            raise

    def _broken(self, reason: str) -> AsteriskSilent:
        self.close()
        return AsteriskSilent(reason=reason)
