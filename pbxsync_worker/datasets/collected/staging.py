"""What a run will add to one table: a durable file, written before the first act and read piece by piece.

File `staging/<run>-collect-<number>` in our own folder: frames of 4 bytes length (big-endian) and MessagePack: `Head`
first, then each `Piece` with its `Batch`es; a byte before each tells which it is. The step carries the file's digest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from pbxsync_worker.core import wire
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import TableSet
from pbxsync_worker.core.model.errors import Bug
from pbxsync_worker.core.model.inventory import new_digest
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.step import Step
from pbxsync_worker.datasets.collected.ledger import Entry, Taken
from pbxsync_worker.datasets.collected.records import Values
from pbxsync_worker.datasets.staging import remove_all, write_stream

_READ = 2**20


@dataclass(frozen=True, slots=True)
class Head:
    """Which table the rest is about."""

    run: str
    spec: TableSet


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk that is taken: as it is taken, as it was taken last, and the columns that this host writes."""

    taken: Taken
    last: Taken | None
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coming:
    """A record that this host has not had from there.

    values: None for one that is in the table already, from elsewhere; before: how many rows like it were there before
    the run; upto: how many the run adds, up to and with this one.
    """

    key: bytes
    row: bytes
    values: Values | None
    before: int = 0
    upto: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records of the piece before it."""

    records: tuple[Coming, ...]


_KINDS: dict[bytes, type[Head | Piece | Batch]] = {b"H": Head, b"P": Piece, b"B": Batch}
Part = Piece | Batch


class Staged:
    """One staged file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def head(self) -> Head:
        """Return the table."""
        first = next(self._all())
        if not isinstance(first, Head):
            raise Bug(reason=f"{self._path.name} does not begin with its table")
        return first

    def batches(self) -> Iterator[tuple[Piece, tuple[Coming, ...]]]:
        """Give the records with their piece."""
        piece: Piece | None = None
        for part in self._all():
            if isinstance(part, Piece):
                piece = part
            elif isinstance(part, Batch) and piece is not None:
                yield piece, part.records

    def pieces(self) -> Iterator[Piece]:
        """Give the pieces."""
        return (part for part in self._all() if isinstance(part, Piece))

    def entries(self) -> Iterator[Entry]:
        """Give what the ledger is to know of every record."""
        for piece, records in self.batches():
            for one in records:
                of = piece.taken
                yield Entry(of.origin, of.block, one.key, one.row, piece.columns, one.values is not None)

    def _all(self) -> Iterator[Head | Piece | Batch]:
        with self._path.open("rb") as file:
            while length := file.read(4):
                body = file.read(int.from_bytes(length, "big"))
                yield wire.unpack(body[1:], _KINDS[body[:1]])


class Staging:
    """The staged files of all runs."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk

    def put(self, number: int, head: Head, parts: Iterable[Part]) -> Step:
        """Write a file as its parts come, durably, and return the step that will make it live."""
        name = f"{head.run}-collect-{number}".encode()
        running, size = new_digest(), 0

        def framed() -> Iterator[bytes]:
            nonlocal size
            for part in chain((head,), parts):
                kind = next(mark for mark, known in _KINDS.items() if isinstance(part, known))
                body = kind + wire.pack(part)
                data = len(body).to_bytes(4, "big") + body
                running.update(data)
                size += len(data)
                yield data

        write_stream(self._disk, self._folder, name, framed())
        item = Item(head.spec.base.rstrip(b"/"), ItemKind.RECORDS, size, running.digest())
        return Step(number, Change(None, item), name)

    def get(self, step: Step) -> Staged | None:
        """Return what a step will add, None where nothing is staged; raise Bug for a file of another plan."""
        path = self._folder / step.staged.decode()
        running = new_digest()
        try:
            with path.open("rb") as file:
                while piece := file.read(_READ):
                    running.update(piece)
        except FileNotFoundError:
            return None
        if step.change.after is None or running.digest() != step.change.after.content:
            raise Bug(reason=f"the staged records of {step.change.name.decode()} are not those of the plan")
        return Staged(path)

    def remove(self, run: str) -> None:
        """Remove what is staged for a run. Repeatable."""
        remove_all(self._disk, self._folder, f"{run}-collect-*")
