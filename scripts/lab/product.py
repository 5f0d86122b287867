"""PBXSync on one laboratory host, used as a person would: through its command line."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
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
    """How a run ended; bytes and seconds."""

    run: str
    state: str
    reason: str
    reloaded: tuple[str, ...]
    state_bytes: int
    wire_bytes: int
    seconds: float
    requests: int


class Product:
    """One installation with its own home and its own processes."""

    def __init__(self, home: Path, node: PbxNode) -> None:
        self.home = home
        self.node = node
        self._up: Child | None = None
        self.web = f"127.0.0.1:{free_port('127.0.0.1', 8090)}"
        self.peer = f"{node.host.address}:{free_port(node.host.address, 8443)}"

    @property
    def url(self) -> str:
        """Return the address of the web admin."""
        return f"http://{self.web}/"

    def init(self) -> None:
        """Make the home: settings, identity, store."""
        secret = self.home.with_name(self.home.name + ".ami-secret")
        secret.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(self.node.ami_secret + "\n")
        host, port = self.node.ami_address
        sip = "{}:{}".format(*self.node.sip_address)
        where = ["--web", self.web, "--peer", self.peer, "--peer-address", self.peer, "--sip", sip]
        ami = ["--ami-host", host, "--ami-port", str(port), "--ami-user", self.node.host.ami_user]
        name = ["--name", self.node.host.name, "--asterisk-conf", str(self.node.conf)]
        self.ask("init", *name, *where, *ami, "--ami-secret-file", str(secret))

    def up(self, seconds: float = 60) -> None:
        """Start every process and wait until the web admin answers."""
        self._up = Child([*_COMMAND, "up"], self.home.with_name(self.home.name + ".log"), self._environment)
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._up.ended() is None:
            if _answers(self.url):
                return
            time.sleep(0.1)
        raise ProductFailed(f"PBXSync of {self.node.host.name} did not come up: see {self.home}.log")

    def close(self) -> None:
        """Stop every process; nothing happens where none runs."""
        if self._up is not None:
            self._up.stop()
            self._up = None

    def pair(self) -> str:
        """Return a one-time code for another host, which may then do everything that a farm needs."""
        return str(self.ask("pair", "--give", "both")["code"])

    def join(self, code: str) -> tuple[str, str]:
        """Use another host's code; return its identity and the words to compare."""
        answer = self.ask("join", code, "--give", "both")
        return str(answer["id"]), str(answer["words"])

    def confirm(self, name: str, words: str) -> str:
        """Confirm a host by its name after comparing the words; return its identity."""
        for host in self.hosts():
            if host["name"] == name:
                if host["words"] != words:
                    raise ProductFailed(f"the words differ: {host['words']} here, {words} there")
                self.ask("hosts", "confirm", str(host["id"]))
                return str(host["id"])
        raise ProductFailed(f"host {name} is not known to {self.node.host.name}")

    def hosts(self) -> list[dict[str, Any]]:
        """Return the hosts that this one knows."""
        return list(self.ask("hosts")["hosts"])

    def create_farm(self, name: str, replica: str) -> str:
        """Make a farm with this host as its primary and one replica; return the name of its job."""
        return str(self.ask("farm", "create", name, "--replica", replica)["job"])

    def plan(self, job: str, seconds: float = 120) -> str:
        """Make a plan without changing anything; return its sentence."""
        return str(self.ask("plan", job, seconds=seconds)["sentence"])

    def sync(self, job: str, seconds: float = 300) -> Outcome:
        """Bring the job's target in step and wait for the end, good or bad."""
        return self._outcome(self.ask("sync", job, "--wait", seconds=seconds, may_fail=True))

    def show(self, run: str) -> Outcome:
        """Return how a run ended."""
        return self._outcome(self.ask("show", run))

    def doctor(self) -> dict[str, Any]:
        """Return what the product thinks of this host."""
        return self.ask("doctor")

    def ask(self, *words: str, seconds: float = 60, may_fail: bool = False) -> dict[str, Any]:
        """Run one command with --json and return its answer; raise ProductFailed."""
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
            found = json.loads(answer.stdout.strip().splitlines()[-1])
        except (ValueError, IndexError) as error:
            raise ProductFailed(f"`{what}` did not answer with JSON: {_last(answer.stdout)}") from error
        return found if isinstance(found, dict) else {"answer": found}

    @property
    def _environment(self) -> Mapping[str, str]:
        return {"PBXSYNC_HOME": str(self.home)}

    def _outcome(self, answer: Mapping[str, Any]) -> Outcome:
        run = answer.get("run", answer)
        numbers = run.get("numbers") or {}
        return Outcome(
            run=str(run["id"]),
            state=str(run["state"]),
            reason=str(run.get("sentence", "")),
            reloaded=tuple(str(one["module"]) for one in run.get("reloaded", ())),
            state_bytes=int(numbers.get("state_bytes", 0)),
            wire_bytes=int(numbers.get("wire_bytes", 0)),
            seconds=float(numbers.get("seconds", 0.0)),
            requests=int(numbers.get("requests", 0)),
        )


def _last(text: str) -> str:
    lines: Sequence[str] = text.strip().splitlines()
    return lines[-1] if lines else "no output"


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # a loopback address of our own
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
