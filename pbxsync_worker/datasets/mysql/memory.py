"""What this host remembers between a plan and its steps: which selections it has shown, and common columns.

One file in a folder of ours: BLAKE2b-256 of the rest, then MessagePack. A row is opened as it was listed even by
another process than the one that listed it.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

from pbxsync_worker.core import wire
from pbxsync_worker.core.durable import Disk, put_file
from pbxsync_worker.core.model.dataset import TableSet
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.inventory import DIGEST_SIZE, digest_of
from pbxsync_worker.datasets.mysql.resolve import Common

_MOST_SELECTIONS = 8

Specs = tuple[TableSet, ...]


@dataclass(frozen=True, slots=True)
class Remembered:
    """selections: what datasets say of a table, the newest first, by the beginning of its names."""

    selections: dict[bytes, tuple[Specs, ...]]
    common: tuple[Common, ...] = ()


class Memory:
    """The remembered selections and columns."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._path = folder / "sql-selections"
        self._disk = disk
        self._lock = Lock()

    def selections(self, base: bytes) -> tuple[Specs, ...]:
        """Return how rows of a table were listed, the newest way first."""
        return self._load().selections.get(base, ())

    def common(self) -> tuple[Common, ...]:
        """Return the tables of which this host has more columns than a source."""
        return self._load().common

    def listed(self, specs: Specs) -> None:
        """Remember how the rows of some tables were listed; written only where it is new."""
        with self._lock:
            known = self._load()
            selections = dict(known.selections)
            for base in {one.base for one in specs}:
                own = tuple(one for one in specs if one.base == base)
                before = selections.get(base, ())
                selections[base] = (own, *(one for one in before if one != own))[:_MOST_SELECTIONS]
            self._keep(replace(known, selections=selections))

    def narrow(self, base: bytes, columns: tuple[str, ...]) -> None:
        """Remember that only these columns of a table are common with the source; () for all."""
        with self._lock:
            known = self._load()
            others = tuple(one for one in known.common if one.base != base)
            self._keep(replace(known, common=(*others, Common(base, columns)) if columns else others))

    def _load(self) -> Remembered:
        # Read each time: another process of this host may have listed tables since.
        return _read(self._path)

    def _keep(self, known: Remembered) -> None:
        if known != self._load():
            body = wire.pack(known)
            put_file(self._disk, self._path, digest_of(body) + body)


def _read(path: Path) -> Remembered:
    try:
        data = path.read_bytes()
        if digest_of(data[DIGEST_SIZE:]) == data[:DIGEST_SIZE]:
            return wire.unpack(data[DIGEST_SIZE:], Remembered)
    except (OSError, Invalid):
        pass
    return Remembered({})
