"""Item names `PLACE/relative/path`: taken apart and refused before any system call sees them."""

import re
from dataclasses import dataclass

from pbxsync_worker.core.model.dataset import FileSet, Place
from pbxsync_worker.core.model.errors import Invalid, PeerLied
from pbxsync_worker.core.model.item import show_name
from pbxsync_worker.core.model.sentence import say

OURS = b".pbxsync-"
"""Names that begin like this are ours (staging, half-written files) and never items."""

STAGE = b".pbxsync-stage"
_LONGEST_PATH = 4000  # the kernel takes 4095 with the end mark; room is left for the staging path
_LONGEST_NAME = 255
_PLACES = {place.value.encode(): place for place in Place}
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

Parts = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Where:
    """Where an item lives: a place, the folders below it, and the last name."""

    place: Place
    folder: Parts
    leaf: bytes

    @property
    def path(self) -> bytes:
        """Return the path below the place."""
        return b"/".join((*self.folder, self.leaf))


def where(name: bytes) -> Where:
    """Take an item's name apart; raise PeerLied for one that no honest host sends (`..`, NUL, absolute, too long)."""
    head, _, path = name.partition(b"/")
    place = _PLACES.get(head)
    parts = tuple(path.split(b"/"))
    if place is None or len(path) > _LONGEST_PATH or not all(_usable(part) for part in parts):
        raise PeerLied(host="", reason=f"{show_name(name[:300])} is not a usable item name")
    return Where(place, parts[:-1], parts[-1])


def base_of(file_set: FileSet) -> Parts:
    """Return the folder of a file set below its place; raise Invalid for one that leaves the place."""
    if not file_set.path:
        return ()
    parts = tuple(file_set.path.encode("utf-8", "surrogateescape").split(b"/"))
    if not all(_usable(part) for part in parts):
        raise Invalid(
            what="Path of a file set", problems=say("{path} does not stay below its place", path=repr(file_set.path))
        )
    return parts


def check_run(run: str) -> bytes:
    """Return the run id as a file name; raise Invalid where it is none."""
    if not _RUN.fullmatch(run):
        raise Invalid(what="Run id", problems=f"{run!r} cannot be a file name")
    return run.encode()


def _usable(part: bytes) -> bool:
    if part in (b"", b".", b"..") or len(part) > _LONGEST_NAME:
        return False
    return b"\0" not in part and not part.startswith(OURS)
