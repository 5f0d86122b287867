"""Asterisk's command line, for what no AMI action does: stop, restart, and taking either back.

Its control socket (asterisk.ctl) first, which needs no class of AMI; the AMI action Command, which needs the class
`command`, only where that socket may not be used from here.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from asterisk.ami import SimpleAction

from pbxsync_worker.asterisk.down import proven_down
from pbxsync_worker.asterisk.session import AmiAddress, Session
from pbxsync_worker.core.model.errors import AsteriskSilent
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import say

_PIECE = 64 * 1024
_LARGEST = 1 << 20
_SOCKET = 2.0
_DOOR = 0.05


class Talk(Protocol):
    """One command that Asterisk may be busy with for long."""

    def over(self, seconds: float) -> bool:
        """Tell whether Asterisk has ended it, or is gone; waits at most this long for it."""
        ...


class Console:
    """The command line of one Asterisk; every wait ends after `deadline` seconds at the latest."""

    def __init__(self, control: Path, ami: AmiAddress, clock: Clock, deadline: float = 10.0) -> None:
        self._control = control
        self._ami = ami
        self._clock = clock
        self._deadline = deadline

    def forbidden(self) -> bool:
        """Tell whether the control socket may not be opened from here: then nobody can prove Asterisk down."""
        try:
            self._connect().close()
        except PermissionError:
            return True
        except AsteriskSilent:
            return False
        return False

    def down(self) -> bool:
        """Tell whether Asterisk is proven down."""
        return proven_down(self._control, _SOCKET)

    @contextmanager
    def talk(self, command: str) -> Iterator[Talk]:
        """Begin a command; raise AsteriskSilent where nobody takes it."""
        try:
            link = self._connect()
        except PermissionError:
            with Session(self._ami, self._clock, self._deadline) as session:
                session.tell(SimpleAction("Command", Command=command))
                yield _Asked(session)
            return
        with link:
            self._greeting(link)
            # What `asterisk -rx` sends; its source is main/asterisk.c, netconsole().
            link.sendall(b"cli quit after " + command.encode() + b"\0")
            yield _Said(link)

    def process(self) -> int | None:
        """Return the process that answers on the control socket, None where that may not be asked; see `talk`."""
        try:
            link = self._connect()
        except PermissionError:
            return None
        with link:
            # hostname/process/version
            parts = self._greeting(link).split("/")
        return int(parts[1]) if len(parts) > 2 and parts[1].isascii() and parts[1].isdigit() else None

    def _connect(self) -> socket.socket:
        until = self._clock.monotonic() + self._deadline
        while True:
            try:
                return self._tried()
            except BlockingIOError as error:
                # Asterisk lets only two wait at its door, and the kernel does not queue whoever has a deadline.
                if self._clock.monotonic() >= until:
                    raise AsteriskSilent(reason=say("nobody answers at its control socket")) from error
                self._clock.sleep(_DOOR)

    def _tried(self) -> socket.socket:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(self._deadline)
        try:
            link.connect(str(self._control))
        except (PermissionError, BlockingIOError):
            link.close()
            raise
        except OSError as error:
            link.close()
            raise AsteriskSilent(reason=say("its control socket: {value}", value=error.strerror or error)) from error
        return link

    def _greeting(self, link: socket.socket) -> str:
        found = b""
        try:
            while not found.endswith(b"\n") and len(found) < _LARGEST:
                piece = link.recv(_PIECE)
                if not piece:
                    raise AsteriskSilent(reason=say("it closed its control socket"))
                found += piece
        except OSError as error:
            raise AsteriskSilent(reason=say("its control socket: {error}", error=error)) from error
        return found.decode("utf-8", "replace")


class _Said:
    """A command on the control socket, which Asterisk closes at the end."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link

    def over(self, seconds: float) -> bool:
        """See Talk."""
        self._link.settimeout(max(seconds, 0.001))
        try:
            while self._link.recv(_PIECE):
                pass
        except TimeoutError:
            return False
        except OSError:
            return True
        return True


class _Asked:
    """A command over AMI; that somebody else took it back is not noticed here."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def over(self, seconds: float) -> bool:
        """See Talk."""
        with suppress(AsteriskSilent):
            return self._session.wait_event(lambda event: event.event == "Shutdown", seconds) is not None
        return True
