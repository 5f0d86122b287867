"""Measures the rows of SQL tables on one net: the product and its peers, on the same changes of the same databases."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.cells import Plan, Tell
from benchmarks.databases import Database, databases
from benchmarks.distance.line import NETS
from benchmarks.distance.way import Way
from benchmarks.host import ETC, NotInTime
from benchmarks.peers.server import ServerFailed
from benchmarks.peers.sql import SqlPeer, SqlScene, measure_sql
from benchmarks.product import NAME, Pair, RunFailed, paired
from benchmarks.rows import Row
from benchmarks.sample import Sample
from benchmarks.work.astdb import write
from benchmarks.work.sql import CONFIGURATION, RECORDS, SqlChange, change, module_tables
from pbxsync_worker.core.model.dataset import Dataset, TableSet
from pbxsync_worker.core.model.presets import as_dataset, preset

CALLS = {"sql": 0, "cdr": 200_000, "cdr-large": 2_000_000}
"""How many call records there are, by the part of the work."""
_NAME = "rows"
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the samples of one part are taken; ended: when the last call of the base began.

    others: the target of the peers, put back before each of them.
    """

    folder: Path
    part: str
    ended: int
    source: Database
    target: Database
    others: Database
    pair: Pair | None

    @property
    def databases(self) -> tuple[str, ...]:
        return (CONFIGURATION, RECORDS) if CALLS[self.part] else (CONFIGURATION,)


def table_cells(plan: Plan, peers: Sequence[SqlPeer], part: str, folder: Path, tell: Tell) -> Iterator[Sample]:
    """Yield every sample of the rows of one part; what a sample brought stays, and the next one brings other rows."""
    with _place(plan, part, folder, tell) as place:
        for row in plan.rows:
            for number in range(plan.samples):
                for one in _sample(plan, peers, row, number, place):
                    said = f": void: {'; '.join(one.wrong)}" if one.wrong else ""
                    tell(f"{one.row} {one.net} {one.peer}: {one.seconds:.3f} s, {one.up:,} up, {one.down:,} down{said}")
                    yield one


@contextmanager
def _place(plan: Plan, part: str, folder: Path, tell: Tell) -> Iterator[_Place]:
    with ExitStack() as running:
        ended = int(time.time()) - _DAY
        source, target, others = running.enter_context(databases(folder / "sql", plan.seed, CALLS[part], ended))
        pair = None
        if plan.product:
            roots = [_root(folder / name) for name in ("A", "B")]
            way = running.enter_context(Way(NETS[plan.net]))
            settings = (source.settings(), target.settings())
            what = [dataset(records=CALLS[part] > 0)]
            pair = running.enter_context(paired(folder / "pair", roots[0], roots[1], way, what, settings))
            for look in ("first look", "then"):
                ran = pair.sync(_NAME)
                tell(f"{plan.net} {part} {look}: {ran.state} {ran.seconds:.2f} s")
        yield _Place(folder, part, ended, source, target, others, pair)


def _root(folder: Path) -> Path:
    """Make a PBX that has hardly any files: the rows are what is measured."""
    (folder / ETC).mkdir(parents=True)
    (folder / ETC / "voicemail.conf").write_text("[general]\nformat = wav\n\n[default]\n")
    write(folder / "astdb.sqlite3", [("/AMPUSER/1000/cidname", "Ana")])
    return folder


def dataset(*, records: bool) -> Dataset:
    """Return the presets of the whole configuration and of call records, and every table that no preset names."""
    chosen = [preset("whole-configuration"), *([preset("call-records")] if records else [])]
    made = as_dataset(chosen, _NAME, "Rows")
    more = tuple(TableSet(CONFIGURATION, name, ("id",)) for name in module_tables())
    return Dataset(made.name, made.title, made.file_sets, made.families, made.tables + more, made.boxes)


def _sample(plan: Plan, peers: Sequence[SqlPeer], row: Row, number: int, place: _Place) -> Iterator[Sample]:
    changed = change(row.name, plan.seed * 1000 + number, place.ended)
    place.others.keep(changed)
    place.source.server.client(changed.sql)
    wanted = place.source.sums()
    if place.pair is not None:
        yield _product(plan, row, number, place.pair, place.target, wanted)
    scene = SqlScene(place.folder, place.source, place.others, place.databases)
    for peer in peers:
        if peer.records and RECORDS not in place.databases:
            continue
        place.others.put_back(changed)
        yield _other(plan, row, number, peer, scene, wanted)
    _in_step(place, changed)


def _product(plan: Plan, row: Row, number: int, pair: Pair, target: Database, wanted: dict[str, str]) -> Sample:
    try:
        run = pair.sync(_NAME)
    except (RunFailed, NotInTime) as error:
        return Sample(row.name, plan.net, NAME, number, 0.0, wrong=(str(error),))
    more = {"run_seconds": run.run_seconds, "moves": dict(run.moves), "peaks": dict(run.peaks), "state": run.state}
    more["numbers"] = asdict(run.numbers)
    peak, counts = max(run.peaks.values(), default=0), run.counts
    wrong = _wrong(wanted, target)
    return Sample(row.name, plan.net, NAME, number, run.seconds, counts.up, counts.down, peak, wrong, more=more)


def _other(plan: Plan, row: Row, number: int, peer: SqlPeer, scene: SqlScene, wanted: dict[str, str]) -> Sample:
    try:
        ran = measure_sql(peer, scene, NETS[plan.net])
    except ServerFailed as error:
        return Sample(row.name, plan.net, peer.name, number, 0.0, wrong=(str(error),))
    wrong = (ran.said,) if ran.said else _wrong(wanted, scene.target)
    more = {"connections": ran.counts.connections}
    return Sample(
        row.name, plan.net, peer.name, number, ran.seconds, ran.counts.up, ran.counts.down, ran.peak, wrong, more=more
    )


def _wrong(wanted: dict[str, str], target: Database) -> tuple[str, ...]:
    """Return the tables whose sums differ from the source's."""
    found = target.sums()
    return tuple(
        f"{name} differs" for name in sorted(wanted.keys() | found.keys()) if wanted.get(name) != found.get(name)
    )


def _in_step(place: _Place, changed: SqlChange) -> None:
    """Let the peers' target have the change as well, so that the next sample begins in step."""
    place.others.put_back(changed)
    place.others.server.client(changed.sql)
