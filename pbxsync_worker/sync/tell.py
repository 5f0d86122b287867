"""The plan in words: what stands in the rows, keys and mailboxes that change, what will, and what things are called."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from pbxsync_worker.core import wire
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.item import Item, ItemKind, show_name
from pbxsync_worker.core.model.plan import Plan
from pbxsync_worker.core.model.reading import contents_of
from pbxsync_worker.core.model.words import Row, Seen, called, naming_rows, tell, value_lines
from pbxsync_worker.sync.arrive import small
from pbxsync_worker.sync.decide import Scene
from pbxsync_worker.sync.parts import Parts

_MANY_NAMES = 100
MAX_VALUES = 2**19
"""Letters of all values that are kept with a plan."""
_BOX = ("pin", "name", "email", "pager", "options")


def tell_plan(parts: Parts, scene: Scene, plan: Plan, coming: Mapping[bytes, bytes]) -> tuple[Plan, dict[str, str]]:
    """Return the plan with its words, and the values behind them by item name; coming: contents by item name."""
    seen = _seen(parts, plan.changes, coming)
    names = _names(parts, scene.ours, seen)
    told = tell(seen, names, plan.reloads, parts.host.pbx.calls_in_progress())
    return replace(plan, summary=told.summary, told=told.sentences), _values(seen)


def row_of(kind: ItemKind, content: bytes | None) -> Row | None:
    """Return a content as columns and text, None where it is unknown or none that an honest host has."""
    if content is None:
        return None
    if kind is ItemKind.ROW:
        return _fields(content)
    if kind is ItemKind.BOX:
        parts = _text(content).split(",", len(_BOX) - 1)
        return {name: part.strip() for name, part in zip(_BOX, parts, strict=False)}
    return {"value": _text(content)}


def _fields(content: bytes) -> Row | None:
    with suppress(Invalid):
        return {column: _shown(value) for column, value in wire.unpack(content, tuple[tuple[str, bytes | None], ...])}
    with suppress(Invalid):
        # SQLite's rows tell the storage class of each value as well.
        fields = wire.unpack(content, tuple[tuple[str, str, int | float | bytes | None], ...])
        return {column: _blob(value) if kind == "b" else _shown(value) for column, kind, value in fields}
    return None


def _shown(value: float | bytes | None) -> str | None:
    return _text(value) if isinstance(value, bytes) else None if value is None else str(value)


def _blob(value: float | bytes | None) -> str | None:
    return f"x'{value.hex()}'" if isinstance(value, bytes) else _shown(value)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")


def _seen(parts: Parts, changes: Sequence[Change], coming: Mapping[bytes, bytes]) -> tuple[Seen, ...]:
    known = [one.before for one in small(changes) if one.before is not None]
    here = _rows(parts, known)
    return tuple(_one(change, here, coming) for change in changes)


def _one(change: Change, here: Mapping[bytes, Row], coming: Mapping[bytes, bytes]) -> Seen:
    after = change.after
    new = None if after is None else row_of(after.kind, coming.get(change.name))
    return Seen(change, here.get(change.name), new)


def _rows(parts: Parts, items: Sequence[Item]) -> dict[bytes, Row]:
    contents = contents_of(parts.host.data, items)
    rows = ((item, row_of(item.kind, content)) for item, content in zip(items, contents, strict=True))
    return {item.name: row for item, row in rows if row is not None}


def _names(parts: Parts, ours: Inventory, seen: Sequence[Seen]) -> dict[tuple[str, str], str]:
    """Look up what those things are called here whose own row does not change."""
    names = naming_rows(seen, ours.items)[:_MANY_NAMES]
    items = [ours.items[name] for name in names]
    rows = _rows(parts, items)
    found = (called(Seen(Change(item, item), rows.get(item.name))) for item in items)
    return dict(reversed([one for one in found if one is not None]))


def _values(seen: Sequence[Seen]) -> dict[str, str]:
    return dict(_within(MAX_VALUES, ((show_name(one.change.name), value_lines(one)) for one in seen)))


def _within(most: int, texts: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for name, text in texts:
        most -= len(text)
        if most < 0:
            return
        if text:
            yield name, text
