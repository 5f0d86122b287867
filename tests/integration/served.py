"""A real Asterisk that the product itself stops and starts: by commands, as a host without systemd is set up."""

import os
import re
import shlex
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from pbxsync_worker.asterisk.console import Console
from pbxsync_worker.asterisk.controller import AsteriskController
from pbxsync_worker.asterisk.service import AsteriskService, Limits
from pbxsync_worker.asterisk.session import AmiAddress
from pbxsync_worker.asterisk.starter import NOBODY, Starter
from pbxsync_worker.core.clock import SystemClock
from scripts.lab.ami import Ami
from scripts.lab.node import PbxNode
from scripts.lab.processes import naming
from scripts.lab.root import asterisk_command

CALLER = "tester"
LIMITS = Limits(drain=20, stop=10, boot=40)


class Shut(Console):
    """A console whose control socket belongs to somebody else."""

    def _connect(self) -> socket.socket:
        raise PermissionError


class Served:
    """One PBX with the programs that start, stop and kill it."""

    def __init__(self, node: PbxNode) -> None:
        self.node = node
        self.clock = SystemClock()
        self._programs = node.folder / "programs"
        self._programs.mkdir(exist_ok=True)
        # An Asterisk that restarts itself looks for its own name in the path.
        self.program("asterisk", f'exec {shlex.join(asterisk_command(node.root))} "$@"')
        path = f"PATH={shlex.quote(str(self._programs))}:$PATH; export PATH"
        self.start = self.program("start", f"{path}; exec asterisk -C {shlex.quote(str(node.conf))}")
        pid, ours = f"$(cat {shlex.quote(str(self.pid_file))})", shlex.quote(str(node.conf))
        self.kill = self.program("kill", f'pid="{pid}" && grep -qaF {ours} /proc/$pid/cmdline && kill -KILL $pid')

    @property
    def control(self) -> Path:
        return Path(self._directory("astrundir")) / "asterisk.ctl"

    @property
    def pid_file(self) -> Path:
        return self.control.with_name("asterisk.pid")

    @property
    def pid(self) -> int:
        return int(self.pid_file.read_text())

    @property
    def starter(self) -> Starter:
        return Starter("commands", self.start, (), self.kill)

    @property
    def pbx(self) -> AsteriskController:
        ami = self._ami
        sip = "{}:{}".format(*self.node.sip_address)
        return AsteriskController(ami, self.node.log_file, sip, self.clock, 5.0, self.control)

    def service(self, starter: Starter | None = None, limits: Limits = LIMITS) -> AsteriskService:
        """Return the service; starter: NOBODY for an Asterisk that restarts itself in place."""
        console = Console(self.control, self._ami, self.clock, 3.0)
        return AsteriskService(console, console.down, self.pbx.look, starter or self.starter, self.clock, limits)

    def in_place(self, limits: Limits = LIMITS) -> AsteriskService:
        return self.service(NOBODY, limits)

    def over_ami(self) -> AsteriskService:
        """Return the service of a host that may not open the control socket; its AMI user has the class `command`."""
        ami = replace(self._ami, user=CALLER)
        console = Shut(self.control, ami, self.clock, 3.0)
        return AsteriskService(console, console.down, self.pbx.look, self.starter, self.clock, LIMITS)

    def program(self, name: str, line: str) -> tuple[str, ...]:
        """Write a program of one line and return its argument list."""
        path = self._programs / name
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)
        return (str(path),)

    def call(self, seconds: int) -> None:
        """Begin a call that lasts this long, and wait until it is there."""
        with self.tester() as asterisk:
            dial(asterisk, seconds)
        assert self.calls() > 0

    def calls(self) -> int:
        """Return how many channels there are, -1 where it does not say: such as while it waits for the last call."""
        found = re.search(r"(\d+) active channel", self.node.cli("core show channels count"))
        return int(found[1]) if found else -1

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def close(self) -> None:
        """End whatever the programs have started, also what its pid file does not name any more."""
        for pid in naming(self.node.conf):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    @property
    def _ami(self) -> AmiAddress:
        host = self.node.host
        return AmiAddress(host.address, host.ami_port, host.ami_user, lambda: self.node.ami_secret)

    @contextmanager
    def tester(self) -> Iterator[Ami]:
        with Ami(self.node.ami_address, CALLER, self.node.ami_secret) as asterisk:
            yield asterisk

    def _directory(self, name: str) -> str:
        lines = self.node.conf.read_text().splitlines()
        return next(line.partition("=>")[2].strip() for line in lines if line.startswith(name))


def dial(asterisk: Ami, seconds: int) -> None:
    """Begin a call; raise AmiRefused where Asterisk takes none."""
    asterisk.ask("Originate", Channel="Local/s@pbxsync-test/n", Application="Wait", Data=str(seconds), Timeout="3000")


def add_test_context(node: PbxNode) -> None:
    """Add what calls of tests go to."""
    with (node.etc / "extensions.conf").open("a") as file:
        file.write("\n[pbxsync-test]\nexten => s,1,Answer()\n same => n,Wait(600)\n")


@contextmanager
def served(node: PbxNode) -> Iterator[Served]:
    """Make a generated node one that the product stops and starts; it runs when this begins."""
    with (node.etc / "manager_custom.conf").open("a") as file:
        file.write(
            f"\n[{CALLER}]\nsecret = {node.ami_secret}\ndeny = 0.0.0.0/0.0.0.0\npermit = 127.0.0.0/255.0.0.0\n"
            "read = all\nwrite = all\n"
        )
    add_test_context(node)
    node.stop()
    one = Served(node)
    try:
        one.service().start()
        yield one
    finally:
        one.close()
