"""What is measured of a fleet: gaps between exchanges, lateness of starts, memory and processor time of processes."""

import os
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
    """One minute of a fleet.

    gaps: seconds between two exchanges of the same host; silent: hosts without a word; polled: questions for what waits
    so far, and those of them that were not held; megabytes, processor: of each service of the controller, the latter in
    seconds of user and system.
    """

    exchanges: int
    gaps: tuple[float, ...]
    silent: tuple[str, ...]
    runs: int
    polled: tuple[int, int]
    megabytes: dict[str, int]
    processor: dict[str, float]
    load: float

    def line(self) -> str:
        """Return it for people."""
        return (
            f"{self.exchanges} exchanges, gap p50 {_share(self.gaps, 0.5):.1f} p99 {_share(self.gaps, 0.99):.1f} s, "
            f"{len(self.silent)} silent, {self.runs} runs, {self.polled} polls, {self.megabytes} MB, "
            f"{self.processor} processor s, load {self.load}"
        )


def watch(fleet: Fleet, minutes: float) -> Iterator[Round]:
    """Yield what happened in each minute, after one in which everybody finds everybody."""
    fleet.clock.sleep(ROUND)
    fleet.ask()
    before = processor(fleet.pid)
    until = fleet.clock.monotonic() + 60 * minutes
    while (left := until - fleet.clock.monotonic()) > 0:
        fleet.clock.sleep(min(ROUND, left))
        seen = fleet.ask()
        load = float(Path("/proc/loadavg").read_text().split()[0])
        used = processor(fleet.pid)
        spent = {name: round(value - before.get(name, 0.0), 1) for name, value in used.items()}
        before = used
        yield Round(
            len(seen["gaps"]), tuple(seen["gaps"]), tuple(seen["silent"]), len(seen["runs"]),
            (seen["polled"], seen["hurried"]), memory(fleet.pid), spent, load,
        )  # fmt: skip


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
        "questions_for_what_waits": rounds[-1].polled[0] if rounds else 0,
        "of_them_not_held": rounds[-1].polled[1] if rounds else 0,
        "reachable": sum(line.state == "reachable" for line in lines.values()),
        "megabytes_first": rounds[0].megabytes if rounds else {},
        "megabytes_last": rounds[-1].megabytes if rounds else {},
        "processor_s_a_minute": [round(sum(one.processor.values()), 1) for one in rounds],
        "processor_s_first": rounds[0].processor if rounds else {},
        "processor_s_last": rounds[-1].processor if rounds else {},
        "store_megabytes": round(sum(path.stat().st_size for path in fleet.home.glob("store.sqlite*")) / 1e6, 1),
        "load": [one.load for one in rounds],
    }


def _share(values: Sequence[float], share: float) -> float:
    return round(values[min(len(values) - 1, int(share * len(values)))], 2) if values else 0.0


def memory(root: int) -> dict[str, int]:
    """Return the resident memory of each service below a process, in MB, of the largest of its processes."""
    found: dict[str, int] = {}
    for pid, name in _services(root):
        with suppress(OSError, IndexError):
            resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
            found[name] = max(found.get(name, 0), round(resident / 1e6))
    return found


def processor(root: int) -> dict[str, float]:
    """Return the processor seconds of each service below a process so far, all its processes together."""
    found: dict[str, float] = {}
    for pid, name in _services(root):
        with suppress(OSError, IndexError):
            # utime and stime, behind the name of the program in brackets; see proc(5).
            ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
            found[name] = found.get(name, 0.0) + sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    return found


def _services(root: int) -> Iterator[tuple[int, str]]:
    for pid in below(root):
        with suppress(OSError, IndexError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").strip("\0").split("\0")
            name = " ".join(words[3:5]) if "pbxsync_worker.cli" in words else Path(words[0]).name
            yield pid, "web" if "pbxsync_web.wsgi:app" in words else name
