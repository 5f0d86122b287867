"""A group as a drawing: hosts as boxes, jobs as arrows from source to target, coloured by how each is reached."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pbxsync_worker.core.model.host import Catalogue
from pbxsync_worker.core.model.report import LineState

BOX_WIDTH, BOX_HEIGHT, STEP = 116, 36, 60
MOST = 12
"""Hosts that are drawn at most; a drawing of more would say nothing."""
LETTERS = 14
_LEFT, _RIGHT, _TOP = 2, 200, 14
_MARGIN = 44
"""What the bows beside the boxes take."""
_TONES = {"reachable": "good", "slow": "warn", "": "none"}


@dataclass(frozen=True, slots=True)
class Box:
    """A host; x, y: of its upper left corner; label: its name, cut where it is long."""

    id: str
    label: str
    x: int
    y: int
    primary: bool


@dataclass(frozen=True, slots=True)
class Arrow:
    """What goes from one host to another; path: as SVG draws it; x, y: where its text begins.

    tone: good, warn, bad, or none where this host does not measure that way; line: as measured.
    """

    source: str
    target: str
    path: str
    x: int
    y: int
    tone: str
    line: LineState | None


@dataclass(frozen=True, slots=True)
class Picture:
    """The drawing of one group; left_out: how many of its hosts are not drawn."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    width: int
    height: int
    left_out: int


def picture(catalogue: Catalogue, me: str, lines: Mapping[str, LineState]) -> Picture:
    """Draw a group as this host sees it: the primary on the left, all others on the right."""
    first = [host for host in catalogue.hosts if host.id == catalogue.primary]
    others = [host for host in catalogue.hosts if host.id != catalogue.primary]
    drawn = others[: MOST - len(first)]
    height = _TOP * 2 + STEP * max(len(drawn) - 1, 0) + BOX_HEIGHT
    middle = (height - BOX_HEIGHT) // 2
    boxes = {host.id: Box(host.id, _cut(host.name), _LEFT, middle, primary=True) for host in first}
    for at, host in enumerate(drawn):
        boxes[host.id] = Box(host.id, _cut(host.name), _RIGHT, _TOP + STEP * at, primary=False)
    arrows = []
    for source, target in _ways(catalogue):
        if source in boxes and target in boxes:
            other = {source, target} - {me}
            line = lines.get(other.pop()) if len(other) == 1 else None
            arrows.append(_arrow(boxes[source], boxes[target], line))
    bows = any(" C" in one.path for one in arrows)
    width = _RIGHT + BOX_WIDTH + (_MARGIN if bows else _LEFT)
    return Picture(tuple(boxes.values()), tuple(arrows), width, height, len(others) - len(drawn))


def _ways(catalogue: Catalogue) -> Iterable[tuple[str, str]]:
    return dict.fromkeys((job.source, target) for job in catalogue.jobs for target in job.targets)


def _arrow(source: Box, target: Box, line: LineState | None) -> Arrow:
    tone = _TONES.get(line.state if line else "", "bad")
    ours = (source.id, target.id)
    if source.x == target.x:  # both on the right: a bow beside them
        begin, end, edge = source.y + BOX_HEIGHT // 2, target.y + BOX_HEIGHT // 2, source.x + BOX_WIDTH
        bow = edge + min(40, 16 + abs(end - begin) // 4)
        return Arrow(
            *ours, f"M{edge} {begin} C{bow} {begin} {bow} {end} {edge + 3} {end}", bow - 8, begin + 18, tone, line
        )
    outward = source.x < target.x
    shift = -7 if outward else 7  # there and back are two arrows side by side
    begin, end = source.y + BOX_HEIGHT // 2 + shift, target.y + BOX_HEIGHT // 2 + shift
    left, right = (source.x + BOX_WIDTH, target.x - 3) if outward else (source.x, target.x + BOX_WIDTH + 3)
    return Arrow(
        *ours, f"M{left} {begin} L{right} {end}", _LEFT + BOX_WIDTH + 10, end + (-5 if outward else 14), tone, line
    )


def _cut(name: str) -> str:
    return name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}…"
