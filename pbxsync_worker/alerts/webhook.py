"""Alerts by webhook: one signed JSON document by POST; redirects are not followed, and no answer is shown but its code.

Body, version 1, documented in `docs/alerts.md`. Signature: HMAC-SHA256 over timestamp, a dot and the body.
"""

import hashlib
import hmac
import json
import ssl
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from pbxsync_worker.alerts.deadline import Line, cut_off_after
from pbxsync_worker.alerts.email import PATIENCE, Patience
from pbxsync_worker.alerts.message import header_text
from pbxsync_worker.alerts.render import Renderer
from pbxsync_worker.core.model.errors import AlertServerSilent, Invalid, LetterRefused
from pbxsync_worker.core.model.letter import Letter, server_of, shown_to
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.subscription import is_url

VERSION = 1
_LATER = frozenset({408, 421, 425, 429})


@dataclass(frozen=True, slots=True)
class Secret:
    """What a receiver knows a letter of ours by."""

    text: str = field(repr=False)

    def sign(self, timestamp: str, body: bytes) -> str:
        """Return the value of the signature's header."""
        digest = hmac.new(self.text.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
        return f"sha256={digest.hexdigest()}"


class WebhookWay:
    """The way out by HTTP."""

    def __init__(self, secret: Secret, renderer: Renderer, clock: Clock, patience: Patience = PATIENCE) -> None:
        self._secret = secret
        self._renderer = renderer
        self._clock = clock
        self._patience = patience

    def send(self, letter: Letter) -> str:
        """Send one letter and return the server's answer; see `Way`. Raise Invalid for a bad URL."""
        if not is_url(letter.to):
            raise Invalid(what="recipient", problems=say("it is not a URL"))
        server = server_of(letter.channel, letter.to)
        line = Line()
        try:
            with (
                cut_off_after(self._patience.altogether, line),
                closing(self._connection(letter.to, line)) as connection,
            ):
                status, reason = self._post(connection, letter)
        except (OSError, HTTPException, ValueError) as error:
            words = getattr(error, "strerror", None) or str(error)
            why = "it does not answer" if isinstance(error, TimeoutError) else header_text(words)
            raise AlertServerSilent(server=server, reason=why or type(error).__name__) from error
        finally:
            line.close()
        answer = header_text(f"{status} {reason}")
        if 200 <= status < 300:
            return answer
        if status >= 500 or status in _LATER:
            raise AlertServerSilent(server=server, reason=answer)
        raise LetterRefused(server=server, to=shown_to(letter.channel, letter.to), reason=answer)

    def close(self) -> None:
        """Do nothing: each letter has a connection of its own."""

    def _connection(self, url: str, line: Line) -> HTTPConnection:
        parts = urlsplit(url)
        host, safe = str(parts.hostname), parts.scheme == "https"
        plain = line.dial(host, parts.port or (443 if safe else 80), self._patience.seconds)
        connection = HTTPConnection(host, parts.port)
        connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if safe else plain
        return connection

    def _post(self, connection: HTTPConnection, letter: Letter) -> tuple[int, str]:
        parts = urlsplit(letter.to)
        body = self.body(letter)
        timestamp = str(int(self._clock.now()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "PBXSync",
            "X-PBXSync-Id": letter.message_id,
            "X-PBXSync-Timestamp": timestamp,
            "X-PBXSync-Signature": self._secret.sign(timestamp, body),
        }
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        answer = connection.getresponse()
        return answer.status, answer.reason

    def body(self, letter: Letter) -> bytes:
        """Return the document of a letter, the same one however often it is sent."""
        said = self._renderer.speaker(letter.language)
        alerts = [
            {
                "kind": one.kind.value,
                "incident": one.incident,
                "subject": said(one.subject),
                "text": [said(line) for line in one.body],
                "at": one.at,
                "error": one.error,
                "groups": list(one.groups),
                "job": one.job,
                "host": one.host,
                "run": one.run,
                "page": self._renderer.link(one.run),
            }
            for one in letter.alerts
        ]
        host = {"id": self._renderer.host.id, "name": self._renderer.host.name}
        whole = {"version": VERSION, "id": letter.message_id, "made_at": letter.made_at, "host": host, "alerts": alerts}
        return json.dumps(whole, ensure_ascii=False).encode()
