"""The things of a PBX that a plan changes, each with everything that belongs to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pbxsync_worker.core.model.change import ChangeKind
from pbxsync_worker.core.model.words.kinds import KINDS, Kind
from pbxsync_worker.core.model.words.place import OTHER, Place, Row, Seen, place_of

At = tuple[str, str]
"""Kind and id of a thing."""

_COMES_OR_GOES = (ChangeKind.ADD, ChangeKind.REMOVE)
_BY_TITLE = frozenset(
    (
        *("trunk", "outbound", "ivr", "timecondition", "timegroup", "announcement", "miscdest", "miscapp", "directory"),
        *("recording", "music", "setcid", "cidlookup", "pinset", "user", "usergroup", "contact", "parking"),
    )
)
"""Kinds whose ids are numbers that nobody sees."""


@dataclass
class Thing:
    """Everything that changes about one thing; title: its name for people, "" where it is not known."""

    kind: Kind
    id: str
    changes: list[tuple[Place, Seen]] = field(default_factory=list)
    title: str = ""

    @property
    def act(self) -> ChangeKind:
        """Return whether it comes, goes or changes: as its heads do, else as all of it does."""
        if self.kind.state:
            return ChangeKind.REPLACE
        if self.kind.collected:
            return ChangeKind.ADD
        heads = {seen.change.kind for place, seen in self.changes if place.is_head}
        acts = heads or ({seen.change.kind for _, seen in self.changes} if self._is_whole else set())
        only = acts.pop() if len(acts) == 1 else ChangeKind.REPLACE
        return only if only in _COMES_OR_GOES else ChangeKind.REPLACE

    @property
    def count(self) -> int:
        """Return how many of its kind it stands for."""
        return sum(place.many for place, _ in self.changes) if self.kind.collected else 1

    @property
    def _is_whole(self) -> bool:
        return all(place.row is None and not place.detail for place, _ in self.changes)

    def named(self, *, titles: bool) -> str:
        """Return what people call it: its number, its name or both."""
        if self.kind.name in _BY_TITLE:
            return self.title or self.id
        return f"{self.id} {self.title}" if titles and self.title and self.title != self.id else self.id


def gather(changes: Iterable[Seen]) -> tuple[dict[At, Thing], dict[str, int]]:
    """Return the things that change, and how many changes of which table or family belong to none."""
    things: dict[At, Thing] = {}
    other: dict[str, int] = {}
    for seen in changes:
        place = place_of(seen)
        if place.kind == OTHER:
            other[place.id] = other.get(place.id, 0) + 1
            continue
        thing = things.setdefault((place.kind, place.id), Thing(KINDS[place.kind], place.id))
        thing.changes.append((place, seen))
    return things, other


def name_them(things: Mapping[At, Thing], names: Mapping[At, str]) -> None:
    """Give each thing its name: from what comes, else from what is here."""
    for at, thing in things.items():
        thing.title = next(filter(None, (_title(*one) for one in thing.changes)), "") or names.get(at, "")


def _title(place: Place, seen: Seen) -> str | None:
    row: Row = seen.title
    if place.is_head and place.row is not None:
        return row.get(place.row.title)
    if place.kind == "mailbox":
        return row.get("name")
    return row.get("value") if place.detail == "cidname" else None


def fold(things: dict[At, Thing]) -> None:
    """Let what comes and goes with an extension be part of it: its mailbox, its account, its call forward."""
    acts = {one.id: one.act for one in things.values() if one.kind.name == "extension"}
    for at, one in list(things.items()):
        act = acts.get(one.title if one.kind.name == "user" else one.id)
        if one.kind.folds and act in _COMES_OR_GOES and {seen.change.kind for _, seen in one.changes} == {act}:
            del things[at]
