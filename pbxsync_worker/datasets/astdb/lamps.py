"""Which lamps of phones follow from changed keys: FreePBX derives them, a copied key alone leaves them wrong.

Call forward CF and do-not-disturb DND light the extension's lamp and that of each of its devices; a toggle DAYNIGHT,
a time condition's override TC and follow-me light their own (FreePBX modules callforward, donotdisturb, daynight,
timeconditions, findmefollow).
"""

import re
from collections.abc import Callable, Iterable, Iterator

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item

Lamp = tuple[str, str]
"""A custom device and its state, as the dialplan function DEVICE_STATE takes them."""

_BUSY, _USED, _FREE, _GONE = "BUSY", "INUSE", "NOT_INUSE", "UNAVAILABLE"
_NAME = re.compile(
    rb"ASTDB/(?:(CF|DND)/([^/]+)|(DAYNIGHT)/C([^/]+)|(TC)/([^/]+)|AMPUSER/([^/]+)/(followme)/ddial)", re.DOTALL
)
_PLAIN = re.compile(r"[\w.@+-]+", re.ASCII)
_OVERRIDES = {
    b"true": (_FREE, _FREE),
    b"true_sticky": (_FREE, _USED),
    b"false": (_USED, _FREE),
    b"false_sticky": (_USED, _USED),
}
"""TC value -> states of its lamp and of the one that says "until somebody ends it"."""


def _itself(extension: str) -> tuple[str, ...]:
    return (extension,)


def lamps_for(changes: Iterable[Change], devices: Callable[[str], tuple[str, ...]] = _itself) -> tuple[Lamp, ...]:
    """Return the lamps to set, with their states, after these changes were made.

    devices: those of an extension, such as AMPUSER/<ext>/device says; the extension itself where people do not log in
    to phones. A lamp whose state the new value does not tell, such as a time condition without override, is left to
    the dialplan.
    """
    found: dict[str, str] = {}
    for change in changes:
        match = _NAME.fullmatch(change.name)
        if match is None:
            continue
        parts = [part.decode("utf-8", "replace") for part in match.groups() if part is not None]
        kind, number = (parts[1], parts[0]) if "followme" in parts[1:] else (parts[0], parts[1])
        if _PLAIN.fullmatch(number):
            found.update(_lamps(kind, number, change.after, devices))
    return tuple((f"Custom:{name}", state) for name, state in found.items())


def _lamps(kind: str, number: str, after: Item | None, devices: Callable[[str], tuple[str, ...]]) -> Iterator[Lamp]:
    on = after is not None and after.size > 0
    if kind in ("CF", "DND"):
        off = _FREE if kind == "CF" else _GONE
        yield f"{kind}{number}", _BUSY if on else off
        yield from ((f"DEV{kind}{device}", _BUSY if on else off) for device in devices(number))
    elif kind == "DAYNIGHT" and on:
        yield f"DAYNIGHT{number}", _USED if _says(after, b"NIGHT") else _FREE
    elif kind == "TC":
        for value, (plain, sticky) in _OVERRIDES.items():
            if _says(after, value):
                yield f"TC{number}", plain
                yield f"TCSTICKY{number}", sticky
    elif kind == "followme":
        state = _BUSY if _says(after, b"DIRECT") else _FREE
        yield from ((f"FOLLOWME{device}", state) for device in devices(number))


def _says(item: Item | None, value: bytes) -> bool:
    return item is not None and item.content == digest_of(value)
