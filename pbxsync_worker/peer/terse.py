"""Answers of the peer port as short as HTTP lets them be: no header that nobody reads, one packet where one will do."""

from gunicorn.http import wsgi


class TerseResponse(wsgi.Response):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's answer without Server, Date and the Connection that HTTP/1.1 means anyway.

    Its head leaves with the first piece of its body: apart they cost one more TLS record, and often one more packet.
    """

    headers_sent: bool
    _head = b""

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
            told = [*self.default_headers(), *(f"{name}: {value}\r\n" for name, value in self.headers), "\r\n"]
            self._head = "".join(told).encode("latin-1")
            self.headers_sent = True

    def close(self) -> None:
        """Send what is left of it."""
        self.send_headers()
        self._send(b"0\r\n\r\n" if self.chunked else b"")

    def _emit_body(self, data: bytes) -> None:
        self._send(b"%X\r\n%b\r\n" % (len(data), data) if self.chunked else data)

    def _send(self, data: bytes) -> None:
        data, self._head = self._head + data, b""
        if data:
            self.sock.sendall(data)


def answer_tersely() -> None:
    """Let gunicorn make such answers in this process, which serves nothing but the peer port."""
    wsgi.Response = TerseResponse
