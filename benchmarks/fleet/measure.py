"""What is measured of a fleet: gaps between exchanges, lateness of starts, memory of each process of the controller."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fleet.controller import GROUP, Fleet
from benchmarks.memory import below
from pbxsync_worker.core.model.occurrence import Stage
from pbxsync_worker.core.model.schedule import newest_times, put_off

ROUND = 60.0


@dataclass(frozen=True, slots=True)
class Round:
    """One minute: exchanges, seconds between two of the same host, hosts without a word, MB by service, load."""

    exchanges: int
    gaps: tuple[float, ...]
    silent: tuple[str, ...]
    runs: int
    megabytes: dict[str, int]
    load: float

    def line(self) -> str:
        """Return it for people."""
        return (
            f"{self.exchanges} exchanges, gap p50 {_share(self.gaps, 0.5):.1f} p99 {_share(self.gaps, 0.99):.1f} s, "
            f"{len(self.silent)} silent, {self.runs} runs, {self.megabytes} MB, load {self.load}"
        )


def watch(fleet: Fleet, minutes: float) -> Iterator[Round]:
    """Yield what happened in each minute, after one in which everybody finds everybody."""
    fleet.clock.sleep(ROUND)
    fleet.ask()
    until = fleet.clock.monotonic() + 60 * minutes
    while (left := until - fleet.clock.monotonic()) > 0:
        fleet.clock.sleep(min(ROUND, left))
        seen = fleet.ask()
        load = float(Path("/proc/loadavg").read_text().split()[0])
        yield Round(
            len(seen["gaps"]), tuple(seen["gaps"]), tuple(seen["silent"]), len(seen["runs"]), memory(fleet.pid), load
        )


def summary(fleet: Fleet, rounds: Sequence[Round], began: float) -> dict[str, object]:
    """Return the figures of all of it."""
    gaps = sorted(gap for one in rounds for gap in one.gaps)
    store, now = fleet.here.store, fleet.clock.now()
    late, missed = [], []
    for job in store.catalogues.current(GROUP).jobs:
        key = (GROUP, job.name)
        known = {one.at: one for one in store.occurrences.last(key, 1000)}
        for at in newest_times(job.schedule, began + 60, now - 60, 1000):
            due = at + put_off(job.schedule, f"{GROUP}/{job.name}", at)
            one = known.get(at)
            if due > now - 60:
                continue
            if one is None or one.stage is not Stage.STARTED:
                missed.append(f"{job.name} at {at}: {one.stage if one else 'nothing'}")
            else:
                late.append(one.lateness)
    late.sort()
    lines = store.lines.all()
    store.database.close()
    return {
        "minutes": len(rounds),
        "exchanges": sum(one.exchanges for one in rounds),
        "gap_p50": _share(gaps, 0.5),
        "gap_p99": _share(gaps, 0.99),
        "gap_max": gaps[-1] if gaps else None,
        "silent": sorted({name for one in rounds for name in one.silent}),
        "starts": len(late),
        "lateness_p50": _share(late, 0.5),
        "lateness_p99": _share(late, 0.99),
        "lateness_max": late[-1] if late else None,
        "missed_runs": missed,
        "runs_executed": sum(one.runs for one in rounds),
        "reachable": sum(line.state == "reachable" for line in lines.values()),
        "megabytes_first": rounds[0].megabytes if rounds else {},
        "megabytes_last": rounds[-1].megabytes if rounds else {},
        "store_megabytes": round(sum(path.stat().st_size for path in fleet.home.glob("store.sqlite*")) / 1e6, 1),
        "load": [one.load for one in rounds],
    }


def _share(values: Sequence[float], share: float) -> float:
    return round(values[min(len(values) - 1, int(share * len(values)))], 2) if values else 0.0


def memory(root: int) -> dict[str, int]:
    """Return the resident memory of each service below a process, in MB."""
    found: dict[str, int] = {}
    for pid in below(root):
        with suppress(OSError, IndexError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").strip("\0").split("\0")
            resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
            name = " ".join(words[3:5]) if "pbxsync_worker.cli" in words else Path(words[0]).name
            name = "web" if "pbxsync_web.wsgi:app" in words else name
            found[name] = max(found.get(name, 0), round(resident / 1e6))
    return found
