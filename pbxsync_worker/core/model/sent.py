"""How the contents of a run came here, and what that saved: sums for each way, and the items that took most."""

from dataclasses import dataclass, replace
from enum import StrEnum
from heapq import heappush, heappushpop

LARGEST = 20
"""Items that are kept by name."""
MANY = 512
"""Bytes on the way from which an item may be one of them."""


class Way(StrEnum):
    """How a content came, in the order in which it is told; the values are stored, so they never change."""

    COPY = "copy"  # an identical content was here: moved, copied, or kept from before
    ALONG = "along"  # small, with the inventory
    PATCH = "patch"  # what differs from the content that both hosts remember: beginning, end, dictionary
    DELTA = "delta"  # what differs from the content of this host, by its signature
    SAMPLES = "samples"  # speech, told by sample
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Ways:
    """What came one way; size: bytes of the contents; sent: bytes for them on the link, both ways.

    sent counts what came with the inventory as it was before compression; codec: of the stream, "" for none.
    """

    way: Way
    codec: str
    items: int
    size: int
    sent: int


@dataclass(frozen=True, slots=True)
class SentItem:
    """One item, by its shown name; bytes as in Ways."""

    name: str
    way: Way
    codec: str
    size: int
    sent: int


@dataclass(frozen=True, slots=True)
class Sent:
    """How the contents of a run came here; largest: what took most on the link, first."""

    ways: tuple[Ways, ...] = ()
    largest: tuple[SentItem, ...] = ()


class Ledger:
    """Counts contents as they come; its size does not grow with their number."""

    def __init__(self) -> None:
        self._ways: dict[tuple[Way, str], Ways] = {}
        self._largest: list[tuple[int, int, int, SentItem]] = []
        self._count = 0

    def note(self, name: str, way: Way, size: int, sent: int, codec: str = "") -> None:
        """Count one content."""
        of = self._ways.get((way, codec)) or Ways(way, codec, 0, 0, 0)
        self._ways[way, codec] = replace(of, items=of.items + 1, size=of.size + size, sent=of.sent + sent)
        if sent < MANY:
            return
        self._count += 1
        keep = heappush if len(self._largest) < LARGEST else heappushpop
        keep(self._largest, (sent, size, -self._count, SentItem(name, way, codec, size, sent)))

    def told(self) -> Sent:
        """Return what was counted."""
        order = list(Way)
        ways = sorted(self._ways.values(), key=lambda one: (order.index(one.way), one.codec))
        return Sent(tuple(ways), tuple(one[-1] for one in sorted(self._largest, reverse=True)))
