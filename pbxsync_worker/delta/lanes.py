"""Differences from each number to the next, and back, for thousands of small numbers at once.

Many numbers of one or two bytes lie side by side in one long integer, so that each operation of Python works on all of
them. The first of every 64 stays as it is: what lies 64 apart is put together again side by side, in 64 steps.
"""

from functools import cache

_RUN = 64
"""Numbers from one that stays as it is to the next."""


def stepped(data: bytes, width: int) -> bytes:
    """Return little-endian numbers of `width` bytes as what each adds to the one before it, modulo 2^(8 width)."""
    top, rest, following = _masks(len(data) // width, width)
    here = int.from_bytes(data, "little")
    before = (here << (8 * width)) & following
    # The top bits are kept apart, so that nothing is carried from one number into the next.
    return (((here | top) - (before & rest)) ^ ((here ^ before ^ top) & top)).to_bytes(len(data), "little")


def summed(data: bytes, width: int) -> bytes:
    """Return what `stepped` made its result of; the length is a multiple of `width`."""
    runs = -(-len(data) // (_RUN * width))
    top, rest, _ = _masks(runs, width)
    padded = data.ljust(runs * _RUN * width, b"\0")
    made = bytearray(len(padded))
    row = bytearray(runs * width)
    stride = _RUN * width
    total = 0
    for at in range(0, stride, width):
        for byte in range(width):
            row[byte::width] = padded[at + byte :: stride]
        step = int.from_bytes(row, "little")
        total = ((total & rest) + (step & rest)) ^ ((total ^ step) & top)
        now = total.to_bytes(len(row), "little")
        for byte in range(width):
            made[at + byte :: stride] = now[byte::width]
    return bytes(memoryview(made)[: len(data)])


@cache
def _every(width: int, count: int) -> tuple[int, int, int]:
    top = int.from_bytes((bytes(width - 1) + b"\x80") * count, "little")
    following = int.from_bytes((bytes(width) + b"\xff" * (width * (_RUN - 1))) * -(-count // _RUN), "little")
    return top, (1 << (8 * width * count)) - 1, following


def _masks(count: int, width: int) -> tuple[int, int, int]:
    """Return the top bit of each number, all its other bits, and all bits of those that follow another one."""
    # Few sizes are kept: a multiple of 256 is cut to what is needed.
    top, whole, following = _every(width, -(-count // 256) * 256)
    bits = (1 << (8 * width * count)) - 1
    top &= bits
    return top, bits ^ top, following & bits & whole
