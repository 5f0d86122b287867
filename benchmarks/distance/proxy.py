"""The process between two hosts: forwards TCP connections as a long link would.

It is told what to do on its standard input, a line each, and answers each with a line of JSON:
`open up|down HOST:PORT` listens on a free port of 127.0.0.1 and answers with its number; `up`: who connects is the
source; `counts` answers with the bytes of both directions since the start. At the end of its input it ends.
"""

import asyncio
import json
import sys
from contextlib import suppress

from benchmarks.distance.line import Direction, Link

_PIECE = 12_500
"""Bytes: 5 ms at 20 Mbit/s, so that two connections share the link fairly."""


class Proxy:
    """All connections of one link; `up` is the direction from the source to the target."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._directions = {"up": Direction(link), "down": Direction(link)}
        self._servers: list[asyncio.Server] = []
        # The loop alone does not keep a connection alive of which one half has ended.
        self._forwarding: set[asyncio.Task[None]] = set()
        self.connections = 0

    async def open(self, way: str, host: str, port: int) -> int:
        """Listen for connections to a server; return the port. way: the direction in which its clients send."""
        there = self._directions[way]
        back = self._directions["down" if way == "up" else "up"]

        async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections += 1
            task = asyncio.create_task(self._forward((reader, writer), (host, port), there, back))
            self._forwarding.add(task)
            task.add_done_callback(self._forwarding.discard)
            await task

        server = await asyncio.start_server(accepted, "127.0.0.1", 0, limit=2 * _PIECE)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    def counts(self) -> dict[str, int]:
        """Return the bytes that passed, and the connections."""
        return {**{way: one.bytes for way, one in self._directions.items()}, "connections": self.connections}

    async def _forward(
        self,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        server: tuple[str, int],
        there: Direction,
        back: Direction,
    ) -> None:
        # What the client writes meanwhile waits in its socket; it is due one way after the client may send.
        await asyncio.sleep(self._link.first_byte)
        try:
            far_reader, far_writer = await asyncio.open_connection(*server, limit=2 * _PIECE)
        except OSError:
            client[1].close()
            return
        await asyncio.gather(
            self._carry(client[0], far_writer, there, early=self._link.delay),
            self._carry(far_reader, client[1], back),
        )
        for writer in (client[1], far_writer):
            writer.close()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: Direction, early: float = 0.0
    ) -> None:
        """Carry bytes one way; early: how long before this moment the first of them was sent."""
        loop = asyncio.get_running_loop()
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        room = _Room(self._link.queue)
        delivering = asyncio.create_task(_deliver(under_way, writer, room))
        with suppress(ConnectionError):
            while data := await reader.read(_PIECE):
                arrives = direction.arrival(loop.time() - early, len(data))
                early = 0.0
                await room.take(len(data))
                under_way.put_nowait((arrives, data))
        under_way.put_nowait((loop.time() + self._link.delay, b""))
        await delivering


class _Room:
    """How many bytes may still be under way."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._more = asyncio.Event()

    async def take(self, size: int) -> None:
        while self._left < size:
            self._more.clear()
            await self._more.wait()
        self._left -= size

    def give(self, size: int) -> None:
        self._left += size
        self._more.set()


async def _deliver(under_way: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter, room: _Room) -> None:
    """Write what arrives, when it arrives; an empty piece is the end."""
    loop = asyncio.get_running_loop()
    while True:
        arrives, data = await under_way.get()
        await asyncio.sleep(max(0.0, arrives - loop.time()))
        room.give(len(data))
        with suppress(ConnectionError):
            if not data:
                writer.write_eof() if writer.can_write_eof() and not writer.is_closing() else writer.close()
                return
            writer.write(data)
            await writer.drain()


async def _cancel_the_rest() -> None:
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


async def _obey(proxy: Proxy) -> None:
    """Do what is asked on standard input, until it ends."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).decode().split():
        answer: object = proxy.counts()
        if line[0] == "open":
            host, _, port = line[2].rpartition(":")
            answer = await proxy.open(line[1], host, int(port))
        print(json.dumps(answer), flush=True)
    await _cancel_the_rest()


def main(delay: float, rate: float) -> None:
    """Run until standard input ends."""
    with suppress(KeyboardInterrupt):
        asyncio.run(_obey(Proxy(Link(delay, rate))))


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]))
