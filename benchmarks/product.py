"""The product as it is measured: two real installations with their services up, paired, in a farm, already in step."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.distance.way import Counts, Way
from benchmarks.host import BenchHost, until
from benchmarks.memory import Peaks
from pbxsync_worker.core import handover
from pbxsync_worker.core.model.dataset import Dataset, DeletePolicy, FamilySet, FileSet, Place
from pbxsync_worker.core.model.host import Catalogue, GroupKind, Job
from pbxsync_worker.core.model.run import GOOD, Mode, Numbers, Run
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.wiring.grant import grant

NAME = "pbxsync"
_PATIENCE = 900.0


class RunFailed(Exception):
    """A run of the product ended badly; the text says how."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run.

    seconds: from the request at the source to COMMITTED on the target; run_seconds: from the moment the target began;
    moves: seconds since the request at which each state was reached; peaks: bytes of the largest process of each name.
    """

    seconds: float
    run_seconds: float
    counts: Counts
    moves: Mapping[str, float]
    peaks: Mapping[str, int]
    numbers: Numbers
    state: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A farm of two; source: the primary, target: its replica."""

    source: BenchHost
    target: BenchHost
    way: Way

    def sync(self, dataset: str) -> Measured:
        """Run the job of one dataset and measure it; raise RunFailed."""
        here = self.source.here
        catalogue = here.store.catalogues.find_job(dataset)
        job, me = catalogue.job(dataset), here.store.hosts.me().id
        before, began = self.way.counts(), time.time()
        with Peaks(lambda: (*self.source.processes, *self.target.processes)) as peaks:
            order = handover.Order(Mode.APPLY, "benchmark")
            asked = handover.request_job(here.store, here.waker, me, catalogue, job, order)[0]
            until(lambda: self._over(asked.id), _PATIENCE, f"the end of run {asked.id}")
        run = self.target.here.store.runs.get(asked.id)
        if run.state not in GOOD:
            raise RunFailed(f"run {run.id} of {dataset} ended {run.state}: {run.sentence} [{run.error}]")
        return self._measured(run, began, self.way.counts().since(before), peaks.each)

    def _over(self, run: str) -> bool:
        return self.source.here.store.runs.get(run).ended and self.target.quiet()

    def _measured(self, run: Run, began: float, counts: Counts, peaks: Mapping[str, int]) -> Measured:
        store = self.target.here.store
        moves = {str(move.after): round(move.at - began, 4) for move in store.runs.moves(run.id)}
        seconds = moves[str(run.state)]
        started = moves["SCANNING"]
        numbers = store.runs.result(run.id).numbers
        return Measured(seconds, seconds - started, counts, moves, peaks, numbers, str(run.state))


@contextmanager
def paired(
    folder: Path,
    source: Path,
    target: Path,
    way: Way,
    datasets: Sequence[Dataset],
    settings: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
) -> Iterator[Pair]:
    """Install, start and pair two hosts over two trees, with one job for each dataset; settings: of each."""
    with ExitStack() as running:
        roots = zip("AB", (source, target), settings, strict=True)
        hosts = [BenchHost(folder / name, name, root, own) for name, root, own in roots]
        for host, up in zip(hosts, (False, True), strict=True):
            running.callback(host.close)
            host.peer_address = way.to(host.peer, up=up)
            host.init()
            host.start()
        for host in hosts:
            host.wait()
        one, other = hosts
        identity, words = other.join(one.pair())
        one.confirm("B", words)
        other.ask("hosts", "confirm", identity)
        _form_farm(one, other, datasets)
        yield Pair(one, other, way)


def _form_farm(one: BenchHost, other: BenchHost, datasets: Sequence[Dataset]) -> None:
    me, them = one.here.store.hosts.me(), one.here.store.hosts.peer("B").host
    made = Catalogue("bench", "Benchmark", GroupKind.FARM, me.id, 1, (me, them))
    for dataset in datasets:
        made = made.with_dataset(dataset)
        made = made.with_job(Job(dataset.name, dataset.title, dataset.name, me.id, (them.id,)))
    grant(one.here, SaveCatalogue(made), "benchmark")
    until(lambda: bool(other.here.store.catalogues.all()), 30, "the catalogue on the target")


def files(*folders: str, config: bool) -> Dataset:
    """Return the dataset of folders of the work."""
    sets = [FileSet(Place.SPOOL, folder, delete=DeletePolicy.MIRROR) for folder in folders]
    if config:
        sets.insert(0, FileSet(Place.ETC, delete=DeletePolicy.MIRROR))
    return Dataset("files", "Files", tuple(sets))


def keys(families: Sequence[str]) -> Dataset:
    """Return the dataset of AstDB families."""
    return Dataset("keys", "AstDB", families=tuple(FamilySet(one) for one in families))
