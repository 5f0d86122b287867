"""Inventories we remember: baselines and the kept states that a rollback can return to."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from threading import Lock

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select

from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.run import Run
from pbxsync_worker.core.packed import packed, unpacked
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.store.tables import baseline, expected, given, kept_state
from pbxsync_worker.core.store.tables import inventory as table

BEFORE = "before"
AFTER = "after"
_GIVEN = 20
_READ = 4
"""Inventories kept in memory after they were read or written: those of the jobs that run again and again."""


@dataclass(frozen=True, slots=True)
class KeptState:
    """One state this host can return to; side: "before" or "after" the run; root: hex, its inventory."""

    number: int
    group: str
    job: str
    run: str
    side: str
    root: str
    at: float


class Inventories:
    """What was where, by root digest."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._read: dict[str, Inventory] = {}
        self._lock = Lock()

    def get(self, root: str) -> Inventory:
        """Return an inventory by its root digest (hex); raise NotFound."""
        with self._lock:
            found = self._read.pop(root, None) or self._load(root)
            self._keep(root, found)
        return found

    def _keep(self, root: str, one: Inventory) -> None:
        self._read.pop(root, None)
        self._read[root] = one
        while len(self._read) > _READ:
            del self._read[next(iter(self._read))]

    def _load(self, root: str) -> Inventory:
        with self._database.read() as connection:
            row = connection.execute(select(table.c["items"]).where(table.c.root == root)).first()
        if row is None:
            raise NotFound(what="state", name=root[:12])
        known = next(reversed(self._read.values())).items if self._read else {}
        return Inventory(_decoded(row[0], known)).with_root(bytes.fromhex(root))

    def save(self, one: Inventory) -> str:
        """Store an inventory and return its root digest (hex)."""
        with self._database.write() as connection:
            return _put(connection, one, self._clock.now())

    def remember_given(self, one: Inventory) -> None:
        """Keep an inventory that was given to another host, so that the next time only what changed is told."""
        now = self._clock.now()
        with self._database.write() as connection:
            root = _put(connection, one, now)
            connection.execute(delete(given).where(given.c.root == root))
            connection.execute(insert(given).values(root=root, at=now))
            newest = select(given.c.root).order_by(given.c.at.desc()).limit(_GIVEN)
            kept = connection.execute(newest).scalars().all()
            connection.execute(delete(given).where(given.c.root.not_in(kept)))
        with self._lock:
            # The next one has most of its items in common with these very objects, and none with those of a read one.
            self._keep(root, Inventory(one.items).with_root(one.root))

    def given(self, root: bytes) -> Inventory | None:
        """Return an inventory that was given before, None where it is not known any more."""
        try:
            return self.get(root.hex())
        except NotFound:
            return None

    def baseline(self, group: str, job: str) -> tuple[Inventory, Inventory] | None:
        """Return (ours, theirs) after the last committed run of a job."""
        query = select(baseline).where(baseline.c.group == group, baseline.c.job == job)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        ours = self.get(row.ours)
        return ours, ours if row.theirs == row.ours else self.get(row.theirs)

    def expect(self, run: Run, before: Inventory, after: Inventory, theirs: Inventory) -> None:
        """Store what a run starts from, will leave, and what its source has; nothing counts yet. Repeatable."""
        now = self._clock.now()
        with self._database.write() as connection:
            roots = {
                "before": _put(connection, before, now),
                "after": _put(connection, after, now),
                "theirs": _put(connection, theirs, now),
            }
            connection.execute(delete(expected).where(expected.c.run == run.id))
            connection.execute(insert(expected).values(run=run.id, **roots))
        with self._lock:
            # The next run begins with these; and what is the same object need not be compared.
            self._keep(roots["after"], after)
            self._keep(roots["theirs"], theirs)

    def remember(self, run: Run) -> None:
        """Make what was expected the baseline of the job, and keep the states around the run; repeatable."""
        now = self._clock.now()
        with self._database.write() as connection:
            row = connection.execute(select(expected).where(expected.c.run == run.id)).first()
            if row is None:
                return  # remembered before a crash
            connection.execute(delete(baseline).where(baseline.c.group == run.group, baseline.c.job == run.job))
            roots = {"ours": row.after, "theirs": row.theirs}
            connection.execute(insert(baseline).values(group=run.group, job=run.job, run=run.id, **roots))
            for side, root in ((BEFORE, row.before), (AFTER, row.after)):
                values = {"group": run.group, "job": run.job, "run": run.id, "side": side, "root": root, "at": now}
                connection.execute(insert(kept_state).values(**values))
            connection.execute(delete(expected).where(expected.c.run == run.id))

    def forget(self, run: str) -> None:
        """Drop what was expected of a run that was undone or never began."""
        with self._database.write() as connection:
            connection.execute(delete(expected).where(expected.c.run == run))

    def kept(self, *, job: str = "") -> tuple[KeptState, ...]:
        """Return the kept states, newest first."""
        query = select(kept_state).order_by(kept_state.c.number.desc())
        if job:
            query = query.where(kept_state.c.job == job)
        with self._database.read() as connection:
            return tuple(KeptState(*row) for row in connection.execute(query))

    def kept_jobs(self) -> tuple[str, ...]:
        """Return the names of the jobs that have kept states, in order."""
        with self._database.read() as connection:
            return tuple(connection.execute(select(kept_state.c.job).distinct().order_by(kept_state.c.job)).scalars())

    def state(self, run: str, side: str = BEFORE) -> KeptState:
        """Return the state before or after a run; raise NotFound where it is no longer kept."""
        query = select(kept_state).where(kept_state.c.run == run, kept_state.c.side == side)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound(what="kept state of run", name=run)
        return KeptState(*row)

    def trim(self, keep_runs: int) -> None:
        """Forget all but the newest runs' states of each job."""
        with self._database.write() as connection:
            used, _ = _forget(connection, keep_runs)
        self._keep_only(used)

    def prune(self, keep_runs: int) -> frozenset[bytes]:
        """Trim, and return the digests of all contents still referred to: every kept state is read for it."""
        with self._database.write() as connection:
            used, needed = _forget(connection, keep_runs)
            items = connection.execute(select(table.c["items"]).where(table.c.root.in_(needed))).scalars().all()
        self._keep_only(used)
        return frozenset(digest for one in items for digest in _contents(one))

    def _keep_only(self, used: Container[str]) -> None:
        with self._lock:
            self._read = {root: one for root, one in self._read.items() if root in used}


