"""How a large table is cut: blocks that hardly change any more, and slots of the block that still grows.

By a time: a block is a day, `2026-11-22`, a slot ten minutes of it, `2026-11-22T132`. By a number that the server
counts up: a block is 4096 numbers, `n17`, a slot 64 of them, `n17.5`. An item is `COLLECT/database/table/origin/chunk`;
its origin is the identity of the host that wrote the records.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pbxsync_worker.core.model.dataset import COLLECT
from pbxsync_worker.core.model.errors import PeerLied
from pbxsync_worker.core.model.item import show_name

BLOCK = 4096
SLOT = 64
OPEN_DAYS = 3
"""Days before today whose records are looked at in every run: they are written when a call ends, or later."""

OPEN_BLOCKS = 2
"""The same for numbers: a transaction that ends late may bring a lower one."""

_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T([0-9]{2})([0-5]))?")
_NUMBER = re.compile(r"n([0-9]{1,15})(?:\.([0-9]|[1-5][0-9]|6[0-3]))?")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a table.

    block: where its block stands among all, so that a later one is greater; whole: it is a whole block; low, high: the
    first and the last value that belongs to it.
    """

    name: str
    block: int
    whole: bool
    low: bytes
    high: bytes

    @property
    def timed(self) -> bool:
        """Tell whether it is cut by a time."""
        return not self.name.startswith("n")

    def holds(self, value: bytes | None) -> bool:
        """Tell whether a record with this value belongs to it."""
        if value is None:
            return False
        if self.timed:
            return self.low <= value <= self.high
        return value.isdigit() and len(value) < 20 and int(self.low) <= int(value) <= int(self.high)


def chunk(name: str) -> Chunk:
    """Return a chunk by its name; raise PeerLied for what names none."""
    time, number = _TIME.fullmatch(name), _NUMBER.fullmatch(name)
    if time is not None:
        day, hour, ten = time[1], time[2] or "00", time[3]
        low = f"{day} {hour}:{ten or 0}0:00"
        high = f"{day} {hour}:{ten}9:59.999999" if ten else f"{day} 23:59:59.999999"
        return Chunk(name, int(day.replace("-", "")), ten is None, low.encode(), high.encode())
    if number is not None:
        first = int(number[1]) * BLOCK + int(number[2] or 0) * SLOT
        last = first + (SLOT if number[2] else BLOCK) - 1
        return Chunk(name, int(number[1]), number[2] is None, b"%d" % first, b"%d" % last)
    raise PeerLied(host="", reason=f"{show_name(name[:100].encode())} is no piece of a table")


def block_name(position: int, *, timed: bool) -> str:
    """Return the name of the block at a position."""
    text = f"{position:08d}"
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if timed else f"n{position}"


def slot_of(group: bytes, *, timed: bool) -> Chunk:
    """Return the slot of what the server groups by: `2026-11-22 13:2`, or a number divided by 64."""
    text = group.decode("ascii", "replace")
    if timed:
        return chunk(f"{text[:10]}T{text[11:13]}{text[14:15]}")
    return chunk(f"n{int(text) * SLOT // BLOCK}.{int(text) * SLOT % BLOCK // SLOT}")


def block_of(group: bytes, *, timed: bool) -> Chunk:
    """Return the block of what the server groups by: `2026-11-22`, or a number divided by 4096."""
    text = group.decode("ascii", "replace")
    return chunk(text[:10] if timed else f"n{text}")


def day_before(now: float, days: int) -> int:
    """Return the position of the day that was so many days ago; now: seconds since 1970."""
    return int((datetime.fromtimestamp(now, UTC) - timedelta(days=days)).strftime("%Y%m%d"))


def split(name: bytes) -> tuple[bytes, str, Chunk]:
    """Return the beginning of an item's name, its origin and its chunk; raise PeerLied for a name that is none."""
    parts = name.split(b"/")
    if len(parts) != 5 or parts[0] != COLLECT or not all(parts):
        raise PeerLied(host="", reason=f"{show_name(name[:300])} does not name records")
    try:
        origin, piece = parts[3].decode("ascii"), parts[4].decode("ascii")
    except UnicodeDecodeError as error:
        raise PeerLied(host="", reason=f"{show_name(name[:300])} does not name records") from error
    return b"/".join(parts[:3]) + b"/", origin, chunk(piece)
