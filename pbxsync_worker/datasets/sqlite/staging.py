"""What a run will write into one database, with what it replaces: durable before the first act.

Files in `staging/` of our own folder: `<run>-sqlite-<digest of the database's name>` is the MessagePack of `Staged`;
with `.old` and `.new` behind it the pages of a database that travels as a whole, with `.begun` the note that its
writing was begun. The step carries digests of both halves, so that a file of another plan is never used.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pbxsync_worker.core import wire
from pbxsync_worker.core.durable import UNFINISHED_PUT, Disk, put_file
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import SqliteSet
from pbxsync_worker.core.model.errors import Bug, Invalid
from pbxsync_worker.core.model.inventory import digest_of, new_digest
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.step import Step
from pbxsync_worker.datasets.groups import Group
from pbxsync_worker.datasets.staging import remove_all, write_stream


@dataclass(frozen=True, slots=True)
class StagedTable:
    """The changed keys of one table."""

    name: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Pages:
    """Digest and size of all pages of a database before and after."""

    before: tuple[bytes, int]
    after: tuple[bytes, int]


@dataclass(frozen=True, slots=True)
class Staged:
    """Everything that one run changes in one database. schema: what `!schema` holds; pages: where all of it goes."""

    run: str
    spec: SqliteSet
    schema: bytes
    tables: tuple[StagedTable, ...] = ()
    pages: Pages | None = None

    def contents(self) -> Iterator[bytes]:
        """Give the content of every row before and after."""
        for table in self.tables:
            for group in table.groups:
                yield from group.before
                yield from group.after

    def half(self, *, after: bool) -> Item:
        """Return the item that stands for everything before, or after."""
        name = self.spec.base[:-1]
        if self.pages is not None:
            digest, size = self.pages.after if after else self.pages.before
            return Item(name, ItemKind.DATABASE, size, digest)
        running, size = new_digest(), 0
        for table in self.tables:
            for group in table.groups:
                rows = group.after if after else group.before
                data = wire.pack((table.name, group.part, rows))
                running.update(b"%d:" % len(data))
                running.update(data)
                size += sum(map(len, rows))
        return Item(name, ItemKind.ROW, size, running.digest())


class Staging:
    """The staged files of all runs."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self.folder = folder
        self.disk = disk

    def path(self, run: str, base: bytes, what: str = "") -> Path:
        """Return where something of a run is staged for a database."""
        return self.folder / f"{run}-sqlite-{digest_of(base).hex()[:16]}{what}"

    def put(self, staged: Staged, number: int) -> Step:
        """Write what is to be done, durably, and return the step that will make it live."""
        path = self.path(staged.run, staged.spec.base)
        put_file(self.disk, path, wire.pack(staged))
        return Step(number, Change(staged.half(after=False), staged.half(after=True)), path.name.encode())

    def put_pages(self, path: Path, pages: Iterator[bytes]) -> None:
        """Write the pages of a database, durably."""
        self.remove_one(path)
        write_stream(self.disk, self.folder, path.name.encode(), pages)

    def get(self, step: Step) -> Staged | None:
        """Return what a step will write, None where nothing is staged; raise Bug for a file of another plan."""
        shown = step.change.name.decode(errors="replace")
        try:
            staged = wire.unpack((self.folder / step.staged.decode()).read_bytes(), Staged)
        except FileNotFoundError:
            return None
        except (OSError, Invalid) as error:
            raise Bug(reason=f"what is staged for {shown} cannot be read") from error
        if (staged.half(after=False), staged.half(after=True)) != (step.change.before, step.change.after):
            raise Bug(reason=f"what is staged for {shown} is not what was planned")
        return staged

    def remove(self, run: str, what: str = "*") -> None:
        """Remove what is staged for a run. Repeatable."""
        remove_all(self.disk, self.folder, f"{run}-sqlite-{what}", f"{UNFINISHED_PUT}*")

    def remove_one(self, path: Path) -> None:
        """Remove one file, durably."""
        remove_all(self.disk, self.folder, path.name)
