"""One look at the tables of a database: of those that were not written since the last look nothing is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar

from pbxsync_worker.core.model.dataset import RowPolicy, TableSet
from pbxsync_worker.core.model.inventory import EMPTY, Inventory
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.pattern import Matcher
from pbxsync_worker.datasets.mysql.evidence import Evidence
from pbxsync_worker.datasets.mysql.link import Link
from pbxsync_worker.datasets.mysql.reading import Known
from pbxsync_worker.datasets.mysql.resolve import Common, names_of, resolve
from pbxsync_worker.datasets.mysql.selected import Selected
from pbxsync_worker.datasets.mysql.stamps import NOTHING_TOLD, Stamps, read_stamps

K = TypeVar("K")
V = TypeVar("V")

_MOST_LOOKS = 4

Items = Mapping[bytes, Item]
Specs = tuple[TableSet, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it was read. stamps: what was told just before that; here: the keys, where a dataset asks for them."""

    selected: Selected
    stamps: Stamps
    items: Items = field(repr=False)
    here: frozenset[bytes] = field(repr=False)

    @property
    def names(self) -> Sequence[str]:
        """Return the tables of the server that its rows come from."""
        blobs = self.selected.blobs
        return [self.selected.table.name, *([] if blobs is None else [blobs.name])]


@dataclass(frozen=True, slots=True)
class Look:
    """The tables of a database, by how their rows' names begin; stamps: what was told at its beginning."""

    common: tuple[Common, ...] = ()
    stamps: Stamps = NOTHING_TOLD
    selected: tuple[Selected, ...] = ()
    tables: Mapping[bytes, Table] = field(default_factory=dict, repr=False)


class Seen:
    """The last looks and the inventories made of them, for several threads; all is compared with what is there."""

    def __init__(self) -> None:
        self._looks: dict[tuple[str, Specs], Look] = {}
        self._inventories: dict[Specs, tuple[tuple[Items, ...], Inventory]] = {}
        self._lock = Lock()

    def last(self, database: str, specs: Specs) -> Look:
        """Return the last look at some tables, one that found nothing where there was none."""
        return self._looks.get((database, specs), Look())

    def keep(self, database: str, specs: Specs, look: Look) -> None:
        """Keep a look."""
        with self._lock:
            self._looks.pop((database, specs), None)
            self._looks[database, specs] = look
            _forget(self._looks)

    def inventory(self, specs: Specs, parts: Sequence[Items]) -> Inventory:
        """Return the items of some tables together, the same object as the last time where they are the same ones."""
        before, inventory = self._inventories.get(specs, ((), EMPTY))
        if len(before) == len(parts) and all(map(_is, before, parts)):
            return inventory
        found: dict[bytes, Item] = {}
        for items in parts:
            found.update(items)
        now = Inventory(found).learning_from(inventory) if inventory.items else Inventory(found)
        with self._lock:
            self._inventories.pop(specs, None)
            self._inventories[specs] = (tuple(parts), now)
            _forget(self._inventories)
        return now


def take_look(link: Link, database: str, specs: Specs, last: Look, common: tuple[Common, ...], scan: "Scan") -> Look:
    """Return what the tables of a database hold in one snapshot; database: its real name.

    Raise Unsupported, before any row is read, where a table is not such that its rows can be kept in step.
    """
    names = names_of(specs)
    stamps = read_stamps(link, database, names)
    same_schema = stamps.same_schema(last.stamps) and last.common == common
    selected = last.selected if same_schema else resolve(link, database, specs, common)
    link.run(b"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    found: dict[bytes, Table] = {}
    for one in selected:
        before = last.tables.get(one.spec.base)
        stays = before is not None and _stays(before, one, stamps)
        found[one.spec.base] = before if before is not None and stays else scan.read(link, one, stamps, before)
    # What was written between the first question and the snapshot is told now, and read in the same snapshot.
    ended = read_stamps(link, database, names) if any(one.stamps is not stamps for one in found.values()) else stamps
    for base, table in found.items():
        if table.stamps is not stamps and not _stays(table, table.selected, ended):
            found[base] = scan.read(link, table.selected, stamps, table)
    return Look(common, stamps, selected, found)


def _stays(before: Table, selected: Selected, now: Stamps) -> bool:
    same = before.selected is selected or before.selected.digest == selected.digest
    return same and now.same(before.stamps, before.stamps.at, before.names)


@dataclass(frozen=True, slots=True)
class Scan:
    """How a table is read: by the evidence of the server, and without what is protected."""

    evidence: Evidence
    protected: Matcher

    def read(self, link: Link, selected: Selected, stamps: Stamps, before: Table | None) -> Table:
        """Read a table, with the objects of an earlier look for what did not change; stamps: told before."""
        known = self.evidence.scan(link, selected)
        had = {} if before is None else before.items
        items = _items(selected.spec.base, known, had, self.protected)
        here = frozenset(known) if selected.spec.policy is RowPolicy.UPDATE else frozenset[bytes]()
        return Table(selected, stamps, items, here)


def _items(base: bytes, known: Known, had: Items, protected: Callable[[bytes], bool]) -> Items:
    """Return the items of a table, the old mapping where nothing changed."""
    found: dict[bytes, Item] = {}
    same = 0
    for part, (size, digest) in known.items():
        name = base + part
        before = had.get(name)
        if before is not None and before.content == digest and before.size == size:
            found[before.name] = before
            same += 1
        elif before is not None or not protected(name):
            found[name] = Item(name, ItemKind.ROW, size, digest)
    return had if same == len(found) == len(had) else found


def _is(one: object, other: object) -> bool:
    return one is other


def _forget(kept: dict[K, V]) -> None:
    while len(kept) > _MOST_LOOKS:
        kept.pop(next(iter(kept)))
