"""The servers that peers connect to: an rsync daemon and a private sshd, each on a free port of its own address."""

import getpass
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.lab.loopback import claim_address, free_port
from scripts.lab.process import Child

_Start = Callable[[list[str]], "Server"]


class ServerFailed(Exception):
    """A peer's server did not start; the text says where its log is."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where it listens, and its process."""

    address: str
    pid: int


@contextmanager
def rsync_daemon(folder: Path) -> Iterator[Server]:
    """Run an rsync daemon whose module `m` is everything."""
    conf = folder / "rsyncd.conf"
    conf.write_text("use chroot = no\nlog file = /dev/null\n[m]\npath = /\nread only = no\n" + _as_us())
    with _listening(folder, "rsyncd") as (host, port, start):
        argv = ["rsync", "--daemon", "--no-detach", f"--config={conf}", f"--port={port}", f"--address={host}"]
        yield start(argv)


def _as_us() -> str:
    return f"uid = {os.getuid()}\ngid = {os.getgid()}\n"


@contextmanager
def ssh_daemon(folder: Path) -> Iterator[Server]:
    """Run an sshd that lets only the key in `folder` in; `ssh_config` beside it is for its clients."""
    for name in ("host", "user"):
        key = folder / f"ssh-{name}"
        if not key.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd wants it where it starts as root
    with _listening(folder, "sshd") as (host, port, start):
        conf = folder / "sshd_config"
        conf.write_text(
            f"Port {port}\nListenAddress {host}\nHostKey {folder}/ssh-host\nAuthorizedKeysFile {folder}/ssh-user.pub\n"
            "PermitRootLogin yes\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPidFile none\nUseDNS no\n"
            "MaxStartups 100\nMaxSessions 100\nPrintMotd no\n"
        )
        (folder / "ssh_config").write_text(
            f"Host *\n User {getpass.getuser()}\n IdentityFile {folder}/ssh-user\n IdentitiesOnly yes\n"
            " UserKnownHostsFile /dev/null\n StrictHostKeyChecking no\n LogLevel ERROR\n Compression no\n"
            " BatchMode yes\n"
        )
        yield start(["/usr/sbin/sshd", "-D", "-e", "-f", str(conf)])


def ssh(folder: Path, address: str) -> str:
    """Return the ssh command that reaches an address of such an sshd."""
    return f"ssh -F {folder}/ssh_config -p {address.rpartition(':')[2]}"


@contextmanager
def _listening(folder: Path, name: str) -> Iterator[tuple[str, int, _Start]]:
    loopback = claim_address()
    port = free_port(loopback.address, 8730)
    started: list[Child] = []

    def start(argv: list[str]) -> Server:
        child = Child(argv, folder / f"{name}.log")
        started.append(child)
        _wait(child, loopback.address, port, folder / f"{name}.log")
        return Server(f"{loopback.address}:{port}", child.pid)

    try:
        yield loopback.address, port, start
    finally:
        for child in started:
            child.stop()
        loopback.release()


def _wait(child: Child, host: str, port: int, log: Path) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end and child.ended() is None:
        try:
            socket.create_connection((host, port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise ServerFailed(f"nothing listens on {host}:{port}: see {log}")
