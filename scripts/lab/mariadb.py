"""A private MariaDB on a unix socket, for tests and the demo; no TCP port unless one is asked for, no root password."""

import getpass
import os
import shutil
import subprocess
import time
from pathlib import Path

from scripts.lab.folders import ShortFolder
from scripts.lab.process import Child, Server

_SMALL = (
    "--skip-networking",
    "--innodb-buffer-pool-size=32M",
    "--innodb-log-file-size=16M",
    "--innodb-data-file-path=ibdata1:4M:autoextend",
    "--innodb-temp-data-file-path=ibtmp1:4M:autoextend",
    "--innodb-undo-tablespaces=0",
    "--aria-pagecache-buffer-size=4M",
    "--key-buffer-size=4M",
    "--performance-schema=OFF",
    "--max-connections=40",
    "--max-allowed-packet=16M",
    "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_general_ci",
    "--default-time-zone=+02:00",
)


class NoMariaDb(Exception):
    """MariaDB is not installed here, or did not start; the text says what to do."""


class MariaDb(Server):
    """Start, stop, kill and start again: the data and `socket` stay the same. The user is `root`, without password."""

    def __init__(self, folder: Path, options: tuple[str, ...] = ()) -> None:
        """Choose where it lives; options: further arguments of mariadbd, which win over ours."""
        self._folder = folder
        self._options = options
        self._sockets = ShortFolder(folder / "mariadb")

    @property
    def socket(self) -> Path:
        """Return the path of the unix socket."""
        return self._sockets.path / "mariadb.sock"

    @property
    def pid(self) -> int:
        """Return the process id; raise NoMariaDb where it does not run."""
        if self._child is None:
            raise NoMariaDb("this MariaDB does not run")
        return self._child.pid

    def start(self, seconds: float = 30) -> None:
        """Start it, making its data first where there are none, and wait until it answers; raise NoMariaDb."""
        program = shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None:
            raise NoMariaDb("mariadbd is missing: run `apt-get install mariadb-server`")
        data = self._folder / "data"
        if not (data / "mysql").is_dir():
            self.install()
        log = self._folder / "mariadb.log"
        argv = [program, "--no-defaults", f"--datadir={data}", f"--socket={self.socket}", f"--tmpdir={self._folder}"]
        argv += [f"--pid-file={self._folder}/mariadb.pid", f"--user={getpass.getuser()}", *_SMALL, *self._options]
        self.socket.unlink(missing_ok=True)
        self._child = Child(argv, log, cwd=self._folder)
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._child.ended() is None:
            if self.socket.exists() and self._answers():
                return
            time.sleep(0.02)
        self.kill()
        raise NoMariaDb(f"MariaDB did not start: see {log}")

    def client(self, sql: str | bytes, database: str = "") -> str:
        """Run SQL as root by MariaDB's own client and return what it prints, tab separated, without headings."""
        text = sql.encode() if isinstance(sql, str) else sql
        argv = ["mariadb", "--no-defaults", f"--socket={self.socket}", "--user=root", "--batch", "--skip-column-names"]
        argv += ["--binary-mode", "--default-character-set=utf8mb4", *([database] if database else [])]
        result = subprocess.run(argv, input=text, capture_output=True, check=False)
        if result.returncode:
            raise RuntimeError(result.stderr.decode(errors="replace"))
        return result.stdout.decode(errors="surrogateescape")

    def close(self) -> None:
        """End it, and remove its data and the socket's folder."""
        self.kill()
        shutil.rmtree(self._folder / "data", ignore_errors=True)
        self._sockets.remove()

    def _answers(self) -> bool:
        try:
            return self.client("SELECT 1").strip() == "1"
        except RuntimeError:
            return False

    def install(self) -> None:
        """Make the system tables by the server's own bootstrap, as `start` does by itself; raise NoMariaDb."""
        data = self._folder / "data"
        self._folder.mkdir(parents=True, exist_ok=True)
        program = shutil.which("mariadb-install-db")
        if program is None:
            raise NoMariaDb("mariadb-install-db is missing: run `apt-get install mariadb-server`")
        argv = [program, "--no-defaults", f"--datadir={data}", f"--user={getpass.getuser()}", "--skip-test-db"]
        # In the common folder two of them that run at once remove each other's tables.
        argv += [f"--tmpdir={self._folder}"]
        # The size of the redo log is laid down here: the small one makes the data 30 MB instead of 115.
        small = [option for option in _SMALL if option.startswith("--innodb")]
        argv += ["--auth-root-authentication-method=normal", "--skip-name-resolve", *small]
        result = subprocess.run(argv, capture_output=True, check=False, cwd=self._folder)
        if result.returncode:
            raise NoMariaDb(f"mariadb-install-db failed: {result.stderr.decode(errors='replace')[-500:]}")
