"""The rows of this host as a HostData: the parts of this package put together.

All rows of a run in one database are one step: its change is `SQL/<database>`, whose two items stand for all rows
before and after, by their digest (see staging.py). One transaction makes it live, so it is wholly there or not at all.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset, RowPolicy, TableSet
from pbxsync_worker.core.model.errors import (
    Invalid,
    NotAllowed,
    PeerLied,
    Retry,
    Unsupported,
)
from pbxsync_worker.core.model.inventory import EMPTY, Inventory, digest_of
from pbxsync_worker.core.model.item import Item, ItemKind, show_name
from pbxsync_worker.core.model.pattern import Matcher
from pbxsync_worker.core.model.ports import Clock, Content, Contents
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.step import Step, Undone
from pbxsync_worker.datasets.mysql.act import Acts, staged_or_bug
from pbxsync_worker.datasets.mysql.evidence import Evidence
from pbxsync_worker.datasets.mysql.host_specific import refuse_other_keys
from pbxsync_worker.datasets.mysql.link import Link, Login
from pbxsync_worker.datasets.mysql.links import Links
from pbxsync_worker.datasets.mysql.look import Look, Scan, Seen, take_look
from pbxsync_worker.datasets.mysql.marker import make_table, remove_marker
from pbxsync_worker.datasets.mysql.memory import Memory
from pbxsync_worker.datasets.mysql.names import split_name
from pbxsync_worker.datasets.mysql.numbers import raise_numbers
from pbxsync_worker.datasets.mysql.opening import Opening
from pbxsync_worker.datasets.mysql.prepare import Coming, by_table, common_columns, read_contents, stage_table
from pbxsync_worker.datasets.mysql.resolve import resolve
from pbxsync_worker.datasets.mysql.selected import Selected
from pbxsync_worker.datasets.mysql.staging import Staged, StagedTable, Staging
from pbxsync_worker.datasets.mysql.transaction import Connect, Server
from pbxsync_worker.datasets.mysql.undo import Undos

_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class SqlData:
    """HostData over the tables of this host's databases."""

    def __init__(
        self,
        databases: Mapping[str, Login],
        protected: Matcher,
        home: Path,
        disk: Disk,
        clock: Clock,
        connect: Connect = Link,
        seen: Seen | None = None,
    ) -> None:
        """Put the parts together.

        databases: how to reach each database, by the name that datasets use; protected: names
        (`SQL/database/table/key`) never read nor touched; home: our own folder, for `staging`, `index` and `kept`;
        seen: what earlier ones with the same databases and protected names found.
        """
        self._servers = {name: Server(login, clock, connect) for name, login in databases.items()}
        self._links = Links(self._servers)
        self._protected = protected
        self._staging = Staging(home / "staging", disk)
        self._scan = Scan(Evidence(home / "index", disk), protected)
        self._seen = seen or Seen()
        self._memory = Memory(home / "index", disk)
        self._undos = {name: Undos(server, disk, home / "kept") for name, server in self._servers.items()}
        self._dataset: Dataset | None = None
        self._current: dict[bytes, TableSet] = {}
        self._here: dict[bytes, frozenset[bytes]] = {}
        self._numbers: Mapping[bytes, int] = {}
        self._opening = Opening(self._links, self._memory, protected)

    def raise_to(self, numbers: Mapping[bytes, int]) -> None:
        """Take what the next number of tables must be at least, by how their rows' names begin, for the next run."""
        self._numbers = dict(numbers)

    def inventory(self, dataset: Dataset) -> Inventory:
        """Read names and digests of all tables of a database in one snapshot.

        Raise Unsupported, before any row is read, where a table is not such that its rows can be kept in step.
        """
        refuse_other_keys(dataset.tables)
        self._by_base(dataset)
        self._here = {}
        specs = tuple(one for one in dataset.tables if not one.collected)
        parts: list[Mapping[bytes, Item]] = []
        for database in dict.fromkeys(one.database for one in specs):
            ours = tuple(one for one in specs if one.database == database)
            if database not in self._servers and all(one.optional for one in ours):
                continue
            self._memory.listed(ours)
            look = self._look(database, ours)
            self._opening.listed(look.selected)
            self._here.update((base, table.here) for base, table in look.tables.items())
            parts += [table.items for table in look.tables.values()]
        return self._seen.inventory(specs, parts) if any(parts) else EMPTY

    def _look(self, database: str, specs: Sequence[TableSet]) -> Look:
        server, ours = self._links.server(database), tuple(specs)
        last = self._seen.last(database, ours)
        with server.link() as link:
            look = take_look(link, server.login.database, ours, last, self._memory.common(), self._scan)
        self._seen.keep(database, ours, look)
        return look

    def why_not(self, dataset: Dataset, item: Item) -> str:
        """Return why a source's row has no place here, "" where it may come; raise PeerLied for a bad name."""
        database, table, last = split_name(item.name)
        if item.kind is not ItemKind.ROW:
            raise PeerLied(host="", reason=f"{item.text} is no row")
        if self._protected(item.name):
            return "protected on this host"
        spec = self._by_base(dataset).get(item.name[: -len(last)])
        if spec is None:
            return "not in the dataset"
        if database not in self._servers:
            return "this host has no such database"
        here = self._here.get(spec.base)
        if here is None:
            return f"this host has no table {table}"
        return "this host has no such row" if spec.policy is RowPolicy.UPDATE and last not in here else ""

    def settable(self, item: Item, here: Item | None) -> Item:
        """Return what this host would have: the row as it is, or its own where rows are only collected."""
        if here is None:
            return item
        spec = self._current.get(item.name[: item.name.rfind(b"/") + 1])
        return here if spec is not None and spec.policy is RowPolicy.COLLECT else item

    def _by_base(self, dataset: Dataset) -> dict[bytes, TableSet]:
        """Return the tables of a dataset by the beginning of their rows' names: asked for every single row."""
        if dataset is not self._dataset:
            self._dataset = dataset
            self._current = {one.base: one for one in dataset.tables}
        return self._current

    def open(self, item: Item) -> Iterator[bytes]:
        """Give the content of exactly this version; raise SourceChanged where the row is another by now."""
        return self._opening.open(item)

    def open_many(self, items: Sequence[Item]) -> Iterator[bytes | None]:
        """Give the whole content of each row in this order, None for one that is another by now."""
        return self._opening.open_many(items)

    def prepare(self, run: str, changes: Sequence[Change], content: Callable[[Change], Content]) -> tuple[Step, ...]:
        """Stage all rows of a run, checked and durable: one step for each database.

        Raise TargetChanged, Unsupported, NotAllowed or PeerLied before anything is staged.
        """
        _check_run(run)
        for change in changes:
            split_name(change.name)
            if self._protected(change.name):
                raise NotAllowed(reason=say("{name} is protected on this host", name=show_name(change.name)))
        self._staging.remove(run)
        tables = by_table(list(read_contents(changes, content)))
        databases = dict.fromkeys(database for database, _ in tables)
        staged = [self._stage(run, database, tables) for database in databases]
        return tuple(self._staging.put(one, number) for number, one in enumerate(staged))

    def _stage(
        self, run: str, database: str, tables: Mapping[tuple[str, str], dict[bytes, dict[int, Coming]]]
    ) -> Staged:
        server = self._links.server(database)
        ours = {table: changes for (name, table), changes in tables.items() if name == database}
        chosen = self._dataset.tables if self._dataset is not None else ()
        specs = [one for one in chosen if one.database == database and one.table in ours]
        unknown = ours.keys() - {spec.table for spec in specs}
        if unknown:
            raise NotAllowed(reason=say("table {name} is not in the dataset", name=min(unknown)))
        with server.link() as link:
            common = {one.base: one.columns for one in self._memory.common()}
            selected = {
                one.spec.table: one for one in resolve(link, server.login.database, specs, self._memory.common())
            }
            staged: list[StagedTable] = []
            for table, changes in ours.items():
                if table not in selected:
                    raise Unsupported(
                        what=say("Table {table}", table=table), reason=say("this host has none of this name")
                    )
                self._agree_on_columns(selected[table], [one for some in changes.values() for one in some.values()])
                base = selected[table].spec.base
                staged.append(stage_table(link, selected[table], changes, common.get(base, ())))
            make_table(link)
            if self._numbers:
                raise_numbers(link, server, [one for one in chosen if one.database == database], self._numbers)
        return Staged(run, database, tuple(staged))

    def _agree_on_columns(self, selected: Selected, coming: Sequence[Coming]) -> None:
        """Compare by the common columns from now on, where the source has others; then the plan must be made anew."""
        columns = common_columns(selected, coming)
        if columns is not None:
            self._memory.narrow(selected.spec.base, columns)
            reason = f"the source has other columns of table {selected.spec.table}: start the run again"
            raise Retry(reason=reason)

    def act(self, step: Step) -> None:
        """Write all rows of a step in one transaction; raise TargetChanged, having changed nothing."""
        database = _database(step)
        acts = Acts(self._links.server(database), self.undo)
        acts.act(step, staged_or_bug(self._staging.get(step), step))

    def undo(self, step: Step) -> Undone:
        """Take the rows of a step back, whether or not they were written; rows changed since stay as they are."""
        database = _database(step)
        self._links.server(database)
        staged = self._staging.get(step)
        return Undone.NOT_DONE if staged is None else self._undos[database].undo(staged)

    def stayed(self, step: Step) -> tuple[bytes, ...]:
        """Return the names of the rows that stayed when a step was undone."""
        staged = self._staging.get(step)
        return () if staged is None else self._undos[_database(step)].stayed(staged)

    def settle(self, run: str, steps: Sequence[Step], contents: Contents | None) -> None:
        """Hand over every row before and after, and forget the run; without `contents` nothing is left to do.

        A transaction is durable when it has ended, unless the server was told otherwise and the power went: then its
        marker is missing, and it is done again.
        """
        _check_run(run)
        if contents is None:
            return
        for step in steps:
            staged = self._staging.get(step)
            if staged is None:
                continue
            contents.put_many((digest_of(content), content) for content in dict.fromkeys(staged.contents()))
            if not self._links.server(staged.database).is_marked(run):
                self.act(step)
        self._staging.remove(run)
        for database in {_database(step) for step in steps}:
            with self._links.server(database).link() as link:
                remove_marker(link, run)

    def discard(self, run: str) -> None:
        """Remove everything staged for a run whose acts never began or were all undone."""
        _check_run(run)
        self._staging.remove(run)

    def close(self) -> None:
        """Close the connections that rows are opened through."""
        self._opening.close()


def _database(step: Step) -> str:
    return step.change.name.decode().partition("/")[2]


def _check_run(run: str) -> None:
    if not _RUN.fullmatch(run):
        raise Invalid(what="Run id", problems=f"{run!r} cannot be a file name")
