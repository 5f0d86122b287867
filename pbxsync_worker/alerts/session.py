"""One SMTP session of smtplib, bounded: a deadline that also ends a handshake, and answers of a limited length."""

import smtplib
import ssl

from pbxsync_worker.alerts.deadline import Line
from pbxsync_worker.core.model.subscription import MailServer, Security

_LONGEST_LINE = 2048
_MOST_LINES = 100
_READY = 220


class Session(smtplib.SMTP):
    """A session that begins when it is told to."""

    def __init__(self, name: str, seconds: float, line: Line) -> None:
        super().__init__(local_hostname=name, timeout=seconds)
        self._seconds = seconds
        self._line = line

    def begin(self, server: MailServer, user: str, password: str) -> None:
        """Connect, encrypt and log in; raise SMTPException, OSError (ssl.SSLError among them)."""
        plain = self._line.dial(server.host, server.port, self._seconds)
        self.sock = trust(server).wrap_socket(plain, server_hostname=server.host) if _at_once(server) else plain
        self.file = None
        self._expect(*self.getreply())
        self.ehlo_or_helo_if_needed()
        if server.security is Security.STARTTLS:
            self._encrypt(server)
        if user:
            self.login(user, password)

    def _encrypt(self, server: MailServer) -> None:
        if not self.has_extn("starttls"):
            raise smtplib.SMTPNotSupportedError("it offers no STARTTLS")
        self._expect(*self.docmd("STARTTLS"))
        assert self.sock is not None  # noqa: S101 - getreply has read from it
        self.sock = trust(server).wrap_socket(self.sock, server_hostname=server.host)
        # What was said before it was encrypted counts no more (RFC 3207), also what lies unread.
        self.file = None
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False
        self.ehlo_or_helo_if_needed()

    def _expect(self, code: int, said: bytes) -> None:
        if code != _READY:
            raise smtplib.SMTPConnectError(code, said)

    def getreply(self) -> tuple[int, bytes]:
        """Read one answer; a server that never ends it is cut off."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        if self.file is None:
            self.file = self.sock.makefile("rb")
        said: list[bytes] = []
        while len(said) < _MOST_LINES:
            line = self.file.readline(_LONGEST_LINE)
            if not line:
                raise smtplib.SMTPServerDisconnected("it closed the connection")
            if not line.endswith(b"\n") or not line[:3].isdigit():
                raise smtplib.SMTPServerDisconnected("it does not speak SMTP")
            said.append(line[4:].strip())
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(said)
        raise smtplib.SMTPServerDisconnected("its answer does not end")

    def hand_over(self, message: bytes) -> tuple[int, bytes]:
        """Send a whole message after the server said 354, and return its answer; a line of one dot is no end in it."""
        lines = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in message.split(b"\r\n"))
        self.send(lines + (b".\r\n" if lines.endswith(b"\r\n") else b"\r\n.\r\n"))
        return self.getreply()

    def close(self) -> None:
        """Close the connection."""
        super().close()
        self._line.close()


def trust(server: MailServer) -> ssl.SSLContext:
    """Return what checks the server's certificate and name."""
    return ssl.create_default_context(cafile=server.ca_file or None)


def _at_once(server: MailServer) -> bool:
    return server.security is Security.TLS
