"""One measurement, and what many of them say together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of one peer; seconds; up, down: bytes from the source to the target and back, 0 where not counted.

    peak: bytes of memory of its largest process; wrong: what is not the same afterwards, or how it failed: a sample
    with it is void; bound: the bytes without which it cannot be done; more: whatever else was seen.
    """

    row: str
    net: str
    peer: str
    number: int
    seconds: float
    up: int = 0
    down: int = 0
    peak: int = 0
    wrong: tuple[str, ...] = ()
    bound: int = 0
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figure:
    """Medians over the good samples of one peer in one cell; count: how many; void: how many did not count."""

    row: str
    net: str
    peer: str
    seconds: float
    wire: float
    peak: int
    count: int
    void: int
    bound: float = 0


def figures(samples: Iterable[Sample]) -> tuple[Figure, ...]:
    """Return one figure for each cell that has a good sample, in the order of the first samples."""
    cells: dict[tuple[str, str, str], list[Sample]] = {}
    for one in samples:
        cells.setdefault((one.row, one.net, one.peer), []).append(one)
    found = []
    for (row, net, peer), all_of_it in cells.items():
        good = [one for one in all_of_it if not one.wrong]
        void = len(all_of_it) - len(good)
        seconds = median(one.seconds for one in good) if good else 0.0
        wire = median(one.up + one.down for one in good) if good else 0
        peak = max((one.peak for one in good), default=0)
        bound = median(one.bound for one in good) if good else 0
        found.append(Figure(row, net, peer, seconds, wire, peak, len(good), void, bound))
    return tuple(found)
