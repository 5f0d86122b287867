"""Answers of the peer port as short as HTTP lets them be: no header that nobody reads, one packet where one will do."""

from gunicorn.http import wsgi

from pbxsync_worker.peer.wire import TYPE, Last

_END = b"0\r\n\r\n"


class TerseResponse(wsgi.Response):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's answer without Server, Date, the Connection that HTTP/1.1 means anyway, and the type of all answers.

    Its head leaves with the first piece of its body, its end with the last: apart they cost one more TLS record each,
    and often one more packet.
    """

    headers_sent: bool
    _head = b""
    _ended = False

    def default_headers(self) -> list[str]:
        """Return the lines that an answer begins with."""
        lines = [f"HTTP/1.1 {self.status}\r\n"]
        if self.should_close():
            lines.append("Connection: close\r\n")
        if self.chunked:
            lines.append("Transfer-Encoding: chunked\r\n")
        return lines

    def send_headers(self) -> None:
        """Hold the head until there is something to send with it."""
        if not self.headers_sent:
            more = (f"{name}: {value}\r\n" for name, value in self.headers if value != TYPE)
            self._head = "".join((*self.default_headers(), *more, "\r\n")).encode("latin-1")
            self.headers_sent = True

    def close(self) -> None:
        """Send what is left of it."""
        self.send_headers()
        self._send(_END if self.chunked and not self._ended else b"")

    def _emit_body(self, data: bytes) -> None:
        if self.chunked:
            self._ended = isinstance(data, Last)
            data = b"%X\r\n%b\r\n%b" % (len(data), data, _END if self._ended else b"")
        self._send(data)

    def _send(self, data: bytes) -> None:
        data, self._head = self._head + data, b""
        if data:
            self.sock.sendall(data)


def answer_tersely() -> None:
    """Let gunicorn make such answers in this process, which serves nothing but the peer port."""
    wsgi.Response = TerseResponse
