"""A HostData of rows in memory, with the promises of the real one: one step for each database."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from pbxsync_worker.core import wire
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset, RowPolicy, TableSet
from pbxsync_worker.core.model.errors import PeerLied, SourceChanged, TargetChanged
from pbxsync_worker.core.model.inventory import Inventory, digest_of
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.ports import Content, Contents
from pbxsync_worker.core.model.step import Step, Undone
from pbxsync_worker.datasets.groups import Group, sort_rows
from pbxsync_worker.datasets.mysql.names import decode_row, encode_key, numbered, row_item, split_name, split_number
from pbxsync_worker.datasets.mysql.staging import Staged, StagedTable, step_name

Rows = dict[bytes, list[bytes]]
"""Contents by the key part of their names."""


@dataclass
class MemoryRows:
    """live: the rows of each table by the beginning of their names; marked: runs that were written."""

    live: dict[bytes, Rows] = field(default_factory=dict)
    specs: dict[bytes, TableSet] = field(default_factory=dict)
    staged: dict[bytes, Staged] = field(default_factory=dict)
    marked: set[str] = field(default_factory=set)
    kept: set[bytes] = field(default_factory=set)

    def put(self, spec: TableSet, **values: bytes | None) -> None:
        """Add a row, or change the only one of its key, as an administrator would."""
        part = encode_key(tuple(values[name] for name in spec.key))
        self.live.setdefault(spec.base, {})[part] = [wire.pack(tuple(sorted(values.items())))]

    def drop(self, spec: TableSet, *key: bytes | None) -> None:
        """Remove the rows of a key."""
        del self.live[spec.base][encode_key(key)]

    def inventory(self, dataset: Dataset) -> Inventory:
        self.specs = {one.base: one for one in dataset.tables}
        return Inventory.of(
            row_item(base + numbered(part, position), content)
            for base in self.specs
            for part, rows in self.live.get(base, {}).items()
            for position, content in enumerate(sort_rows(rows))
        )

    def open(self, item: Item) -> Iterator[bytes]:
        base, part = self._place(item.name)
        for content in self.live.get(base, {}).get(part, []):
            if digest_of(content) == item.content:
                yield content
                return
        raise SourceChanged(name=item.text)

    def why_not(self, dataset: Dataset, item: Item) -> str:
        return "" if any(one.selects(item.name) for one in dataset.tables) else "not in the dataset"

    def settable(self, item: Item, here: Item | None) -> Item:
        spec = self.specs.get(self._place(item.name)[0])
        return here if here is not None and spec is not None and spec.policy is RowPolicy.COLLECT else item

    def prepare(self, run: str, changes: Sequence[Change], content: Callable[[Change], Content]) -> tuple[Step, ...]:
        self.discard(run)
        groups: dict[bytes, dict[bytes, Group]] = {}
        for change in changes:
            data = b"".join(content(change)) if change.after is not None else None
            if change.after is not None and (data is None or digest_of(data) != change.after.content):
                raise PeerLied(host="", reason="digest")
            base, part = self._place(change.name)
            now = sort_rows(self.live.get(base, {}).get(part, []))
            group = groups.setdefault(base, {}).get(part, Group(part, now, now))
            rows = list(group.after)
            if change.before is not None:
                old = next((one for one in rows if digest_of(one) == change.before.content), None)
                if old is None:
                    raise TargetChanged(name=change.before.text)
                rows.remove(old)
            groups[base][part] = replace(group, after=sort_rows([*rows, *([data] if data is not None else [])]))
        return tuple(self._step(run, database, number, groups) for number, database in enumerate(_databases(groups)))

    def act(self, step: Step) -> None:
        staged = self.staged[step.staged]
        if staged.run in self.marked:
            return
        for table in staged.tables:
            for group in table.groups:
                if self._now(table, group) != group.before:
                    raise TargetChanged(name=table.spec.table)
        for table in staged.tables:
            for group in table.groups:
                self._set(table, group.part, group.after)
        self.marked.add(staged.run)

    def undo(self, step: Step) -> Undone:
        staged = self.staged.get(step.staged)
        if staged is None or staged.run not in self.marked:
            return Undone.KEPT if step.staged in self.kept else Undone.NOT_DONE
        for table in staged.tables:
            for group in table.groups:
                now = self._now(table, group)
                if now == group.after:
                    self._set(table, group.part, group.before)
                elif now != group.before:
                    self.kept.add(step.staged)
        self.marked.discard(staged.run)
        return Undone.KEPT if step.staged in self.kept else Undone.RESTORED

    def settle(self, run: str, steps: Sequence[Step], contents: Contents | None) -> None:
        if contents is not None:
            for step in steps:
                if step.staged in self.staged:
                    contents.put_many((digest_of(one), one) for one in self.staged[step.staged].contents())
            self.discard(run)
            self.marked.discard(run)

    def discard(self, run: str) -> None:
        self.staged = {name: one for name, one in self.staged.items() if one.run != run}

    def _step(self, run: str, database: str, number: int, groups: dict[bytes, dict[bytes, Group]]) -> Step:
        tables = tuple(
            StagedTable(self.specs[base], (), (), b"", tuple(some.values()))
            for base, some in groups.items()
            if base.startswith(step_name(database) + b"/")
        )
        staged = Staged(run, database, tables)
        name = f"{run}-sql-{database}".encode()
        self.staged[name] = staged
        return Step(number, Change(staged.half(after=False), staged.half(after=True)), name)

    def _place(self, name: bytes) -> tuple[bytes, bytes]:
        last = split_name(name)[2]
        return name[: -len(last)], split_number(last)[0]

    def _now(self, table: StagedTable, group: Group) -> tuple[bytes, ...]:
        return sort_rows(self.live.get(table.spec.base, {}).get(group.part, []))

    def _set(self, table: StagedTable, part: bytes, rows: Sequence[bytes]) -> None:
        for row in rows:
            decode_row(row)
        place = self.live.setdefault(table.spec.base, {})
        place[part] = list(rows)
        if not rows:
            del place[part]


def _databases(groups: dict[bytes, dict[bytes, Group]]) -> list[str]:
    return list(dict.fromkeys(base.split(b"/")[1].decode() for base in groups))
