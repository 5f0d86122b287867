"""`scripts/bench`: measures the product and its peers, prints one table, writes JSON."""

import argparse
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import NoReturn, TypeVar

from benchmarks.cells import Plan, cells
from benchmarks.distance.line import NETS
from benchmarks.machine import machine
from benchmarks.peers.files import PEERS, FilePeer, missing
from benchmarks.peers.sql import SQL_PEERS, SqlPeer
from benchmarks.product import NAME
from benchmarks.rows import ROWS, Row, row
from benchmarks.sample import Sample, figures
from benchmarks.scene import OF_PART, bases
from benchmarks.table import lines
from benchmarks.tables import CALLS, table_cells
from benchmarks.work.tree import Work
from scripts.lab.folders import cache

_Peer = TypeVar("_Peer", FilePeer, SqlPeer)


def main(words: Sequence[str]) -> int:
    """Measure what was asked for; return the exit status: 1 where any figure is void."""
    asked = _asked(words)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    folder = Path(tempfile.mkdtemp(prefix="pbxsync-bench-", dir=asked.dir))
    found: list[Sample] = []
    try:
        for sample in _samples(asked, folder):
            found.append(sample)
            _write(asked, found)
    except KeyboardInterrupt:
        _tell("stopped")
    finally:
        # What was measured before something broke is told as well.
        shutil.rmtree(folder, ignore_errors=True)
        for line in lines(figures(found)):
            print(line)
    return 1 if any(one.wrong for one in found) else 0


def _asked(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="The product and its peers, side by side.")
    parser.add_argument("--kinds", default=",".join(one.name for one in ROWS), help="rows (default: all)")
    parser.add_argument("--nets", default=",".join(NETS), help="lan, wan (default: both)")
    parser.add_argument("--peers", default="", help=f"beginnings of names, {NAME} among them (default: everybody)")
    parser.add_argument("--samples", type=int, default=3, help="of each cell (default: 3)")
    parser.add_argument("--seed", type=int, default=1, help="of the work (default: 1)")
    parser.add_argument("--work", type=Path, help="a folder with tree, big and sql, instead of our own work")
    parser.add_argument("--dir", type=Path, default=Path("/var/tmp"), help="where the temporary folder goes")
    parser.add_argument("--json", type=Path, help="write every sample to this file")
    asked = parser.parse_args(words)
    try:
        asked.rows = [row(name) for name in asked.kinds.split(",")]
        asked.links = {name: NETS[name] for name in asked.nets.split(",")}
    except KeyError as error:
        parser.error(f"there is no {error}")
    return asked


def _samples(asked: argparse.Namespace, folder: Path) -> Iterator[Sample]:
    rows = [one for one in asked.rows if one.part in OF_PART]
    work = Work(asked.work.absolute() if asked.work else cache() / f"bench-{asked.seed}", asked.seed)
    where = bases(work, [one.part for one in rows], folder, brought=asked.work is not None)
    for net in asked.links:
        for part, base in where.items():
            mine: list[Row] = [one for one in rows if OF_PART[one.part] == part]
            plan = Plan(net, mine, _peers(PEERS, asked.peers), asked.samples, asked.seed, _is_asked(NAME, asked.peers))
            stage = folder / f"{net}-{part}"
            yield from cells(plan, part, base, stage, _tell)
            shutil.rmtree(stage, ignore_errors=True)
        yield from _of_tables(asked, net, folder)


def _of_tables(asked: argparse.Namespace, net: str, folder: Path) -> Iterator[Sample]:
    for part in CALLS:
        mine: list[Row] = [one for one in asked.rows if one.part == part]
        if mine:
            plan = Plan(net, mine, (), asked.samples, asked.seed, _is_asked(NAME, asked.peers))
            stage = folder / f"{net}-{part}"
            yield from table_cells(plan, _peers(SQL_PEERS, asked.peers), part, stage, _tell)
            shutil.rmtree(stage, ignore_errors=True)


def _peers(known: Iterable[_Peer], wanted: str) -> list[_Peer]:
    found = [one for one in known if _is_asked(one.name, wanted)]
    for one in found:
        for package in missing(one.needs):
            _tell(f"{one.name} is left out: run `apt-get install {package}`")
    return [one for one in found if not missing(one.needs)]


def _is_asked(name: str, wanted: str) -> bool:
    return not wanted or any(name.startswith(one) for one in wanted.split(","))


def _write(asked: argparse.Namespace, samples: Sequence[Sample]) -> None:
    if asked.json is None:
        return
    told = {
        **machine(),
        "seed": asked.seed,
        "work": "brought" if asked.work else "own",
        "nets": {name: asdict(link) if link else None for name, link in asked.links.items()},
        "medians": [asdict(one) for one in figures(samples)],
        "samples": [asdict(one) for one in samples],
    }
    asked.json.write_text(json.dumps(told, indent=1, default=str) + "\n")


def _tell(line: str) -> None:
    print(f"· {line}", file=sys.stderr, flush=True)


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
