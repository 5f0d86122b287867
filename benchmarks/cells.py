"""Measures the rows of one part of the work on one net: the product and its peers, in turn, on the same changes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.bound import lower_bound
from benchmarks.distance.line import NETS
from benchmarks.distance.way import Way
from benchmarks.host import ETC, NotInTime
from benchmarks.peers.files import KEYS, FilePeer, Scene, empty, mirror
from benchmarks.peers.measure import measure
from benchmarks.peers.server import ServerFailed
from benchmarks.product import NAME, Pair, RunFailed, files, keys, paired
from benchmarks.rows import Row
from benchmarks.same import differences
from benchmarks.sample import Sample
from benchmarks.scene import Stage
from benchmarks.work import astdb
from benchmarks.work.kinds import change

_FOLDERS = {"tree": ("voicemail", "sounds"), "monitor": ("voicemail", "sounds", "monitor"), "big": ("",)}
_SAID = 3

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured; samples: how many of each cell; product: whether it takes part."""

    net: str
    rows: Sequence[Row]
    peers: Sequence[FilePeer]
    samples: int
    seed: int
    product: bool


def cells(plan: Plan, part: str, base: Path, folder: Path, tell: Tell) -> Iterator[Sample]:
    """Yield every sample of the rows of one part; first copies begin from nothing, all others in step."""
    stage = Stage(folder, base)
    folder.mkdir(parents=True, exist_ok=True)
    in_step = [row for row in plan.rows if not row.lasts]
    if in_step:
        with _in_step(plan, part, stage, tell) as pair:
            for row in in_step:
                for number in range(plan.samples):
                    yield from _told(_sample(plan, row, number, stage, pair), tell)
    for row in plan.rows:
        if row.lasts:
            yield from _told(_first_copy(plan, row, part, stage), tell)


@contextmanager
def _in_step(plan: Plan, part: str, stage: Stage, tell: Tell) -> Iterator[Pair | None]:
    stage.reset()
    if not plan.product:
        yield None
        return
    mirror(stage.base, stage.target)
    datasets = [files(*_FOLDERS[part], config=part != "big"), *([keys(astdb.FAMILIES)] if part == "tree" else [])]
    with Way(NETS[plan.net]) as way, paired(stage.folder / "pair", stage.source, stage.target, way, datasets) as pair:
        for dataset in datasets:
            first, second = pair.sync(dataset.name), pair.sync(dataset.name)
            tell(f"{plan.net} {part} {dataset.name}: first look {first.seconds:.2f} s, then {second.seconds:.2f} s")
        yield pair


def _sample(plan: Plan, row: Row, number: int, stage: Stage, pair: Pair | None) -> Iterator[Sample]:
    """Yield one sample of everybody: back to the base, one change that nobody has seen, then each brings it."""
    dataset = "keys" if row.part == "astdb" else "files"
    stage.reset()
    if pair is not None:
        pair.sync(dataset)
    change(row.name, stage.source, plan.seed * 1000 + number)
    if pair is not None:
        yield _product(plan, row, number, stage, pair)
    yield from _others(plan, row, number, stage)


def _product(plan: Plan, row: Row, number: int, stage: Stage, pair: Pair) -> Sample:
    dataset = "keys" if row.part == "astdb" else "files"
    try:
        run = pair.sync(dataset)
    except (RunFailed, NotInTime) as error:
        return Sample(row.name, plan.net, NAME, number, 0.0, wrong=(str(error),))
    more = {"run_seconds": run.run_seconds, "moves": dict(run.moves), "peaks": dict(run.peaks), "state": run.state}
    more["numbers"] = asdict(run.numbers)
    peak = max(run.peaks.values(), default=0)
    wrong = _wrong(row, stage.source, stage.target)
    bound = lower_bound(stage.base, stage.source, (KEYS,)) if row.goal.wire_of_bound else 0
    counts = run.counts
    return Sample(row.name, plan.net, NAME, number, run.seconds, counts.up, counts.down, peak, wrong, bound, more)


def _others(plan: Plan, row: Row, number: int, stage: Stage) -> Iterator[Sample]:
    only_keys = row.part == "astdb"
    for peer in plan.peers:
        if only_keys and not peer.keys:
            continue
        empty(stage.others) if row.lasts else mirror(stage.base, stage.others)
        scene = Scene(stage.folder, stage.base, stage.source, stage.others, keys=only_keys)
        try:
            ran = measure(peer, scene, NETS[plan.net])
        except ServerFailed as error:
            yield Sample(row.name, plan.net, peer.name, number, 0.0, wrong=(str(error),))
            continue
        wrong = (ran.said,) if ran.said else _wrong(row, stage.source, stage.others)
        yield Sample(
            row.name, plan.net, peer.name, number, ran.seconds, ran.counts.up, ran.counts.down, ran.peak, wrong,
            more={"connections": ran.counts.connections},
        )  # fmt: skip


def _first_copy(plan: Plan, row: Row, part: str, stage: Stage) -> Iterator[Sample]:
    """Yield one sample of everybody onto an empty target; the product's two hosts are new."""
    stage.reset()
    if plan.product:
        empty(stage.target)
        if (stage.source / ETC).exists():
            (stage.target / ETC).mkdir()  # a PBX has this folder from its first day
        with ExitStack() as running:
            way = running.enter_context(Way(NETS[plan.net]))
            datasets = [files(*_FOLDERS[part], config=part != "big")]
            folder = stage.folder / "new-pair"
            pair = running.enter_context(paired(folder, stage.source, stage.target, way, datasets))
            yield _product(plan, row, 0, stage, pair)
    yield from _others(plan, row, 0, stage)


def _wrong(row: Row, source: Path, target: Path) -> tuple[str, ...]:
    if row.part == "astdb":
        same = astdb.read(source / KEYS) == astdb.read(target / KEYS)
        return () if same else ("AstDB differs",)
    found = differences(source, target, (KEYS,))
    return (*found[:_SAID], f"{len(found)} files differ") if found else ()


def _told(samples: Iterator[Sample], tell: Tell) -> Iterator[Sample]:
    for one in samples:
        said = f": void: {'; '.join(one.wrong)}" if one.wrong else ""
        wire = f", {one.up:,} up, {one.down:,} down" if one.up else ""
        tell(f"{one.row} {one.net} {one.peer}: {one.seconds:.3f} s{wire}{said}")
        yield one
