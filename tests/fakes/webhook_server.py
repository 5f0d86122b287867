"""A small HTTP server on a free port that takes webhooks and answers as it is told."""

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

HANG = -1


@dataclass(frozen=True)
class Posted:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


class WebhookServer:
    """Runs in threads of its own until closed; answers: what it says first, status by status, then 200."""

    def __init__(self, *answers: int, location: str = "") -> None:
        self.answers = list(answers)
        self.location = location
        self.posts: list[Posted] = []
        self.ended = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Talk)
        self._server.owner = self
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?from=pbx"

    def close(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_why: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    owner: WebhookServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent about clients that went away."""


class _Talk(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        owner = self.server.owner
        body = self.rfile.read(int(self.headers["Content-Length"]))
        owner.posts.append(Posted(self.path, dict(self.headers), body))
        status = owner.answers.pop(0) if owner.answers else 200
        if status == HANG:
            owner.ended.wait(30)
            return
        self.send_response(status)
        if owner.location:
            self.send_header("Location", owner.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Stay silent."""
