"""Alerts by mail: SMTP with STARTTLS, TLS or neither; one connection carries many letters, each bounded in time."""

import smtplib
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage

from pbxsync_worker.alerts.deadline import Line, cut_off_after
from pbxsync_worker.alerts.message import build, header_text
from pbxsync_worker.alerts.render import Renderer
from pbxsync_worker.alerts.session import Session
from pbxsync_worker.core.model.errors import AlertServerSilent, LetterPutOff, LetterRefused
from pbxsync_worker.core.model.letter import Letter
from pbxsync_worker.core.model.subscription import MailServer, is_address

_TAKEN = frozenset({250, 251, 252})
_FOR_GOOD = 500


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server may take; seconds: for one answer; altogether: for one letter with everything before it."""

    seconds: float = 20.0
    altogether: float = 60.0


PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class MailLogin:
    """A mail server with what only this host knows; password: "" for no login."""

    server: MailServer
    password: str = field(default="", repr=False)


class MailWay:
    """The way out by SMTP (RFC 5321)."""

    def __init__(self, login: MailLogin, renderer: Renderer, patience: Patience = PATIENCE) -> None:
        self._login = login
        self._renderer = renderer
        self._patience = patience
        self._line = Line()
        self._session: Session | None = None

    def send(self, letter: Letter) -> str:
        """Send one letter and return the server's answer; see `Way`. Raise Invalid for a bad address."""
        message = build(letter, self._login.server.sender, self._renderer)
        with cut_off_after(self._patience.altogether, self._line):
            try:
                return self._hand_over(letter, message)
            except (OSError, smtplib.SMTPException, ValueError) as error:
                self._drop()
                raise self._silent(_reason(error)) from error
            except (LetterPutOff, LetterRefused):
                self._begin_anew()
                raise

    def close(self) -> None:
        """Say goodbye where the server still listens."""
        session = self._session
        if session is None:
            return
        # It is closed in any case, and nothing is lost with it.
        with cut_off_after(self._patience.seconds, self._line), suppress(OSError, smtplib.SMTPException):
            session.quit()
        self._drop()

    def _hand_over(self, letter: Letter, message: EmailMessage) -> str:
        session = self._open()
        code, said = session.mail(self._login.server.sender)
        if code not in _TAKEN:
            # The sender is ours, so no other letter would fare better.
            raise self._silent(_shown(code, said))
        self._judge(letter, *session.rcpt(letter.to))
        code, said = session.docmd("data")
        if code == 354:
            code, said = session.hand_over(message.as_bytes())
        self._judge(letter, code, said)
        return _shown(code, said)

    def _judge(self, letter: Letter, code: int, said: bytes) -> None:
        if code in _TAKEN:
            return
        if code == 421:  # the service is closing (RFC 5321, 4.2.2)
            raise self._silent(_shown(code, said))
        kind = LetterRefused if code >= _FOR_GOOD else LetterPutOff
        raise kind(server=self._name, to=letter.to, reason=_shown(code, said))

    def _open(self) -> Session:
        """Return a session that is logged in and still answers."""
        if self._session is not None:
            with suppress(OSError, smtplib.SMTPException):  # a server may end a connection that it kept for a while
                if self._session.noop()[0] == 250:
                    return self._session
            self._drop()
        self._session = Session(_own_name(self._login.server), self._patience.seconds, self._line)
        self._session.begin(self._login.server, self._login.server.user, self._login.password)
        return self._session

    def _begin_anew(self) -> None:
        """Let the server forget the letter that it did not take."""
        try:
            if self._session is not None:
                self._session.rset()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    @property
    def _name(self) -> str:
        return f"{self._login.server.host}:{self._login.server.port}"

    def _silent(self, reason: str) -> AlertServerSilent:
        return AlertServerSilent(server=self._name, reason=reason)


def _own_name(server: MailServer) -> str:
    """Return how we greet: by our own name where it is one, never asking a name server, which could hang."""
    name = socket.gethostname()
    return name if is_address(f"x@{name}") else server.sender.rpartition("@")[2]


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return _shown(error.smtp_code, said if isinstance(said, bytes) else str(said).encode())
    if isinstance(error, TimeoutError):
        return "it does not answer"
    return header_text(getattr(error, "strerror", None) or str(error)) or type(error).__name__


def _shown(code: int, said: bytes) -> str:
    return header_text(f"{code} {said.decode(errors='replace')}")
