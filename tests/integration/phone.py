"""A small SIP phone for tests: registers over UDP on loopback, answers every call at once, and remembers them."""

import hashlib
import re
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

_CHALLENGE = re.compile(r'(\w+)="?([^",]+)"?')


def _head(text: str, name: str) -> list[str]:
    """Return every value of a header, in order."""
    return re.findall(rf"^{name}\s*:\s*(.*?)\r?$", text, re.MULTILINE | re.IGNORECASE)


def _md5(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()


@dataclass
class Heard:
    """What Asterisk sent: calls by Call-ID with the caller's number; acknowledged, ended: their Call-IDs."""

    calls: dict[str, str] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)


class Phone:
    """One registered phone."""

    def __init__(self, server: tuple[str, int], number: str, password: str) -> None:
        self._server, self._number, self._password = server, number, password
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind((server[0], 0))
        self._me = f"{server[0]}:{self._socket.getsockname()[1]}"
        self._registered = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self.heard = Heard()

    def start(self) -> None:
        """Register; fail where Asterisk does not take it."""
        self._thread.start()
        self._register(1, "")
        assert self._registered.wait(20), "the phone could not register"

    def close(self) -> None:
        """Stop listening."""
        self._socket.shutdown(socket.SHUT_RDWR) if self._connected() else None
        self._socket.close()
        self._thread.join(5)

    def _connected(self) -> bool:
        with suppress(OSError):
            self._socket.connect(self._server)  # so that a shutdown wakes the listener
            return True
        return False

    def _register(self, number: int, authorization: str) -> None:
        who = f"<sip:{self._number}@{self._server[0]}>"
        lines = [
            f"REGISTER sip:{self._server[0]} SIP/2.0",
            f"Via: SIP/2.0/UDP {self._me};branch=z9hG4bKreg{number};rport",
            f"From: {who};tag=phone", f"To: {who}", f"Call-ID: register@{self._me}", f"CSeq: {number} REGISTER",
            "Max-Forwards: 70", f"Contact: <sip:{self._number}@{self._me}>", "Expires: 3600", "Content-Length: 0",
        ]  # fmt: skip
        self._send([*lines, *([f"Authorization: {authorization}"] if authorization else [])])

    def _send(self, lines: list[str], body: str = "") -> None:
        self._socket.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), self._server)

    def _listen(self) -> None:
        with suppress(OSError):
            while text := self._socket.recv(65535).decode(errors="replace"):
                if text.startswith("SIP/2.0 401"):
                    self._answer_challenge(dict(_CHALLENGE.findall(_head(text, "WWW-Authenticate")[0])))
                elif text.startswith("SIP/2.0 200"):
                    self._registered.set()
                elif not text.startswith("SIP/2.0"):
                    self._serve(text)

    def _answer_challenge(self, asked: Mapping[str, str]) -> None:
        where = f"sip:{self._server[0]}"
        secret = _md5(self._number, asked["realm"], self._password)
        answer = _md5(secret, asked["nonce"], "00000001", "abc", "auth", _md5("REGISTER", where))
        fields = {"username": self._number, "realm": asked["realm"], "nonce": asked["nonce"], "uri": where}
        text = ", ".join(f'{name}="{value}"' for name, value in {**fields, "response": answer, "cnonce": "abc"}.items())
        opaque = f', opaque="{asked["opaque"]}"' if "opaque" in asked else ""
        self._register(2, f"Digest {text}, qop=auth, nc=00000001, algorithm=MD5{opaque}")

    def _serve(self, text: str) -> None:
        method, call = text.partition(" ")[0], _head(text, "Call-ID")[0]
        if method == "ACK":
            self.heard.acknowledged.add(call)
            return
        if method == "BYE":
            self.heard.ended.add(call)
        body = ""
        if method == "INVITE":
            found = re.search(r"sip:([^@>]+)@", _head(text, "From")[0])
            self.heard.calls.setdefault(call, found[1] if found else "")
            host, port = self._server[0], 40000
            body = f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n"
        copied = [f"{name}: {value}" for name in ("Via", "From", "CSeq", "Record-Route") for value in _head(text, name)]
        tag = "" if ";tag=" in _head(text, "To")[0] else ";tag=phone"
        lines = ["SIP/2.0 200 OK", *copied, f"Call-ID: {call}", f"To: {_head(text, 'To')[0]}{tag}"]
        lines += [f"Contact: <sip:{self._number}@{self._me}>", *(["Content-Type: application/sdp"] if body else [])]
        self._send([*lines, f"Content-Length: {len(body)}"], body)
