"""Which compression a stream gets: what a sample of it gains, against the time of its line and of the processor."""

from collections.abc import Collection

from pbxsync_worker.delta.codec import Codec, compressor

SAMPLE = 2**18
"""Bytes of a sample at most."""
SLOW = 5e6
"""Bytes a second below which what is known to be text, though not which, gets brotli."""

_SPEEDS = (
    (Codec.NONE, None, 5e9),
    (Codec.ZSTD, 1, 250e6),
    (Codec.ZSTD, 3, 140e6),
    (Codec.ZSTD, 6, 60e6),
    (Codec.BROTLI, 5, 40e6),
    (Codec.ZSTD, 9, 32e6),
)
"""Bytes a second of one processor, as measured on configuration; others take over ten megabytes of memory."""
_IDLE_COST = 0.25
"""What a second of a processor is worth beside one of the line where nothing else runs."""

Coding = tuple[str, int | None]
"""Compression and level, None for its usual one."""


def decide(sample: bytes | None, line: float | None, load: float, accepted: Collection[str]) -> Coding:
    """Return the compression of a stream of which this is a sample, None where it is text that nobody has yet.

    line: bytes a second, None where nobody knows; load: processes that want to run, for each processor; accepted:
    what the other side can read.
    """
    usual = (Codec.ZSTD, 3)
    if sample is None or line is None:
        slow = sample is None and line is not None and line < SLOW
        text = (Codec.BROTLI, 5) if slow else usual
        return next((one for one in (text, usual) if one[0] in accepted), (Codec.NONE, None))
    busy = _IDLE_COST + (1 - _IDLE_COST) * min(max(load, 0.0), 1.0)
    best: Coding = (Codec.NONE, None)
    least = 1 / line
    for codec, level, speed in _SPEEDS:
        spent = busy / speed
        # Speed alone rules out what is left: they are in this order.
        if codec not in accepted or spent >= least:
            continue
        cost = _ratio(sample, codec, level) / line + spent
        if cost < least:
            best, least = (codec, level), cost
    return best


def _ratio(sample: bytes, codec: str, level: int | None) -> float:
    stream = compressor(codec, level)
    return (len(stream.add(sample)) + len(stream.finish())) / max(1, len(sample))
