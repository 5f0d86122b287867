"""Changes with their contents, as short as tests want them."""

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.words import Row, Seen


def thing(name: str, kind: ItemKind, old: Row | None, new: Row | None) -> Seen:
    before, after = (
        None if side is None else Item(name.encode(), kind, 1, digest_of(repr(side).encode())) for side in (old, new)
    )
    return Seen(Change(before, after), old, new)


def row(name: str, old: Row | None = None, new: Row | None = None) -> Seen:
    return thing(f"SQL/asterisk/{name}", ItemKind.ROW, old, new)


def key(name: str, old: str | None = None, new: str | None = None) -> Seen:
    sides = (None if side is None else {"value": side} for side in (old, new))
    return thing(f"ASTDB/{name}", ItemKind.KEY, *sides)


def box(name: str, old: Row | None = None, new: Row | None = None) -> Seen:
    return thing(f"VOICEMAIL/default/{name}", ItemKind.BOX, old, new)


def came(name: str) -> Seen:
    return Seen(thing(name, ItemKind.FILE, None, {}).change)


def went(name: str) -> Seen:
    return Seen(thing(name, ItemKind.FILE, {}, None).change)


def changed(name: str) -> Seen:
    return Seen(thing(name, ItemKind.FILE, {"a": ""}, {}).change)


def unknown(seen: Seen) -> Seen:
    """The same change, of whose contents nothing is known."""
    return Seen(seen.change)


def extension(number: str, name: str, *, gone: bool = False) -> list[Seen]:
    """Everything that comes, or goes, with one extension."""
    parts = [
        row(f"users/{number}", None, {"extension": number, "name": name}),
        row(f"devices/{number}", None, {"id": number, "description": name}),
        row(f"sip/{number},secret", None, {"id": number, "keyword": "secret", "data": "hush"}),
        row(f"userman_users/{number[1:]}", None, {"id": number[1:], "username": number}),
        key(f"AMPUSER/{number}/cidname", None, name),
        key(f"DEVICE/{number}/dial", None, f"PJSIP/{number}"),
        key(f"CW/{number}", None, "ENABLED"),
        box(number, None, {"pin": "1234", "name": name}),
    ]
    if not gone:
        return parts
    return [Seen(Change(one.change.after, None), one.new, None) for one in parts]
