"""AMI text to messages and back, without sockets; used by session.py.

A message is lines of `Name: value` ended by CRLF, closed by an empty line; the first line of a connection is a banner.

Of the asterisk-ami library we use the action value only: a name and its fields. Its reader loses repeated fields and
decodes before it frames, its writer lets a line break in a value start a second action, and its client neither ends a
pending call when the connection breaks nor collects a list (docs/ami.md).
"""

import re
from dataclasses import dataclass

from asterisk.ami import SimpleAction

from pbxsync_worker.core.model.errors import AsteriskSilent, Invalid
from pbxsync_worker.core.model.sentence import say

BANNER = b"Asterisk Call Manager/"
MAX_LINE = 64 * 1024
MAX_MESSAGE = 4 * 1024 * 1024
MAX_HEADERS = 20_000
MAX_SENT_LINE = 1000
"""Bytes of one line that we send; Asterisk cuts at 1024 (ast22 main/manager.c)."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_FORBIDDEN = re.compile(r"[\r\n\0]")


@dataclass(frozen=True, slots=True)
class Message:
    """One answer or event; headers in the order they came, repeated names included."""

    headers: tuple[tuple[str, str], ...]

    def get(self, name: str, default: str = "") -> str:
        """Return the first value of this name, whatever its capitals."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), default)

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a name that repeats, such as Output or Variable."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)

    @property
    def event(self) -> str:
        """Return the name of the event, or an empty text for an answer."""
        return self.get("Event")

    @property
    def succeeded(self) -> bool:
        """Tell whether an answer is anything but an error."""
        return self.get("Response").lower() not in ("", "error")


class Framer:
    """Bytes in, cut anywhere; whole messages out.

    undecodable: what becomes of bytes that are no UTF-8, as in bytes.decode; "surrogateescape" keeps them exactly.
    """

    def __init__(self, undecodable: str = "replace") -> None:
        self.banner = ""
        self._undecodable = undecodable
        self._rest = b""
        self._lines: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[Message]:
        """Take what arrived and return the messages it completes; raise AsteriskSilent where it cannot be AMI."""
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        _limit(len(self._rest), MAX_LINE, "a line")
        if not self.banner and not lines:
            self._check_banner(self._rest[: len(BANNER)], BANNER[: len(self._rest)])
        return [message for line in lines if (message := self._take(line)) is not None]

    def _take(self, line: bytes) -> Message | None:
        _limit(len(line), MAX_LINE, "a line")
        if not self.banner:
            self._check_banner(line[: len(BANNER)], BANNER)
            self.banner = line.decode("utf-8", "replace")
            return None
        if line:
            self._lines.append(line)
            self._size += len(line)
            _limit(self._size, MAX_MESSAGE, "a message")
            _limit(len(self._lines), MAX_HEADERS, "the number of lines of a message")
            return None
        lines, self._lines, self._size = self._lines, [], 0
        return Message(tuple(_header(line, self._undecodable) for line in lines)) if lines else None

    def _check_banner(self, found: bytes, wanted: bytes) -> None:
        if found != wanted:
            raise AsteriskSilent(reason=say("whatever listens there does not speak AMI"))


def render(action: SimpleAction, action_id: str) -> bytes:
    """Return the bytes of an action; raise Invalid for a line break, a NUL or too long a line."""
    fields = [("Action", action.name), ("ActionID", action_id), *action.keys.items()]
    fields += [("Variable", f"{name}={value}") for name, value in action.variables.items()]
    return b"".join(_line(name, str(value)) for name, value in fields) + b"\r\n"


def _line(name: str, value: str) -> bytes:
    if not _NAME.fullmatch(name):
        raise Invalid(what="AMI action", problems=say("{name} is not a field name", name=repr(name)))
    if _FORBIDDEN.search(value):
        raise Invalid(what="AMI action", problems=say("the value of {name} has a line break or a NUL", name=name))
    line = f"{name}: {value}\r\n".encode("utf-8", "surrogateescape")
    if len(line) > MAX_SENT_LINE:
        raise Invalid(what="AMI action", problems=say("the value of {name} is longer than Asterisk reads", name=name))
    return line


def _header(line: bytes, undecodable: str) -> tuple[str, str]:
    name, colon, value = line.partition(b":")
    if not colon:
        return "", line.decode("utf-8", undecodable)
    return name.decode("utf-8", undecodable).strip(), value.removeprefix(b" ").decode("utf-8", undecodable)


def _limit(size: int, most: int, what: str) -> None:
    if size > most:
        raise AsteriskSilent(reason=say("it sent more than {most} for {what}", most=most, what=what))