def _forget(connection: Connection, keep_runs: int) -> tuple[set[str], set[str]]:
    """Forget old states and what only they needed; return the roots that are used, and those that need contents."""
    rows = connection.execute(select(kept_state).order_by(kept_state.c.number.desc())).all()
    seen: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        runs = seen.setdefault((row.group, row.job), set())
        if row.run not in runs and len(runs) >= keep_runs:
            connection.execute(delete(kept_state).where(kept_state.c.number == row.number))
        else:
            runs.add(row.run)
    kept = set(connection.execute(select(kept_state.c.root)).scalars())
    bases = connection.execute(select(baseline.c.ours, baseline.c.theirs)).all()
    due = connection.execute(select(expected.c.before, expected.c.after, expected.c.theirs)).all()
    told = connection.execute(select(given.c.root)).all()
    used = kept | {root for row in (*bases, *due, *told) for root in row}
    connection.execute(delete(table).where(table.c.root.not_in(used)))
    # A run may be about to hand over what it replaced: what it will keep is referred to already.
    return used, kept | {root for row in due for root in (row.before, row.after)}


def _put(connection: Connection, one: Inventory, now: float) -> str:
    root = one.root.hex()
    if connection.execute(select(table.c.root).where(table.c.root == root)).first() is None:
        connection.execute(insert(table).values(root=root, items=packed(one.items.values()), at=now))
    return root


class _Content(Struct, frozen=True):
    """Of a stored item only what names its content: states by the dozen are read for it after every run."""

    content: bytes


def _contents(data: bytes) -> Iterator[bytes]:
    for one in unpacked(data, _Content):
        yield one.content


def _decoded(data: bytes, known: Mapping[bytes, Item]) -> dict[bytes, Item]:
    """Return stored items; known: those that are in memory already are taken in the place of equal ones."""
    found: dict[bytes, Item] = {}
    for item in unpacked(data, Item):
        same = known.get(item.name)
        found[item.name] = same if same is not None and same == item else item
    return found
