"""A small SMTP server on a free port that does what a test wants: greylist, refuse, hang, drip, drop, encrypt."""

import base64
import socketserver
import ssl
import threading
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self


class Act(StrEnum):
    """What a server can do in place of an answer."""

    HANG = "hang"
    DROP = "drop"
    DRIP = "drip"  # a letter of an endless answer now and then
    FLOOD = "flood"  # an answer that does not end
    NOISE = "noise"  # something that is not SMTP


@dataclass(frozen=True)
class Received:
    """One mail that was wholly received, whether or not that was confirmed."""

    sender: str
    to: str
    content: bytes
    encrypted: bool


@dataclass
class Manners:
    """How the server behaves; answers: what it says to a verb in place of 250; once: the same, the first times only.

    Verbs: connect, ehlo, starttls, auth, mail, rcpt, data, message (after the last dot), noop, rset, quit.
    """

    answers: dict[str, str | Act] = field(default_factory=dict)
    once: dict[str, list[str | Act]] = field(default_factory=lambda: defaultdict(list))
    greylists: bool = False
    login: tuple[str, str] | None = None
    tls: ssl.SSLContext | None = None
    tls_at_once: bool = False


class MailServer:
    """Runs in threads of its own until closed; `mails` is everything it took."""

    def __init__(self, manners: Manners | None = None, port: int = 0) -> None:
        self.manners = manners or Manners()
        self.mails: list[Received] = []
        self.verbs: list[str] = []
        self.seen: set[tuple[str, str]] = set()
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self._server = _Server(("127.0.0.1", port), _Talk)
        self._server.owner = self
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def answer(self, verb: str, usual: str) -> str | Act:
        with self.lock:
            self.verbs.append(verb)
            first = self.manners.once.get(verb)
            if first:
                return first.pop(0)
            return self.manners.answers.get(verb, usual)

    def close(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_why: object) -> None:
        self.close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = False
    block_on_close = True
    owner: MailServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: a client that went away is what these tests are about."""


class _Talk(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        self._owner = self.server.owner
        self.request.settimeout(30)
        self._encrypted = False
        with suppress(OSError, EOFError):
            if self._owner.manners.tls_at_once:
                self._encrypt()
            self._file = self.request.makefile("rb")
            if self._say("connect", "220 mail.example ESMTP"):
                self._talk()
        with suppress(OSError, AttributeError):
            self._file.close()
        with suppress(OSError):
            self.request.close()

    def _encrypt(self) -> None:
        context = self._owner.manners.tls
        assert context is not None
        self.request = context.wrap_socket(self.request, server_side=True)
        self._file = self.request.makefile("rb")
        self._encrypted = True

    def _talk(self) -> None:
        self._sender = self._to = ""
        while line := self._file.readline():
            text = line.decode().strip()
            verb, _space, rest = text.partition(" ")
            step = getattr(self, f"_on_{verb.lower()}", None)
            if step is None:
                self._write("502 what?")
            elif not step(rest):
                return

    def _on_ehlo(self, _rest: str) -> bool:
        lines = ["mail.example", "8BITMIME"]
        if self._owner.manners.tls is not None and not self._encrypted:
            lines.append("STARTTLS")
        if self._owner.manners.login:
            lines.append("AUTH PLAIN")
        usual = "\r\n".join([*(f"250-{one}" for one in lines[:-1]), f"250 {lines[-1]}"])
        return self._say("ehlo", usual)

    def _on_starttls(self, _rest: str) -> bool:
        if not self._say("starttls", "220 go on"):
            return False
        self._encrypt()
        return True

    def _on_auth(self, rest: str) -> bool:
        _nobody, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
        good = (user, password) == self._owner.manners.login
        return self._say("auth", "235 welcome" if good else "535 5.7.8 wrong login")

    def _on_mail(self, rest: str) -> bool:
        self._sender = rest.partition("<")[2].partition(">")[0]
        return self._say("mail", "250 ok")

    def _on_rcpt(self, rest: str) -> bool:
        self._to = rest.partition("<")[2].partition(">")[0]
        usual = "250 ok"
        if self._owner.manners.greylists and (self._sender, self._to) not in self._owner.seen:
            self._owner.seen.add((self._sender, self._to))
            usual = "450 4.2.0 greylisted, come back later"
        return self._say("rcpt", usual)

    def _on_data(self, _rest: str) -> bool:
        said = self._say("data", "354 go on")
        if not said or not self._went_on:
            return said
        lines = []
        while (line := self._file.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line[1:] if line.startswith(b".") else line)
        with self._owner.lock:
            self._owner.mails.append(Received(self._sender, self._to, b"".join(lines), self._encrypted))
        return self._say("message", "250 2.0.0 queued as 1")

    def _on_rset(self, _rest: str) -> bool:
        return self._say("rset", "250 ok")

    def _on_noop(self, _rest: str) -> bool:
        return self._say("noop", "250 ok")

    def _on_quit(self, _rest: str) -> bool:
        self._say("quit", "221 bye")
        return False

    def _say(self, verb: str, usual: str) -> bool:
        """Answer; False where the conversation is over."""
        answer = self._owner.answer(verb, usual)
        self._went_on = answer == usual
        if not isinstance(answer, Act):
            self._write(answer)
            return True
        if answer is Act.HANG:
            self._owner.ended.wait(30)
        elif answer is Act.DRIP:
            while not self._owner.ended.wait(0.05):
                self.request.sendall(b"2")
        elif answer is Act.FLOOD:
            while not self._owner.ended.is_set():
                self.request.sendall(b"250-and more\r\n" * 100)
        elif answer is Act.NOISE:
            self.request.sendall(b"\x16\x03\x01 this is no mail server\r\n")
        return False

    def _write(self, text: str) -> None:
        self.request.sendall(text.encode() + b"\r\n")


def manners(**answers: str | Act) -> Manners:
    """Return manners that answer verbs in this way, always."""
    return Manners(answers=dict(answers))


def once(verb: str, *said: str | Act, others: Mapping[str, str | Act] | None = None) -> Manners:
    """Return manners that answer a verb in this way the first times."""
    return Manners(answers=dict(others or {}), once={verb: list(said)})
