"""A deadline for talking to a server: a time limit for each read stops neither one that drips nor a slow handshake."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer


class Line:
    """A connection that can be cut off whatever it is doing."""

    def __init__(self) -> None:
        self._guard: socket.socket | None = None

    def dial(self, host: str, port: int, seconds: float) -> socket.socket:
        """Connect; seconds: for the connection, and for each answer. Raise OSError."""
        plain = socket.create_connection((host, port), seconds)
        # A second handle on the same connection: while TLS begins, the first one belongs to nobody.
        self._guard = plain.dup()
        return plain

    def cut(self) -> None:
        """Shut the connection down; whoever reads from it meets its end."""
        if self._guard is not None:
            with suppress(OSError):  # the other side may have ended it in the same moment
                self._guard.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let the second handle go. Repeatable."""
        if self._guard is not None:
            self._guard.close()
            self._guard = None


@contextmanager
def cut_off_after(seconds: float, line: Line) -> Iterator[None]:
    """Cut a line when its time is over."""
    timer = Timer(seconds, line.cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
