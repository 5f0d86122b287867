"""What is different about one thing: old and new of its columns, and how many of its parts came and went."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pbxsync_worker.core.model.change import ChangeKind
from pbxsync_worker.core.model.sentence import join, say
from pbxsync_worker.core.model.words.hidden import hides, is_secret
from pbxsync_worker.core.model.words.kinds import LABELS
from pbxsync_worker.core.model.words.names import key_of
from pbxsync_worker.core.model.words.place import Place, Seen

_LONG = 48
_MEMBER = re.compile(r"^Local/(\d+)@.*")
"""How a queue names its members: `Local/2001@from-queue/n,0`."""
_NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Fact:
    """One value that becomes another; label: its name in words; None: there is none; hidden: it is a secret."""

    label: str
    old: str | None
    new: str | None
    hidden: bool = False

    @property
    def said(self) -> str:
        """Return it in words."""
        label = LABELS.get(self.label) or LABELS.get(self.label.rpartition("/")[2]) or self.label
        if self.hidden or max(len(self.old or ""), len(self.new or "")) > _LONG:
            return say("{what} changed", what=label)
        return say("{what} {old} → {new}", what=label, old=self.old or _NOTHING, new=self.new or _NOTHING)

    def follows(self, other: "Fact") -> bool:
        """Tell whether it says no more than another: FreePBX keeps a person's name in many places."""
        if self.hidden or other.hidden or not self.old or not other.old or len(other.old) < 2:
            return self.hidden and other.hidden and self.label == other.label
        return self.old.replace(other.old, other.new or "") == (self.new or "")


def facts(changes: Sequence[tuple[Place, Seen]], most: int) -> str:
    """Return what is different about one thing in one sentence, "" where that is not known; most: how many of it."""
    found: list[Fact] = []
    for fact in (*_keywords(changes), *(one for place, seen in changes for one in _columns(place, seen))):
        if fact.old != fact.new and not any(fact.follows(one) for one in found):
            found.append(fact)
    said = [*(one.said for one in found), *_parts(changes)]
    more = len(said) - most
    return join([*said[:most], say("{count} more", count=more)] if more > 0 else said)


def state(changes: Sequence[tuple[Place, Seen]]) -> tuple[str, str] | None:
    """Return the old and new value of a thing that is one value; None where they are unknown, secret or too long."""
    place, seen = changes[0]
    column = place.row.value if place.row is not None else "value"
    values = [None if side is None else side.get(column) for side in (seen.old, seen.new)]
    hidden = hides(column, (place.id, *key_of(seen.change.name)), values)
    if len(changes) > 1 or hidden or not _is_known(seen) or max(len(one or "") for one in values) > _LONG:
        return None
    return values[0] or _NOTHING, values[1] or _NOTHING


def _is_known(seen: Seen) -> bool:
    return all((side is None) == (row is None) for side, row in _sides(seen))


def _sides(seen: Seen) -> tuple[tuple[object, object], ...]:
    return (seen.change.before, seen.old), (seen.change.after, seen.new)


def _columns(place: Place, seen: Seen) -> Iterator[Fact]:
    if place.row is not None and (place.row.part[0] or (place.row.keyword and not place.row.value)):
        return
    if (place.row is not None and place.row.keyword) or place.detail:
        yield from _value(place, seen)
        return
    if seen.old is None or seen.new is None:
        return
    names = key_of(seen.change.name)
    for column, old in seen.old.items():
        new = seen.new.get(column, old)
        yield Fact(column, old, new, hides(column, names, (old, new)))


def _value(place: Place, seen: Seen) -> Iterator[Fact]:
    """Tell a row that is one value under its keyword, or a key of AstDB."""
    if place.row is not None and not key_of(seen.change.name):
        return  # its key is too long for a name: what it is about, and whether that is a secret, is not known
    column = place.row.value if place.row is not None else "value"
    known = [side.get(column) if side is not None else None for side in (seen.old, seen.new)]
    if not _is_known(seen):
        return
    hidden = is_secret(place.detail) or hides(column, (place.detail,), known)
    yield Fact(place.detail, known[0], known[1], hidden)


def _keywords(changes: Sequence[tuple[Place, Seen]]) -> Iterator[Fact]:
    """Tell rows whose key holds keyword and value: what goes and what comes under one keyword is one change."""
    both: dict[str, dict[ChangeKind, list[str]]] = {}
    for place, seen in changes:
        if place.row is not None and place.row.keyword and not place.row.value:
            value = _MEMBER.sub(r"\1", key_of(seen.change.name)[-1] or "")
            both.setdefault(place.detail, {}).setdefault(seen.change.kind, []).append(value)
    for keyword, values in both.items():
        gone, come = values.get(ChangeKind.REMOVE, []), values.get(ChangeKind.ADD, [])
        for at in range(max(len(gone), len(come))):
            old, new = (some[at] if at < len(some) else None for some in (gone, come))
            yield Fact(keyword, old, new, is_secret(keyword))


def _parts(changes: Sequence[tuple[Place, Seen]]) -> Iterator[str]:
    """Tell how many parts of each sort came, changed and went."""
    counts: dict[tuple[tuple[str, str], str], int] = {}
    for place, seen in changes:
        if place.row is not None and place.row.part[0]:
            sort = place.row.part, _SIGNS.get(seen.change.kind, "±")
            counts[sort] = counts.get(sort, 0) + 1
    for (part, sign), count in counts.items():
        yield say("{sign}{count} {things}", sign=sign, count=count, things=part[count > 1])


_SIGNS = {ChangeKind.ADD: "+", ChangeKind.REMOVE: "-"}
