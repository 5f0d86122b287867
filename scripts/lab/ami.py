"""One connection to a laboratory's Asterisk Manager, for tests and the demo; never part of the product."""

import socket
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

_LONGEST = 1 << 16


class AmiRefused(Exception):
    """Asterisk answered with an error, or not at all; the text says what was asked and why."""


class Ami:
    """Asks one question after the other; events that nobody asked for are switched off."""

    def __init__(self, address: tuple[str, int], user: str, secret: str, seconds: float = 20) -> None:
        """Log in; raise AmiRefused, OSError."""
        self._socket = socket.create_connection(address, timeout=seconds)
        self._stream = self._socket.makefile("rb")
        self._number = 0
        self._stream.readline(_LONGEST)  # its banner
        self.ask("Login", Username=user, Secret=secret, Events="off")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._stream.close()
        self._socket.close()

    def ask(self, action: str, **fields: str) -> list[Mapping[str, str]]:
        """Return the answer and, for a list, its events; raise AmiRefused."""
        self._number += 1
        identity = str(self._number)
        named = {"Action": action, "ActionID": identity, **fields}
        self._socket.sendall(("".join(f"{name}: {value}\r\n" for name, value in named.items()) + "\r\n").encode())
        answer = self._next(identity)
        if answer.get("Response") != "Success":
            raise AmiRefused(f"{action}: {answer.get('Message', 'no answer')}")
        found = [answer]
        while answer.get("EventList") == "start" and found[-1].get("EventList") != "Complete":
            found.append(self._next(identity))
        return found

    def reload(self, module: str, seconds: float = 30) -> None:
        """Reload one module, after whatever reload is in progress; raise AmiRefused."""
        end = time.monotonic() + seconds
        while True:
            try:
                self.ask("Reload", Module=module)
            except AmiRefused as error:
                if "in progress" not in str(error) or time.monotonic() > end:
                    raise
                time.sleep(0.1)
            else:
                return

    def get(self, key: str) -> str | None:
        """Return one value of the AstDB, None where there is none; key: `family/key`."""
        family, _, rest = key.partition("/")
        try:
            return self.ask("DBGet", Family=family, Key=rest)[1]["Val"]
        except AmiRefused as error:
            if "not found" in str(error):
                return None
            raise

    def put(self, key: str, value: str) -> None:
        """Set one value of the AstDB, as a feature code or a page of FreePBX does."""
        family, _, rest = key.partition("/")
        self.ask("DBPut", Family=family, Key=rest, Val=value)

    def tree(self, family: str) -> dict[str, str]:
        """Return every key of a family with its value."""
        try:
            found = self.ask("DBGetTree", Family=family)
        except AmiRefused as error:
            if "not found" in str(error):
                return {}
            raise
        return {one["Key"].lstrip("/"): one["Val"] for one in found if one.get("Event") == "DBGetTreeResponse"}

    def value(self, expression: str) -> str:
        """Return what the running Asterisk makes of a dialplan function, such as `DB(CF/2001)`."""
        return self.ask("Getvar", Variable=expression)[0]["Value"]

    def _next(self, identity: str) -> Mapping[str, str]:
        while True:
            message = self._message()
            if message.get("ActionID") == identity:
                return message

    def _message(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        while line := self._stream.readline(_LONGEST).decode(errors="replace"):
            if not line.strip():
                return found
            name, _, value = line.rstrip("\r\n").partition(":")
            found[name] = value.removeprefix(" ")
        raise AmiRefused("Asterisk closed the connection")
