"""The SQLite databases of this host as a HostData: the parts of this package put together.

All that a run changes in one database is one step: its change is `SQLITE/place/path`, whose two items stand for
everything before and after, by their digest (see staging.py). One transaction makes it live, so it is wholly there or
not at all.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import PAGES, SCHEMA, Dataset, Place, SqliteSet
from pbxsync_worker.core.model.errors import Invalid, NotAllowed, PbxSyncError, SourceChanged, Unsupported
from pbxsync_worker.core.model.inventory import Inventory, digest_of
from pbxsync_worker.core.model.item import Item, ItemKind, show_name
from pbxsync_worker.core.model.pattern import Matcher
from pbxsync_worker.core.model.ports import Clock, Content, Contents
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.step import Step, Undone
from pbxsync_worker.datasets.sqlite.copy import copied
from pbxsync_worker.datasets.sqlite.finder import opened
from pbxsync_worker.datasets.sqlite.images import Images
from pbxsync_worker.datasets.sqlite.link import Database, find
from pbxsync_worker.datasets.sqlite.names import Name, check_item, is_path, split_name, table_base
from pbxsync_worker.datasets.sqlite.pageacts import PageActs
from pbxsync_worker.datasets.sqlite.pages import image
from pbxsync_worker.datasets.sqlite.prepare import Preparation, Wanted
from pbxsync_worker.datasets.sqlite.reading import scan
from pbxsync_worker.datasets.sqlite.rows import RowActs
from pbxsync_worker.datasets.sqlite.schema import read_built
from pbxsync_worker.datasets.sqlite.staging import Staged, Staging

_log = logging.getLogger(__name__)
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PIECE = 2**20


class SqliteData:
    """HostData over the SQLite databases of this host."""

    def __init__(
        self,
        places: Mapping[Place, Path],
        protected: Matcher,
        home: Path,
        disk: Disk,
        clock: Clock,
        never: Sequence[Path] = (),
    ) -> None:
        """Put the parts together.

        protected: names (`SQLITE/place/path/...`, `PLACE/path`) never read nor touched; home: our own folder, for
        `staging`, `index` and `kept`; never: files that another part has, such as the AstDB.
        """
        self._places = places
        self._protected = protected
        self._never = never
        self._staging = Staging(home / "staging", disk)
        self._images = Images(home / "index" / "sqlite", disk)
        self._kept = home / "kept"
        self._disk = disk
        self._clock = clock
        self._here: frozenset[bytes] = frozenset()
        self._why: dict[bytes, str] = {}
        self._dataset: Dataset | None = None

    def inventory(self, dataset: Dataset) -> Inventory:
        """Read names and digests, each database as it was at one moment.

        Raise Unsupported, before any row is read, for a database that cannot be kept in step; DatabaseBusy where others
        hold it all the time.
        """
        self._dataset, self._why = dataset, {}
        found: dict[bytes, Item] = {}
        here = set()
        for spec in _checked(dataset):
            database = None if self._is_protected(spec) else self._database(spec.place, spec.path)
            if database is not None:
                here.add(spec.base)
                found.update((item.name, item) for item in self._scan(spec, database))
        self._here = frozenset(here)
        return Inventory(found)

    def _scan(self, spec: SqliteSet, database: Database) -> Iterator[Item]:
        with copied(database) as copy:
            built = read_built(copy, spec)
            # What is built otherwise is refused: this comes first, and its reason is told first.
            yield self._images.keep(spec.base + SCHEMA, ItemKind.SCHEMA, [built.content()])
            for table in () if built.whole else built.tables:
                base = table_base(spec.base, table.name)
                yield from (one for one in scan(copy, table, base) if not self._protected(one.name))
        if built.whole:
            yield self._images.take(database, spec.base + PAGES)

    def open(self, item: Item) -> Iterator[bytes]:
        """Give the content of exactly this version; raise SourceChanged where it is another by now."""
        name = self._readable(item)
        if name.kind is ItemKind.ROW:
            content = next(self.open_many([item]))
            if content is None:
                raise SourceChanged(name=item.text)
            for start in range(0, len(content), _PIECE):
                yield content[start : start + _PIECE]
            return
        file = self._images.open(item)
        if file is None:
            raise SourceChanged(name=item.text)
        with file:
            while piece := file.read(_PIECE):
                yield piece

    def open_many(self, items: Sequence[Item]) -> Iterator[bytes | None]:
        """Give the whole content of each item in this order, None for one that is another by now."""
        for _, same in groupby(items, key=lambda one: one.name.split(b"/")[:3]):
            some = list(same)
            first = self._readable(some[0])
            with opened(self._database(first.place, first.path)) as rows:
                for item in some:
                    yield rows.content(self._readable(item), item)

    def _readable(self, item: Item) -> Name:
        name = check_item(item)
        if self._protected(item.name) or self._protected(_file(name)):
            raise NotAllowed(reason=say("{text} is protected on this host", text=item.text))
        return name

    def base(self, item: Item) -> BinaryIO | None:
        """Return an open file of exactly this version, seekable, for the caller to close; None where it is another."""
        return self._images.open(item) if item.kind is ItemKind.DATABASE else None

    def why_not(self, dataset: Dataset, item: Item) -> str:
        """Return why a source's item has no place here, "" where it may come; raise PeerLied for a bad name."""
        name = check_item(item)
        if self._protected(item.name):
            return "protected on this host"
        if dataset is not self._dataset:
            self._dataset, self._why = dataset, {}
        group = name.base + name.table
        if group not in self._why:
            self._why[group] = self._why_not(dataset, name, item)
        return self._why[group]

    def _why_not(self, dataset: Dataset, name: Name, item: Item) -> str:
        spec = next((one for one in dataset.databases if one.selects(item.name)), None)
        if spec is None:
            return "not in the dataset"
        if self._is_protected(spec):
            return "protected on this host"
        return "" if name.base in self._here else "this host has no such database: its program has to make it first"

    def settable(self, item: Item, here: Item | None) -> Item:  # noqa: ARG002 - it can always be taken over
        """Return the item as it is: it has no attributes."""
        return item

    def prepare(self, run: str, changes: Sequence[Change], content: Callable[[Change], Content]) -> tuple[Step, ...]:
        """Stage everything, checked, rehearsed on a copy and durable: one step for each database.

        Raise TargetChanged, Unsupported, NotAllowed or PeerLied; then nothing stays staged.
        """
        self.discard(run)
        for change in changes:
            self._check(change)
        preparation = Preparation(run, self._staging, self._images)
        databases: dict[bytes, Wanted] = {}
        try:
            for change in changes:
                name = split_name(change.name)
                if name.base not in databases:
                    databases[name.base] = self._wanted(name)
                preparation.take(databases[name.base], name, change, content)
            staged = [preparation.staged(one) for one in databases.values()]
            return tuple(self._staging.put(one, number) for number, one in enumerate(staged))
        except PbxSyncError:
            self.discard(run)
            raise

    def _check(self, change: Change) -> None:
        name = split_name(change.name)
        if change.after is not None:
            check_item(change.after)
        if self._protected(change.name) or self._protected(_file(name)):
            raise NotAllowed(reason=say("{name} is protected on this host", name=show_name(change.name)))

    def _wanted(self, name: Name) -> Wanted:
        chosen = self._dataset.databases if self._dataset is not None else ()
        spec = next((one for one in chosen if one.base == name.base), None)
        if spec is None:
            raise NotAllowed(reason=say("the database {path} is not in the dataset", path=name.path))
        return Wanted(spec, self._required(spec))

    def act(self, step: Step) -> None:
        """Make a step live in one transaction; raise TargetChanged, having changed nothing. Repeatable."""
        staged = self._staging.get(step)
        if staged is None:
            raise Invalid(what="Step", problems=say("nothing is staged for {name}", name=show_name(step.change.name)))
        self._acts(staged).act(staged)

    def undo(self, step: Step) -> Undone:
        """Take a step back, whether or not it happened; what somebody changed since stays as it is."""
        staged = self._staging.get(step)
        return Undone.NOT_DONE if staged is None else self._acts(staged).undo(staged)

    def stayed(self, step: Step) -> tuple[bytes, ...]:
        """Return the names of the rows that stayed when a step was undone, none where it is the whole database."""
        staged = self._staging.get(step)
        return () if staged is None or staged.pages is not None else self._row_acts(staged).stayed(staged)

    def settle(self, run: str, steps: Sequence[Step], contents: Contents | None) -> None:
        """Hand over everything before and after, and forget the run; without `contents` nothing is left to do.

        A transaction is durable when it has ended: it is written with `synchronous = EXTRA`.
        """
        _check_run(run)
        if contents is None:
            return
        every = [staged for step in steps if (staged := self._staging.get(step)) is not None]
        for staged in every:
            contents.put_many((digest_of(content), content) for content in dict.fromkeys(staged.contents()))
            if staged.pages is not None:
                for what, version in ((".old", staged.pages.before), (".new", staged.pages.after)):
                    contents.put(image(self._staging.path(run, staged.spec.base, what)), version[0])
        for staged in every:
            if staged.pages is None:
                self._row_acts(staged).remove_marker(run)
        self._staging.remove(run)

    def discard(self, run: str) -> None:
        """Remove everything staged for a run whose acts never began or were all undone."""
        _check_run(run)
        self._staging.remove(run)

    def _acts(self, staged: Staged) -> RowActs | PageActs:
        if staged.pages is None:
            return self._row_acts(staged)
        return PageActs(self._required(staged.spec), self._staging, self._kept)

    def _row_acts(self, staged: Staged) -> RowActs:
        return RowActs(self._required(staged.spec), self._disk, self._kept)

    def _required(self, spec: SqliteSet) -> Database:
        database = self._database(spec.place, spec.path)
        if database is None:
            raise Unsupported(
                what=say("Using the database {place}/{path}", place=spec.place, path=spec.path),
                reason=say("it is not there"),
            )
        return database

    def _database(self, place: Place, path: str) -> Database | None:
        found = find(self._places, place, path)
        if found is None:
            return None
        if any(one.exists() and one.samefile(found) for one in self._never):
            reason = "it has a part of its own in a dataset, or is our own"
            raise Unsupported(what=say("Using the database {place}/{path}", place=place, path=path), reason=reason)
        return Database(found, f"{place}/{path}", self._clock)

    def _is_protected(self, spec: SqliteSet) -> bool:
        return self._protected(spec.file) or self._protected(spec.base + SCHEMA)


def _checked(dataset: Dataset) -> Sequence[SqliteSet]:
    bases = [one.base for one in dataset.databases]
    for one in dataset.databases:
        if bases.count(one.base) > 1 or not is_path(one.path.encode("utf-8", "surrogateescape")):
            problem = f"{one.place}/{one.path} is selected twice, or does not stay below its place"
            raise Invalid(what=say("Dataset {name}", name=dataset.name), problems=problem)
    return dataset.databases


def _file(name: Name) -> bytes:
    return f"{name.place}/{name.path}".encode("utf-8", "surrogateescape")


def _check_run(run: str) -> None:
    if not _RUN.fullmatch(run):
        raise Invalid(what="Run id", problems=f"{run!r} cannot be a file name")
