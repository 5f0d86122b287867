"""When bytes arrive at the other end of a link: arithmetic alone, no clock and no sockets."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Link:
    """How far and how wide; delay: seconds one way; rate: bytes a second each way, 0 for no limit."""

    delay: float
    rate: float

    @property
    def queue(self) -> int:
        """Return how many bytes may be under way in one direction: twice what the link holds, at least 256 KiB."""
        held = int(2 * 2 * self.delay * self.rate) if self.rate else 64 * 2**20
        return max(2**18, held)

    @property
    def first_byte(self) -> float:
        """Return after how long the server sees a connection: SYN, SYN+ACK, and the ACK with the first bytes.

        TCP's handshake costs one round trip before either side can send anything.
        """
        return 3 * self.delay


@dataclass(slots=True)
class Direction:
    """One direction of a link, shared by everything that passes it."""

    link: Link
    bytes: int = 0
    _free: float = field(default=0.0)

    def arrival(self, now: float, size: int) -> float:
        """Send `size` bytes at `now`, after whatever is being sent already; return when the last of them arrives."""
        began = max(now, self._free)
        self._free = began + (size / self.link.rate if self.link.rate else 0.0)
        self.bytes += size
        return self._free + self.link.delay


NETS = {
    "lan": None,
    "wan": Link(delay=0.075, rate=20e6 / 8),
}
"""Direct, and an ocean: 75 ms and 20 Mbit/s each way."""
