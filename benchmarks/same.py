"""Whether two trees are the same, byte by byte: no figure counts without it."""

import os
from collections.abc import Iterator
from pathlib import Path

_PIECE = 2**20


def differences(one: Path, other: Path, leave_out: tuple[str, ...] = ()) -> list[str]:
    """Return the paths of files that are missing on either side or not the same; leave_out: first parts of paths."""
    here, there = (set(_files(root, leave_out)) for root in (one, other))
    found = sorted(here ^ there)
    return found + sorted(name for name in here & there if not _equal(one / name, other / name))


def _files(root: Path, leave_out: tuple[str, ...]) -> Iterator[str]:
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.relpath(Path(folder, name), root)
            if not path.startswith(leave_out):
                yield path


def _equal(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as left, other.open("rb") as right:
        while piece := left.read(_PIECE):
            if piece != right.read(_PIECE):
                return False
    return True
