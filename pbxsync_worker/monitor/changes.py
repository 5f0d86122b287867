"""What changed since the last run, by evidence that costs little: times that the kernel or the server keeps.

A file that was written, renamed, removed or given to somebody else changes its own ctime or its folder's, and nobody
can set those. Contents are never read.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pbxsync_worker.core.model.ports import Clock

MOST = 200_000
"""Entries that are looked at in one place; a larger one is not judged."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What changed after a moment; items: None where that cannot be known; oldest: since 1970, 0 for none."""

    items: int | None = 0
    oldest: float = 0.0

    def and_also(self, other: "Evidence") -> "Evidence":
        """Return both together; what is unknown in one is unknown."""
        items = None if self.items is None or other.items is None else self.items + other.items
        times = [one.oldest for one in (self, other) if one.oldest]
        return Evidence(items, min(times, default=0.0))


Wanted = Callable[[str, bool], bool]
"""(path below the root, is it a folder) -> does it matter, or for a folder: may anything in it matter."""


def files_since(root: Path, moment: float, wanted: Wanted, most: int = MOST) -> Evidence:
    """Return how many files and folders below a root have changed after a moment (seconds since 1970)."""
    items, oldest = 0, 0.0
    for seen, (path, status, folder) in enumerate(_entries(root, wanted)):
        if seen >= most:
            return Evidence(None, oldest)
        # A folder tells of files that came or went; one that changed itself alone tells the same.
        changed = status.st_mtime if folder else status.st_ctime
        if changed > moment and (not folder or wanted(path, True)):
            items += 1
            oldest = min(oldest or changed, changed)
    return Evidence(items, oldest)


def _entries(root: Path, wanted: Wanted) -> Iterator[tuple[str, os.stat_result, bool]]:
    waiting = [""]
    while waiting:
        below = waiting.pop()
        folder = root / below
        try:
            yield below, folder.stat(follow_symlinks=False), True
            with os.scandir(folder) as found:
                entries = list(found)
        except OSError:
            continue  # it went while we looked, which its own folder tells
        for entry in entries:
            path = f"{below}/{entry.name}" if below else entry.name
            if entry.is_dir(follow_symlinks=False):
                if wanted(path, True):
                    waiting.append(path)
            elif wanted(path, False):
                try:
                    yield path, entry.stat(follow_symlinks=False), False
                except OSError:
                    continue


@dataclass(frozen=True, slots=True)
class Watched:
    """What is kept in step by one job; since: when its source was last read for a run that ended well, 0 for never."""

    since: float
    look: Callable[[float], Evidence]


def together(watched: Iterable[Watched]) -> Evidence:
    """Return what changed of everything that was ever kept in step; unknown where nothing was."""
    all_of_it = [one.look(one.since) for one in watched if one.since]
    found = Evidence() if all_of_it else Evidence(None)
    for one in all_of_it:
        found = found.and_also(one)
    return found


class Unhurried:
    """Looks again only after a while that grows with what a look costs, so that large trees are looked at rarely."""

    def __init__(self, look: Callable[[], Evidence], clock: Clock, least: float = 10.0, share: float = 50.0) -> None:
        self._look = look
        self._clock = clock
        self._least = least
        self._share = share
        self._due = clock.monotonic()
        self._known = Evidence(None)

    def __call__(self) -> Evidence:
        """Return the last evidence, or a fresh one where it is time."""
        began = self._clock.monotonic()
        if began >= self._due:
            self._known = self._look()
            now = self._clock.monotonic()
            self._due = now + max(self._least, self._share * (now - began))
        return self._known
