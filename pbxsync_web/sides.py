"""A unified diff as two columns: what was on the left, what is on the right, and what belongs together side by side."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest


@dataclass(frozen=True, slots=True)
class Line:
    """One line of both columns; kind: hunk, same or changed; a side is None where it has no such line."""

    kind: str
    old: str | None
    new: str | None


def side_by_side(text: str) -> list[Line]:
    """Return the lines of a unified diff in pairs; removed lines stand beside the added ones that follow them."""
    lines: list[Line] = []
    old: list[str] = []
    new: list[str] = []
    for line in text.splitlines():
        sign, rest = line[:1], line[1:]
        if line.startswith(("--- ", "+++ ")) and not lines:
            continue  # both columns are of the item whose name stands above
        if sign == "-":
            if new:
                lines.extend(_paired(old, new))
            old.append(rest)
        elif sign == "+":
            new.append(rest)
        else:
            lines.extend(_paired(old, new))
            lines.append(Line("hunk", line, line) if sign == "@" else Line("same", rest, rest))
    return [*lines, *_paired(old, new)]


def _paired(old: list[str], new: list[str]) -> Iterator[Line]:
    """Give what was gathered, and forget it."""
    pairs = [Line("changed", left, right) for left, right in zip_longest(old, new)]
    old.clear()
    new.clear()
    return iter(pairs)
