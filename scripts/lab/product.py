"""PBXSync on one laboratory host, used as a person would: through its command line."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.lab.loopback import free_port
from scripts.lab.node import PbxNode
from scripts.lab.process import Child

_COMMAND = (sys.executable, "-m", "pbxsync_worker.cli")


class ProductFailed(Exception):
    """A command of PBXSync did not do what it was asked; the text says which one and why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended; bytes and seconds; rows, keys: how many rows and AstDB keys the source sent."""

    run: str
    state: str
    reason: str
    reloaded: tuple[str, ...]
    state_bytes: int
    wire_bytes: int
    seconds: float
    requests: int
    rows: int = 0
    keys: int = 0


class Product:
    """One installation with its own home and its own processes."""

    def __init__(
        self, home: Path, node: PbxNode, web_port: int = 8090, settings: Mapping[str, str] | None = None
    ) -> None:
        """Choose where it lives; settings: further ones for its pbxsync.toml."""
        self.home = home
        self._settings = dict(settings or {})
        self.node = node
        self._up: Child | None = None
        self.web = f"127.0.0.1:{free_port('127.0.0.1', web_port)}"
        self.peer = f"{node.host.address}:{free_port(node.host.address, 8443)}"
        self.peer_address = self.peer

    @property
    def url(self) -> str:
        """Return the address of the web admin."""
        return f"http://{self.web}/"

    @property
    def first_visit(self) -> str:
        """Return the address of the page that makes the first administrator, with the set-up token filled in."""
        token = (self.home / "keys/setup.token").read_text(encoding="ascii").strip()
        return f"{self.url}setup?token={token}"

    def init(self) -> None:
        """Make the home: settings, identity, store."""
        secret = self.home.with_name(self.home.name + ".ami-secret")
        secret.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(self.node.ami_secret + "\n")
        host, port = self.node.ami_address
        sip = "{}:{}".format(*self.node.sip_address)
        where = [
            "--web-bind",
            self.web,
            "--peer-bind",
            self.peer,
            "--peer-address",
            self.peer_address,
            "--sip-address",
            sip,
        ]
        ami = ["--ami-host", host, "--ami-port", str(port), "--ami-user", self.node.host.ami_user]
        name = ["--name", self.node.host.name, "--asterisk-conf", str(self.node.conf)]
        self.ask("init", *name, *where, *ami, "--ami-secret-file", str(secret))
        with (self.home / "pbxsync.toml").open("a") as settings:
            settings.writelines(f'{name} = "{value}"\n' for name, value in self._settings.items())

    def start(self) -> None:
        """Start every process."""
        self._up = Child([*_COMMAND, "up"], self._log, self._environment)

    def wait(self, seconds: float = 60) -> None:
        """Wait until the web admin and the peer port answer; raise ProductFailed."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._up is not None and self._up.ended() is None:
            if _answers(self.url) and _accepts(self.peer):
                return
            time.sleep(0.1)
        raise ProductFailed(f"PBXSync of {self.node.host.name} did not come up: see {self._log}")

    def close(self) -> None:
        """Stop every process; nothing happens where none runs."""
        if self._up is not None:
            self._up.stop()
            self._up = None

    def pair(self) -> str:
        """Return a one-time code for another host that will receive from this one."""
        return str(self.ask("pair", "--give", "send")["code"])

    def join(self, code: str) -> tuple[str, str]:
        """Use the code of a host that will send to this one; return its identity and the words to compare."""
        answer = self.ask("join", code, "--give", "receive")
        return str(answer["id"]), str(answer["words"])

    def confirm(self, name: str, words: str) -> str:
        """Confirm a host by its name after comparing the words; return its identity."""
        for host in self.ask("hosts")["peers"]:
            if host["name"] == name:
                if host["words"] != words:
                    raise ProductFailed(f"the words differ: {host['words']} here, {words} there")
                self.ask("hosts", "confirm", str(host["id"]))
                return str(host["id"])
        raise ProductFailed(f"host {name} is not known to {self.node.host.name}")

    def create_farm(self, name: str, replica: str, presets: Sequence[str] = ()) -> str:
        """Make a farm with this host as its primary and one replica; return the name of its job."""
        chosen = [word for one in presets for word in ("--dataset", one)]
        return str(self.ask("farm", "create", name, "--replica", replica, *chosen)["jobs"][0]["name"])

    def plan(self, job: str, seconds: float = 120) -> str:
        """Make a plan without changing anything; return its sentence."""
        return _outcome(self.ask("plan", job, seconds=seconds, may_fail=True)).reason

    def sync(self, job: str, seconds: float = 300) -> Outcome:
        """Bring the job's target in step and wait for the end, good or bad."""
        return _outcome(self.ask("sync", job, "--wait", seconds=seconds, may_fail=True))

    def ask(self, *words: str, seconds: float = 60, may_fail: bool = False) -> Any:
        """Run one command with --json and return its answer; raise ProductFailed.

        may_fail: an answer counts even where the exit status says that something ended badly.
        """
        what = f"pbxsync {' '.join(words)}"
        try:
            answer = subprocess.run(
                [*_COMMAND, *words, "--json"],
                env={**os.environ, **self._environment},
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise ProductFailed(f"`{what}` took longer than {seconds:.0f} s") from error
        if answer.returncode != 0 and not (may_fail and answer.stdout.strip()):
            raise ProductFailed(f"`{what}` ended with {answer.returncode}: {_last(answer.stderr or answer.stdout)}")
        try:
            return json.loads(answer.stdout.strip().splitlines()[-1])
        except (ValueError, IndexError) as error:
            raise ProductFailed(f"`{what}` did not answer with JSON: {_last(answer.stdout)}") from error

    @property
    def _log(self) -> Path:
        return self.home.with_name(self.home.name + ".log")

    @property
    def _environment(self) -> Mapping[str, str]:
        return {"PBXSYNC_HOME": str(self.home)}


def _outcome(answer: Any) -> Outcome:
    """Read what `plan`, `sync` and `show` answer; the first two answer with a list, one for each target."""
    whole = answer[0] if isinstance(answer, list) else answer
    if "run" not in whole:
        raise ProductFailed(f"no run was made: {answer}")
    run, result = whole["run"], whole["result"]
    numbers = result["numbers"]
    return Outcome(
        run=str(run["id"]),
        state=str(run["state"]),
        reason=str(run["sentence"]),
        reloaded=tuple(str(module) for module in result["reloaded"]),
        state_bytes=int(numbers["state_bytes"]),
        wire_bytes=int(numbers["wire_bytes"]),
        seconds=float(numbers["seconds"]),
        requests=int(numbers["requests"]),
        rows=_sent(whole, "SQL"),
        keys=_sent(whole, "ASTDB"),
    )


def _sent(whole: Any, kind: str) -> int:
    """Return how many items of one kind the plan brings; what goes away needs no sending."""
    changes: Iterable[Any] = (whole["plan"] or {}).get("changes", ())
    return sum(one["name"].startswith(f"{kind}/") and one["kind"] != "remove" for one in changes)


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no output"


def _accepts(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=5):
            return True
    except OSError:
        return False


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # a loopback address of our own
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
