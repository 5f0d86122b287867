"""Measured values as the points of small drawings, so that a page can draw them without a line of script."""

from collections.abc import Sequence
from dataclasses import dataclass

from pbxsync_worker.core.model.fact import Value

WIDTH, HEIGHT = 240, 48
MOST = 240
"""Points of a line at most; of more, some are left out."""

Samples = Sequence[tuple[float, Value | None]]


@dataclass(frozen=True, slots=True)
class Chart:
    """A line that breaks where nothing was known; lines: SVG points of each part; low, high: of the values."""

    lines: tuple[str, ...]
    low: float
    high: float


def chart(samples: Samples, begin: float, end: float) -> Chart | None:
    """Return the drawing of numbers, or of yes and no, from `begin` to `end`; None where there is nothing to draw.

    A value holds until the next one is known.
    """
    numbers = [(at, _number(value)) for at, value in samples]
    known = [value for _, value in numbers if value is not None]
    if not known or end <= begin:
        return None
    low, high = min(known), max(known)
    parts: list[list[str]] = [[]]
    following = [*(at for at, _ in numbers[1:]), end]
    for (at, value), until in list(zip(numbers, following, strict=True))[:: 1 + len(numbers) // MOST]:
        if value is None:
            parts.append([])
            continue
        height = _height(value, low, high)
        parts[-1] += [f"{_along(at, begin, end)},{height}", f"{_along(until, begin, end)},{height}"]
    return Chart(tuple(" ".join(one) for one in parts if one), low, high)


def _number(value: Value | None) -> float | None:
    return float(value) if isinstance(value, bool | int | float) else None


def _along(at: float, begin: float, end: float) -> str:
    share = min(max((at - begin) / (end - begin), 0.0), 1.0)
    return f"{WIDTH * share:.1f}"


def _height(value: float, low: float, high: float) -> str:
    # Values that never change lie in the middle.
    share = 0.5 if high == low else (value - low) / (high - low)
    return f"{HEIGHT - 2 - (HEIGHT - 4) * share:.1f}"
