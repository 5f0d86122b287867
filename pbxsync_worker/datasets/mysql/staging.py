"""What a run will write into one database, with what it replaces: one durable file, written before the first act.

File `staging/<run>-sql-<database>` in our own folder: the MessagePack of `Staged`. The step of that database carries
the digests of both halves, so that a file which is not the one that was planned is never used.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pbxsync_worker.core import wire
from pbxsync_worker.core.durable import Disk, put_file
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import SQL, Condition, TableSet
from pbxsync_worker.core.model.errors import Bug, Invalid
from pbxsync_worker.core.model.inventory import new_digest
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.step import Step
from pbxsync_worker.datasets.groups import Group
from pbxsync_worker.datasets.staging import remove_all


@dataclass(frozen=True, slots=True)
class StagedTable:
    """The changed keys of one table. selection: digest of what was read of it, so that another schema is noticed."""

    spec: TableSet
    choices: tuple[tuple[Condition, ...], ...]
    common: tuple[str, ...]
    selection: bytes
    groups: tuple[Group, ...]

    @property
    def specs(self) -> tuple[TableSet, ...]:
        """Return what the dataset said of the table."""
        return tuple(replace(self.spec, rows=rows) for rows in self.choices)


@dataclass(frozen=True, slots=True)
class Staged:
    """Everything that one run changes in one database."""

    run: str
    database: str
    tables: tuple[StagedTable, ...]

    def contents(self) -> Iterator[bytes]:
        """Give the content of every row before and after."""
        for table in self.tables:
            for group in table.groups:
                yield from group.before
                yield from group.after

    def half(self, *, after: bool) -> Item:
        """Return the item that stands for all rows before, or after."""
        running, size = new_digest(), 0
        for table in self.tables:
            for group in table.groups:
                rows = group.after if after else group.before
                data = wire.pack((table.spec.table, group.part, rows))
                running.update(b"%d:" % len(data))
                running.update(data)
                size += sum(map(len, rows))
        return Item(step_name(self.database), ItemKind.ROW, size, running.digest())


def step_name(database: str) -> bytes:
    """Return the name of the step that changes a database: `SQL/database`."""
    return SQL + b"/" + database.encode()


class Staging:
    """The staged files of all runs."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk

    def put(self, staged: Staged, number: int) -> Step:
        """Write a file, durably, and return the step that will make it live."""
        path = self._path(staged.run, staged.database)
        put_file(self._disk, path, wire.pack(staged))
        change = Change(staged.half(after=False), staged.half(after=True))
        return Step(number, change, path.name.encode())

    def get(self, step: Step) -> Staged | None:
        """Return what a step will write, None where nothing is staged; raise Bug for a file of another plan."""
        try:
            staged = wire.unpack((self._folder / step.staged.decode()).read_bytes(), Staged)
        except FileNotFoundError:
            return None
        except (OSError, Invalid) as error:
            raise Bug(reason=f"the staged rows of {step.change.name.decode()} cannot be read") from error
        if (staged.half(after=False), staged.half(after=True)) != (step.change.before, step.change.after):
            raise Bug(reason=f"the staged rows of {step.change.name.decode()} are not those of the plan")
        return staged

    def remove(self, run: str) -> None:
        """Remove what is staged for a run. Repeatable."""
        remove_all(self._disk, self._folder, f"{run}-sql-*")

    def _path(self, run: str, database: str) -> Path:
        return self._folder / f"{run}-sql-{database}"
