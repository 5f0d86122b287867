"""Simulated hosts in one process: each with its own key, port and facts, calling and being called over real TLS."""

import asyncio
import itertools
import json
import random
import ssl
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.fact import HOST_KINDS, FactType
from pbxsync_worker.core.model.report import SOFTWARE, Report, Told, Version
from pbxsync_worker.core.model.run import State
from pbxsync_worker.delta import codec, coding
from pbxsync_worker.monitor.remote import EVERY, PATIENCE, PROVE
from pbxsync_worker.peer.identity import Identity, own_identity
from pbxsync_worker.peer.messages import (
    Answered,
    Ask,
    Collect,
    Done,
    Give,
    Message,
    Moved,
    Ping,
    Pong,
    Status,
    Tell,
    Waiting,
)
from pbxsync_worker.peer.wire import Streams, read, write

HOLD = 25.0
STREAMS = Streams(codec.compressor, codec.decompress, coding.decide)


class SimulatedHost:
    """One host: tells changing facts, executes every run it is asked for in no time."""

    def __init__(self, folder: Path, name: str, controller: str, *, polls: bool) -> None:
        """polls: it is behind a router, and takes what waits for it at the controller."""
        self.identity: Identity = own_identity(folder / name, Disk())
        self.name = name
        self.controller = controller
        self.polls = polls
        self.port = 0
        self.heard = 0.0
        self.runs: list[tuple[str, float]] = []
        self.gaps: list[float] = []
        self.polled = self.hurried = 0
        self._random = random.Random(name)
        self._root = f"{self._random.getrandbits(256):064x}"

    def report(self) -> Report:
        facts = tuple(Told(kind.name, self._value(kind.type), self._random.random() * 10, "ami") for kind in HOST_KINDS)
        has = Version("fleet", f"job-{self.name}", self.controller, "r", self._root, 60.0, 600.0)
        return Report(SOFTWARE, time.time(), facts, (has,), dials=True, polls=self.polls)

    def _value(self, kind: FactType) -> bool | float | str:
        if kind is FactType.YES_NO:
            return True
        return "22.10.1" if kind is FactType.TEXT else self._random.randrange(100)

    def hear(self) -> None:
        """Note an exchange, whoever began it."""
        now = time.monotonic()
        if self.heard:
            self.gaps.append(now - self.heard)
        self.heard = now

    def answer(self, messages: list[Message | bytes]) -> list[Message | bytes]:
        asked = next(one for one in messages if isinstance(one, (Tell, Ping, Ask, Give)))
        if isinstance(asked, Tell):
            self.hear()
            return [Tell(self.report())]
        if isinstance(asked, Ping):
            return [Pong(self.identity.id, self.name, time.time())]
        if isinstance(asked, Ask):
            self.runs.append((asked.id, time.time()))
            now = round(time.time() * 1000)
            return [Done(), Status((Moved(2, State.SCANNING, now), Moved(3, State.UNCHANGED, 0)), (), (), ())]
        if isinstance(asked, Give):
            return [Done()]
        raise Invalid(what="request", problems=type(asked).__name__)

    @property
    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(self.identity.certificate_file, self.identity.key_file)
        return context

    @property
    def client(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(self.identity.certificate_file, self.identity.key_file)
        return context


async def serve(host: SimulatedHost, address: str) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = _length(head) or 0
                messages = list(read([await reader.readexactly(length)], STREAMS, 2**24))
                body = b"".join(write(host.answer(messages), STREAMS))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-pbxsync\r\n")
                writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(connected, address, 0, ssl=host.server)
    host.port = server.sockets[0].getsockname()[1]


async def call(host: SimulatedHost, controller: tuple[str, int], *, ours: bool) -> None:
    """Call the controller as the monitor of a real host does."""
    await asyncio.sleep(random.random() * 5)
    dialled = 0.0
    while True:
        with suppress(OSError, asyncio.IncompleteReadError, Invalid):
            reader, writer = await asyncio.open_connection(*controller, ssl=host.client, server_hostname="")
            try:
                while True:
                    now = time.monotonic()
                    wait = EVERY if ours else EVERY * PATIENCE
                    if now - host.heard >= wait or now - dialled >= PROVE:
                        await _exchange(host, reader, writer)
                        dialled = time.monotonic()
                    await asyncio.sleep(max(0.5, wait - (time.monotonic() - host.heard)))
            finally:
                writer.close()
        await asyncio.sleep(2 + random.random() * 10)


async def _exchange(host: SimulatedHost, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    (answer,) = await _ask(reader, writer, "report", Tell(host.report()))
    if not isinstance(answer, Tell):
        raise OSError("no report")
    host.hear()


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, what: str, message: Message
) -> list[Message | bytes]:
    body = b"".join(write([message], STREAMS, "zstd"))
    writer.write(f"POST /v1/{what} HTTP/1.1\r\nHost: peer\r\nContent-Type: application/x-pbxsync\r\n".encode())
    writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n")[0]:
        raise OSError(head[:60])
    length = _length(head)
    pieces = [piece async for piece in _chunks(reader)] if length is None else [await reader.readexactly(length)]
    return list(read(pieces, STREAMS, 2**22))


async def take(host: SimulatedHost, controller: tuple[str, int]) -> None:
    """Take what waits at the controller, as a host behind a router does."""
    await asyncio.sleep(random.random() * 5)
    while True:
        with suppress(OSError, asyncio.IncompleteReadError, Invalid):
            reader, writer = await asyncio.open_connection(*controller, ssl=host.client, server_hostname="")
            try:
                while True:
                    began = time.monotonic()
                    found = await _ask(reader, writer, "errands", Collect(HOLD))
                    waiting = [one for one in found if isinstance(one, Waiting)]
                    host.polled += 1
                    host.hurried += not waiting and time.monotonic() - began < HOLD - 1
                    for one in waiting:
                        answer = host.answer(list(read([one.body], STREAMS, 2**22)))
                        await _ask(reader, writer, "errand", Answered(one.number, b"".join(write(answer, STREAMS))))
            finally:
                writer.close()
        await asyncio.sleep(2 + random.random() * 10)


def _length(head: bytes) -> int | None:
    """Return how long a body is, None where it comes in chunks."""
    lines = (line.lower().partition(b":") for line in head.split(b"\r\n"))
    return next((int(value) for name, _, value in lines if name == b"content-length"), None)


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while True:
        size = int(await reader.readuntil(b"\r\n"), 16)
        data = await reader.readexactly(size + 2)
        if not size:
            return
        yield data[:-2]


def names(count: int) -> Iterator[str]:
    return (f"h{number:03d}" for number in range(count))


async def main(folder: Path, count: int, polling: int) -> None:
    """Serve; write ports, wait for the controller's address on standard input, call; write what was seen when told.

    polling: so many of the hosts are behind a router.
    """
    controller_id = sys.stdin.readline().strip()
    hosts = [
        SimulatedHost(folder, name, controller_id, polls=number < polling) for number, name in enumerate(names(count))
    ]
    for number, host in enumerate(hosts):
        await serve(host, f"127.77.{number // 250}.{1 + number % 250}")
    print(json.dumps({host.name: host.port for host in hosts}), flush=True)
    address, _, port = (await asyncio.to_thread(sys.stdin.readline)).strip().rpartition(":")
    there = (address, int(port))
    calling = [
        asyncio.create_task(call(host, there, ours=host.polls or host.identity.id < controller_id)) for host in hosts
    ]
    calling += [asyncio.create_task(take(host, there)) for host in hosts if host.polls]
    while await asyncio.to_thread(sys.stdin.readline):
        gaps = list(itertools.chain.from_iterable(host.gaps for host in hosts))
        now = time.monotonic()
        told = {
            "exchanges": sum(len(host.gaps) + 1 for host in hosts if host.heard),
            "gaps": sorted(gaps),
            "silent": [host.name for host in hosts if now - host.heard > 60],
            "polled": sum(host.polled for host in hosts),
            "hurried": sum(host.hurried for host in hosts),
            "runs": [[identity, at] for host in hosts for identity, at in host.runs],
        }
        print(json.dumps(told), flush=True)
        for host in hosts:
            host.gaps.clear()
            host.runs.clear()
    for one in calling:
        one.cancel()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
