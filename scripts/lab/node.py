"""One real Asterisk on a loopback address of its own, out of the laboratory's root."""

import re
import subprocess
import time
from pathlib import Path

from scripts.lab.content import Age, generate
from scripts.lab.folders import ShortFolder
from scripts.lab.hostfiles import HostFacts, asterisk_conf
from scripts.lab.loopback import Loopback, claim_address, free_port
from scripts.lab.process import Child, Server
from scripts.lab.root import asterisk_command

_SHARED_DATA = ("documentation", "rest-api", "firmware", "phoneprov", "static-http")

_COMPLAINT = re.compile(r"\[[^]]*\] (WARNING|ERROR)")
_BUSY = re.compile(r"taskprocessor\.c: Taskprocessor '[^']*' queue reached \d+ scheduled tasks")
"""Says that the machine is busy: 300 endpoints change their state at once at a start. Nothing a file could change."""


class NodeFailed(Exception):
    """Asterisk did not start, or did not answer; the text says where its log is."""


class PbxNode(Server):
    """A PBX below `folder`: etc/asterisk, var/lib/asterisk, var/spool/asterisk, var/log/asterisk.

    `start` returns when Asterisk is fully booted. After `close` nothing runs and the address is free again; the
    files stay. The process dies with the thread that started it.
    """

    def __init__(self, folder: Path, root: Path, name: str = "pbx", loopback: Loopback | None = None) -> None:
        self.folder = folder
        self.root = root
        self._loopback = loopback or claim_address()
        address = self._loopback.address
        self.host = HostFacts(
            name=name,
            address=address,
            ami_port=free_port(address, 5038),
            sip_port=free_port(address, 5060),
            http_port=free_port(address, 8088),
        )
        self._sockets = ShortFolder(folder / "run")
        self._write_asterisk_conf()

    def generate(self, extensions: int = 300, seed: int = 1, age: Age = Age.CURRENT) -> None:
        """Write the generated content and the host's own files."""
        generate(self.folder, self.host, extensions, seed, age)

    @property
    def etc(self) -> Path:
        """Return the configuration folder."""
        return self.folder / "etc/asterisk"

    @property
    def conf(self) -> Path:
        """Return asterisk.conf."""
        return self.etc / "asterisk.conf"

    @property
    def log_file(self) -> Path:
        """Return the full log."""
        return self.folder / "var/log/asterisk/full"

    @property
    def ami_address(self) -> tuple[str, int]:
        """Return address and port of the manager interface."""
        return self.host.address, self.host.ami_port

    @property
    def sip_address(self) -> tuple[str, int]:
        """Return address and port that answer SIP over UDP."""
        return self.host.address, self.host.sip_port

    @property
    def ami_secret(self) -> str:
        """Return the secret of the AMI user `host.ami_user`."""
        return self.host.ami_secret

    @property
    def pid(self) -> int:
        """Return the process id; raise NodeFailed where it does not run."""
        if self._child is None:
            raise NodeFailed(f"Asterisk of {self.host.name} does not run")
        return self._child.pid

    @property
    def running(self) -> bool:
        """Tell whether the process is there."""
        return self._child is not None and self._child.ended() is None

    def start(self, seconds: float = 60) -> None:
        """Start Asterisk and wait until it is fully booted; raise NodeFailed."""
        console = self.folder / "var/log/asterisk/console"
        argv = [*asterisk_command(self.root), "-C", str(self.conf), "-f"]
        self._child = Child(argv, console, cwd=self.folder)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._child.ended() is not None:
                tail = console.read_text(errors="replace").strip().splitlines()[-3:]
                raise NodeFailed(f"Asterisk of {self.host.name} ended at its start: {' / '.join(tail)}; see {console}")
            if "fully booted" in self._ask("core waitfullybooted", end - time.monotonic()):
                return
            time.sleep(0.05)
        raise NodeFailed(f"Asterisk of {self.host.name} was not booted after {seconds:.0f} s: see {self.log_file}")

    def close(self) -> None:
        """Stop and give the address back."""
        self.stop()
        self._sockets.remove()
        self._loopback.release()

    def cli(self, command: str, seconds: float = 20) -> str:
        """Return what the command prints; raise NodeFailed where Asterisk does not answer."""
        answer = self._ask(command, seconds)
        if answer.startswith("Unable to connect"):
            raise NodeFailed(f"Asterisk of {self.host.name} does not answer: see {self.log_file}")
        return answer

    def endpoints(self) -> int:
        """Return how many pjsip endpoints are live."""
        answer = self.cli("pjsip list endpoints")
        found = re.search(r"Objects found: (\d+)", answer)
        return int(found[1]) if found else 0

    def version(self) -> str:
        """Return the version, such as 22.10.1."""
        found = re.search(r"Asterisk (\d[\d.]*)", self.cli("core show version"))
        return found[1] if found else ""

    def complaints(self) -> list[str]:
        """Return the WARNING and ERROR lines of the full log that are about the configuration."""
        lines = self.log_file.read_text(errors="replace").splitlines() if self.log_file.exists() else []
        return [line for line in lines if _COMPLAINT.match(line) and not _BUSY.search(line)]

    def _ask(self, command: str, seconds: float) -> str:
        argv = [*asterisk_command(self.root), "-C", str(self.conf), "-rx", command]
        try:
            answer = subprocess.run(
                argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=max(1.0, seconds), check=False
            )
        except subprocess.TimeoutExpired as error:
            raise NodeFailed(f"Asterisk of {self.host.name} did not answer {command!r} in {seconds:.0f} s") from error
        return (answer.stdout or answer.stderr).decode(errors="replace").strip()

    def _write_asterisk_conf(self) -> None:
        library = self.folder / "var/lib/asterisk"
        folders = {
            "astetcdir": self.etc,
            "astmoddir": self.root / "usr/lib/x86_64-linux-gnu/asterisk/modules",
            "astvarlibdir": library,
            "astdbdir": library,
            "astkeydir": library,
            "astdatadir": library,
            "astagidir": library / "agi-bin",
            "astspooldir": self.folder / "var/spool/asterisk",
            "astrundir": self._sockets.path,
            "astlogdir": self.folder / "var/log/asterisk",
            "astsbindir": self.root / "usr/sbin",
        }
        for name, path in folders.items():
            if name not in ("astmoddir", "astsbindir"):
                path.mkdir(parents=True, exist_ok=True)
        for name in ("outgoing", "tmp", "voicemail"):
            (self.folder / "var/spool/asterisk" / name).mkdir(exist_ok=True)
        (self.folder / "var/log/asterisk/cdr-csv").mkdir(exist_ok=True)
        (library / "keys").mkdir(exist_ok=True)
        # Asterisk dies at its start without its documentation.
        for name in _SHARED_DATA:
            _link(library / name, self.root / "usr/share/asterisk" / name)
        _link(library / "sounds/en_US", self.root / "usr/share/asterisk/sounds/en_US_f_Allison")
        self.conf.write_text(asterisk_conf({name: str(path) for name, path in folders.items()}, self.host.name))


def _link(name: Path, target: Path) -> None:
    name.parent.mkdir(parents=True, exist_ok=True)
    if not name.is_symlink():
        name.symlink_to(target)
