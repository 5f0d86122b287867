"""The plan in the words of a PBX: "+2 extensions (2301, 2302), trunk ACME changed: max channels 10 → 20"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pbxsync_worker.core.model.change import ChangeKind
from pbxsync_worker.core.model.plan import Reload
from pbxsync_worker.core.model.sentence import join, say
from pbxsync_worker.core.model.words.facts import facts, state
from pbxsync_worker.core.model.words.files import NAMED
from pbxsync_worker.core.model.words.kinds import KINDS, MODULES, TABLES
from pbxsync_worker.core.model.words.place import FAMILY, TABLE, Place, Seen
from pbxsync_worker.core.model.words.things import At, Thing, fold, gather, name_them


@dataclass(frozen=True, slots=True)
class Length:
    """How much is told: names in a list, things of one kind each in their own sentence, facts of a thing."""

    names: int
    each: int
    facts: int
    titles: bool


FULL = Length(names=8, each=12, facts=6, titles=True)
SHORT = Length(names=5, each=2, facts=2, titles=False)
_IN_SUMMARY = 8
_COUNTED = frozenset(
    (
        *("greeting", "message", "musicfile", "callaudio", "soundfile", "fax", "otherfile", "folder"),
        *(one.name for one in KINDS.values() if one.collected),
    )
)
"""Kinds of which only the number is told."""


@dataclass(frozen=True, slots=True)
class Told:
    """A plan in words: one line, and a sentence for each thing or kind of things."""

    summary: str
    sentences: tuple[str, ...]


def tell(changes: Sequence[Seen], names: Mapping[At, str], reloads: Sequence[Reload], calls: int | None) -> Told:
    """Say what changes do; names: what things are called on this host; calls: in progress, None: not known."""
    things, other = gather(changes)
    name_them(things, names)
    fold(things)
    kinds = [[one for one in things.values() if one.kind is kind] for kind in KINDS.values()]
    rest = _others(other)
    full = [sentence for some in kinds for sentence in _kind(some, FULL)]
    short = [sentence for some in kinds for sentence in _kind(some, SHORT)]
    return Told(_summary([*short, *rest], reloads, calls), (*full, *rest))


def _kind(things: Sequence[Thing], length: Length) -> list[str]:
    """Tell all things of one kind."""
    said: list[str] = []
    by_act: dict[ChangeKind, list[Thing]] = {}
    for one in things:
        by_act.setdefault(one.act, []).append(one)
    for act in (ChangeKind.ADD, ChangeKind.REPLACE, ChangeKind.REMOVE):
        some = by_act.get(act, [])
        each = act is ChangeKind.REPLACE and len(some) <= length.each and some[:1] and some[0].kind.name not in _COUNTED
        if each:
            said += [_changed(one, length) for one in some]
        elif some:
            said.append(_listed(act, some, length))
    return said


def _changed(thing: Thing, length: Length) -> str:
    name, kind = thing.named(titles=True), thing.kind
    if kind.state and (values := state(thing.changes)):
        return say("{thing} {name}: {old} → {new}", thing=kind.one, name=name, old=values[0], new=values[1])
    ordered = sorted(thing.changes, key=lambda pair: _rank(pair[0]))
    what = "" if kind.state or kind.name in NAMED else facts(ordered, length.facts)
    if what:
        return say("{thing} {name} changed: {what}", thing=kind.one, name=name, what=what)
    return say("{thing} {name} changed", thing=kind.one, name=name)


def _rank(place: Place) -> int:
    """Put the own row of a thing before its details, those before keys."""
    return next((at for at, one in enumerate(TABLES.values()) if one is place.row), len(TABLES))


def _listed(act: ChangeKind, things: Sequence[Thing], length: Length) -> str:
    count, kind = sum(one.count for one in things), things[0].kind
    noun = kind.one if count == 1 else kind.many
    whole = _counted(act, count, noun)
    if kind.name in _COUNTED:
        return whole
    names = ", ".join(one.named(titles=length.titles) for one in things[: length.names])
    more = count - length.names
    if more > 0:
        return say("{what} ({names} and {count} more)", what=whole, names=names, count=more)
    return say("{what} ({names})", what=whole, names=names)


def _counted(act: ChangeKind, count: int, noun: str) -> str:
    if act is ChangeKind.ADD:
        return say("+{count} {things}", count=count, things=noun)
    if act is ChangeKind.REMOVE:
        one, many = say("1 {things} removed", things=noun), say("{count} {things} removed", count=count, things=noun)
    else:
        one, many = say("1 {things} changed", things=noun), say("{count} {things} changed", count=count, things=noun)
    return one if count == 1 else many


def _others(other: Mapping[str, int]) -> list[str]:
    """Count honestly what there is no word for."""
    said: list[str] = []
    tables = [count for name, count in other.items() if name.startswith(TABLE)]
    families = [count for name, count in other.items() if name.startswith(FAMILY)]
    if tables:
        count = sum(tables)
        what = say("1 other row") if count == 1 else say("{count} other rows", count=count)
        said.append(_in(what, say("1 table") if len(tables) == 1 else say("{count} tables", count=len(tables))))
    if families:
        count = sum(families)
        what = say("1 other AstDB key") if count == 1 else say("{count} other AstDB keys", count=count)
        where = say("1 family") if len(families) == 1 else say("{count} families", count=len(families))
        said.append(_in(what, where))
    rest = sum(other.values()) - sum(tables) - sum(families)
    if rest:
        said.append(say("1 other item") if rest == 1 else say("{count} other items", count=rest))
    return said


def _in(what: str, where: str) -> str:
    return say("{what} in {where}", what=what, where=where)


def _summary(said: Sequence[str], reloads: Sequence[Reload], calls: int | None) -> str:
    more = len(said) - _IN_SUMMARY
    what = join([*said[:_IN_SUMMARY], say("{count} more", count=more)] if more > 0 else said)
    modules = dict.fromkeys(MODULES.get(one.module, one.module.removesuffix(".so")) for one in reloads)
    read = join(list(modules)) or "-"
    if calls is None:
        return say("{what}; reload: {reloads}", what=what, reloads=read)
    return say("{what}; reload: {reloads}; calls in progress: {calls}", what=what, reloads=read, calls=calls)
