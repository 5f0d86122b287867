"""Loopback addresses and ports that nobody else uses, so that two PBXs can both have the standard ports."""

import fcntl
import os
import random
import socket
from contextlib import suppress
from pathlib import Path

from scripts.lab.folders import cache


class Loopback:
    """One 127.x.y.z address, held against the other laboratories on this machine until `release`."""

    def __init__(self, address: str, lock: int) -> None:
        self.address = address
        self._lock = lock

    def release(self) -> None:
        """Give the address back; may be called twice."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def claim_address() -> Loopback:
    """Find and hold a free address; raise OSError where a hundred tries find none."""
    source = random.SystemRandom()
    for _ in range(100):
        address = f"127.{source.randint(10, 250)}.{source.randint(1, 250)}.{source.randint(2, 250)}"
        lock = _lock(cache() / "addresses" / address)
        if lock is not None:
            return Loopback(address, lock)
    raise OSError("no free loopback address was found")


def _lock(path: Path) -> int | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def free_port(address: str, preferred: int) -> int:
    """Return the preferred port where it is free for TCP and UDP on this address, else any free one."""
    for port in (preferred, *_any_ports(address)):
        if _is_free(address, port):
            return port
    raise OSError(f"no free port on {address}")


def _any_ports(address: str) -> list[int]:
    ports = []
    for _ in range(20):
        with socket.socket() as probe:
            probe.bind((address, 0))
            ports.append(probe.getsockname()[1])
    return ports


def _is_free(address: str, port: int) -> bool:
    with suppress(OSError), socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.bind((address, port))
        udp.bind((address, port))
        return True
    return False
