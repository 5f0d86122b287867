"""The values behind the words: what stood in a row, key or mailbox, and what will; without secrets."""

from collections.abc import Iterator

from pbxsync_worker.core.model.dataset import ASTDB, SQL, SQLITE
from pbxsync_worker.core.model.item import show_name
from pbxsync_worker.core.model.words.hidden import HIDDEN, VALUES, hides
from pbxsync_worker.core.model.words.names import below, key_of, sqlite_key_of
from pbxsync_worker.core.model.words.place import Row, Seen

MAX_VALUE = 500


def value_lines(seen: Seen) -> str:
    """Return one line for each column before and after, as in a diff: `-name: old`, `+name: new`.

    A line break in a value is shown as its code, a secret as ***, a long value cut.
    """
    return "\n".join(_lines(seen))


def _lines(seen: Seen) -> Iterator[str]:
    old: Row = seen.old or {}
    new: Row = seen.new or {}
    # Of a key that is too long for a name only the row itself tells what it names.
    names = _names(seen.change.name) or tuple(is_ for one, is_ in {**old, **new}.items() if one not in VALUES)
    comes_or_goes = not old or not new
    for column in [*old, *(one for one in new if one not in old)]:
        before, after = old.get(column), new.get(column)
        if column in old and column in new and before == after:
            continue
        hidden = hides(column, names, (before, after))
        for sign, side in (("-", old), ("+", new)):
            if column in side and not (comes_or_goes and side[column] is None):
                yield f"{sign}{show_name(column.encode())}: {_shown(side[column], hidden=hidden)}"


def _names(name: bytes) -> tuple[str | None, ...]:
    head = name.partition(b"/")[0]
    if head == SQL:
        return key_of(name)
    if head == SQLITE:
        return sqlite_key_of(name)
    return below(name, head)[1:] if head == ASTDB else ()


def _shown(value: str | None, *, hidden: bool) -> str:
    if value is None:
        return "NULL"
    if hidden:
        return HIDDEN
    shown = show_name(value[:MAX_VALUE].encode("utf-8", "surrogateescape"))
    return shown + (" …" if len(value) > MAX_VALUE else "")
