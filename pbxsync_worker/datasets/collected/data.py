"""Collected tables of this host as a HostData, and what it offers to others.

Its inventory is what it took from others, as its ledger knows it, so the tables themselves are not read. An item is
`COLLECT/database/table/origin/chunk`; all chunks of a table that a run brings are one step, `COLLECT/database/table`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path
from threading import Lock

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset, TableSet
from pbxsync_worker.core.model.errors import (
    Bug,
    DatabaseSilent,
    Invalid,
    NotAllowed,
    PbxSyncError,
    SourceChanged,
)
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.ports import Clock, Content, Contents
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.step import Step, Undone
from pbxsync_worker.datasets.collected.act import Acts
from pbxsync_worker.datasets.collected.chunks import split
from pbxsync_worker.datasets.collected.index import Index
from pbxsync_worker.datasets.collected.ledger import Ledger
from pbxsync_worker.datasets.collected.offer import Offer
from pbxsync_worker.datasets.collected.prepare import Stager
from pbxsync_worker.datasets.collected.records import rows_of
from pbxsync_worker.datasets.collected.seen import listed
from pbxsync_worker.datasets.collected.staging import Head, Staging
from pbxsync_worker.datasets.collected.table import cut
from pbxsync_worker.datasets.mysql.link import Link, Login
from pbxsync_worker.datasets.mysql.links import Links
from pbxsync_worker.datasets.mysql.transaction import Connect, Server

_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class CollectedData:
    """HostData over the collected tables of this host's databases."""

    def __init__(
        self,
        databases: Mapping[str, Login],
        me: Callable[[], str],
        home: Path,
        disk: Disk,
        clock: Clock,
        connect: Connect = Link,
    ) -> None:
        """Put the parts together.

        databases: how to reach each database, by the name that datasets use; me: the identity of this host; home: our
        own folder, for `collected.sqlite` (the ledger, to be kept), `index`, `staging` and `kept`.
        """
        self._servers = {name: Server(login, clock, connect) for name, login in databases.items()}
        self._me = me
        self._clock = clock
        self._ledger = Ledger(home / "collected.sqlite", disk)
        self._offer = Offer(Index(home / "index" / "collected.sqlite", disk), self._ledger, clock)
        self._staging = Staging(home / "staging", disk)
        self._acts = {name: Acts(server, self._ledger, disk, home / "kept") for name, server in self._servers.items()}
        self._here: frozenset[bytes] = frozenset()
        self._specs: dict[bytes, TableSet] = {}
        self._links = Links(self._servers)
        self._lock = Lock()

    def inventory(self, dataset: Dataset) -> Inventory:
        """Return what was taken from others; raise Unsupported where a table is not such that records can come."""
        self._specs = {one.base: one for one in dataset.tables if one.collected}
        here = {spec.base for spec in self._specs.values() if self._is_here(spec)}
        self._here = frozenset(here)
        now = self._clock.now()
        return Inventory.of(item for base in sorted(here) for item in listed(base, self._ledger.taken(base), now).items)

    def _is_here(self, spec: TableSet) -> bool:
        if spec.database not in self._servers and spec.optional:
            return False
        server = self._links.server(spec.database)
        with server.link() as link:
            return cut(link, server.login.database, spec, numbered=False) is not None

    def offered(self, dataset: Dataset) -> Inventory:
        """Return the records that this host wrote itself, for others."""
        found: list[Item] = []
        for spec in dataset.tables:
            if not spec.collected or (spec.database not in self._servers and spec.optional):
                continue
            server = self._links.server(spec.database)
            with server.link() as link:
                found += self._offer.items(link, server.login.database, spec, self._me())
        return Inventory.of(found)

    def open(self, item: Item) -> Iterator[bytes]:
        """Give the content of exactly this version; raise SourceChanged where its records are others by now."""
        base, origin, piece = split(item.name)
        if origin != self._me():
            raise SourceChanged(name=item.text)
        database = base.split(b"/")[1].decode()
        name = self._links.server(database).login.database
        with self._lock:
            try:
                content = self._offer.open(self._links.link(database), name, piece, item, base)
            except DatabaseSilent:
                # The server closes a connection that was idle for long.
                self._links.forget(database)
                content = self._offer.open(self._links.link(database), name, piece, item, base)
        yield from content

    def why_not(self, dataset: Dataset, item: Item) -> str:
        """Return why a source's records have no place here, "" where they may come; raise PeerLied for a bad name."""
        base, origin, _ = split(item.name)
        rows_of(item)
        spec = next((one for one in dataset.tables if one.base == base), None)
        if spec is None:
            return say("not in the dataset")
        if origin == self._me():
            return say("this host wrote it itself")
        if base not in self._here:
            return say("this host has no table {table}", table=spec.table)
        return ""

    def settable(self, item: Item, here: Item | None) -> Item:
        """Return what this host would have: what it has where that is the same records, else the item."""
        return here if here is not None and rows_of(here) == rows_of(item) else item

    def prepare(self, run: str, changes: Sequence[Change], content: Callable[[Change], Content]) -> tuple[Step, ...]:
        """Stage what is missing, checked and durable: one step for each table.

        Raise TargetChanged, Unsupported, NotAllowed or PeerLied; then nothing stays staged.
        """
        _check_run(run)
        self._staging.remove(run)
        steps: list[Step] = []
        try:
            for base, group in groupby(changes, key=lambda one: split(one.name)[0]):
                steps.append(self._stage(run, len(steps), base, tuple(group), content))
        except PbxSyncError:
            self._staging.remove(run)
            raise
        return tuple(steps)

    def _stage(
        self, run: str, number: int, base: bytes, changes: Sequence[Change], content: Callable[[Change], Content]
    ) -> Step:
        spec = self._specs.get(base)
        if spec is None:
            raise NotAllowed(reason=say("{base} is not in the dataset", base=base.decode()))
        server = self._links.server(spec.database)
        with server.link() as link:
            stager = Stager(link, server.login.database, spec, self._ledger)
            with closing(stager):
                return self._staging.put(number, Head(run, spec), stager.parts(changes, content))

    def act(self, step: Step) -> None:
        """Add the records of a step; raise TargetChanged, or what the server refused, with nothing changed."""
        staged = self._staging.get(step)
        if staged is None:
            raise Bug(reason=f"nothing is staged for {step.change.name.decode()}")
        self._of(step).act(staged)

    def undo(self, step: Step) -> Undone:
        """Take the records of a step back, whether or not they were added; those changed since stay as they are."""
        staged = self._staging.get(step)
        return Undone.NOT_DONE if staged is None else self._of(step).undo(staged)

    def settle(self, run: str, steps: Sequence[Step], contents: Contents | None) -> None:
        """Forget the run; nothing was displaced. Without `contents` nothing is left to do."""
        _check_run(run)
        if contents is None:
            return
        self.discard(run)
        for step in steps:
            base = step.change.name + b"/"
            now = listed(base, self._ledger.taken(base), self._clock.now())
            if now.gone:
                self._ledger.fold(base, now.made, now.gone)

    def discard(self, run: str) -> None:
        """Remove everything staged for a run whose acts never began or were all undone."""
        _check_run(run)
        self._staging.remove(run)
        self._ledger.forget(run)

    def close(self) -> None:
        """Close the connection that records are opened through."""
        with self._lock:
            self._links.close()

    def _of(self, step: Step) -> Acts:
        database = step.change.name.split(b"/")[1].decode()
        self._links.server(database)
        return self._acts[database]


def _check_run(run: str) -> None:
    if not _RUN.fullmatch(run):
        raise Invalid(what="Run id", problems=f"{run!r} cannot be a file name")
