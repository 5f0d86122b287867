"""The table: every peer of every row, the best of them, and the product's share of it beside its goal."""

from collections.abc import Iterable, Iterator, Sequence

from benchmarks.product import NAME
from benchmarks.rows import MEMORY, Goal, row
from benchmarks.sample import Figure

_HEAD = ("row", "net", "peer", "seconds", "wire bytes", "memory MB", "n", "time / best", "goal", "bytes / best", "goal")


def lines(figures: Sequence[Figure]) -> Iterator[str]:
    """Yield the table in Markdown, one line a figure; the product's ratios are against the best other of its cell."""
    yield _line(_HEAD)
    yield _line(["---"] * len(_HEAD))
    for one in figures:
        others = [peer for peer in figures if (peer.row, peer.net) == (one.row, one.net) and peer.peer != NAME]
        yield _line((one.row, one.net, one.peer, *_measured(one), *_compared(one, others)))


def _measured(one: Figure) -> tuple[str, ...]:
    void = f", {one.void} void" if one.void else ""
    if not one.count:
        return "-", "-", "-", f"0{void}"
    wire = f"{one.wire:,.0f}" if one.net != "lan" else "-"
    return f"{one.seconds:.3f}", wire, _memory(one), f"{one.count}{void}"


def _memory(one: Figure) -> str:
    said = f"{one.peak / 1e6:.0f}"
    return f"{said} (goal {MEMORY // 10**6})" if one.peer == NAME and one.peak > MEMORY else said


def _compared(one: Figure, others: Iterable[Figure]) -> tuple[str, str, str, str]:
    good = [peer for peer in others if peer.count]
    if one.peer != NAME or not one.count:
        return "", "", "", ""
    goal = row(one.row).goal
    time = share(one.seconds, [peer.seconds for peer in good])
    bytes_ = share(one.wire, [peer.wire for peer in good]) if one.net != "lan" else ""
    rsync = [peer.seconds for peer in good if peer.peer.startswith("rsync")]
    return time, time_goal(goal, one, rsync), bytes_, wire_goal(goal, one, [peer.wire for peer in good])


def share(ours: float, theirs: Sequence[float]) -> str:
    """Return our share of the best of the others, "" without others."""
    best = min(theirs, default=0.0)
    return f"{ours / best:.3g}" if best else ""


def time_goal(goal: Goal, one: Figure, rsync: Sequence[float]) -> str:
    """Return the goal for the time of a net, and of rsync's time where there is one."""
    wanted = goal.wan if one.net == "wan" else goal.lan
    if not wanted:
        return ""
    if not (goal.of_rsync and one.net == "wan"):
        return f"{wanted:g}"
    return f"{wanted:g}; of rsync {share(one.seconds, rsync) or '?'}, goal {goal.of_rsync:g}"


def wire_goal(goal: Goal, one: Figure, theirs: Sequence[float]) -> str:
    """Return the goal for the bytes, and whether it is reached."""
    if one.net == "lan":
        return ""
    wanted = goal.wire or goal.wire_of_bound * one.bound or goal.wire_of_best * min(theirs, default=0)
    if not wanted:
        return ""
    return f"{wanted:,.0f} {'reached' if one.wire <= wanted else 'missed'}"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
