"""A private Redis on a unix socket, for tests; no TCP port, nothing written to disk."""

import shutil
import time
from pathlib import Path

import redis

from scripts.lab.folders import ShortFolder
from scripts.lab.process import Child, Server


class NoRedis(Exception):
    """Redis is not installed here, or did not start; the text says what to do."""


class RedisServer(Server):
    """Start, stop, kill and start again; `url` stays the same."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sockets = ShortFolder(folder / "redis")

    @property
    def socket(self) -> Path:
        """Return the path of the unix socket."""
        return self._sockets.path / "redis.sock"

    @property
    def url(self) -> str:
        """Return the URL for clients."""
        return f"unix://{self.socket}"

    @property
    def pid(self) -> int:
        """Return the process id; raise NoRedis where it does not run."""
        if self._child is None:
            raise NoRedis("this Redis does not run")
        return self._child.pid

    def start(self, seconds: float = 10) -> None:
        """Start an empty Redis and wait until it answers; raise NoRedis."""
        program = shutil.which("redis-server")
        if program is None:
            raise NoRedis("redis-server is missing: run `apt-get install redis-server`")
        log = self._folder / "redis.log"
        argv = [program, "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700", "--save", ""]
        self._child = Child([*argv, "--appendonly", "no", "--daemonize", "no"], log, cwd=self._sockets.path)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._child.ended() is not None:
                break
            if self._answers():
                return
            time.sleep(0.02)
        self.kill()
        raise NoRedis(f"Redis did not start: see {log}")

    def close(self) -> None:
        """Stop and remove the socket's folder where it is a temporary one."""
        self.stop()
        self._sockets.remove()

    def _answers(self) -> bool:
        client = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2)
        try:
            return bool(client.ping())
        except redis.exceptions.RedisError:
            return False
        finally:
            client.close()
