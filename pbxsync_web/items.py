"""Rows, AstDB keys and mailboxes to words: names of items, groups of a plan, what a table's selection says.

A row's item is `SQL/database/table/key`; its key is the percent-encoded values joined by `,`, `~` for NULL, `""` for an
empty key, `;2` for the second of one key, and `!` before the digest of a key too long for a name. A mailbox is
`VOICEMAIL/context/box`, one of collected records `COLLECT/database/table/origin/chunk`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from flask import Flask
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from pbxsync_web import sqlite_items
from pbxsync_web.present import word
from pbxsync_worker.core.model.change import Change, ChangeKind
from pbxsync_worker.core.model.dataset import (
    ASTDB,
    COLLECT,
    MESSAGES,
    SQL,
    SQLITE,
    VOICEMAIL,
    Condition,
    Match,
    RowPolicy,
    TableSet,
)
from pbxsync_worker.core.model.item import show_name

_NUMBER = re.compile(rb"(.*?)(?:;([1-9][0-9]{0,8}))?", re.DOTALL)
_STORE = b"kvstore:"
_VALUES_SHOWN = 6
_POLICIES = {
    RowPolicy.UPDATE: _l("Only rows that both hosts have are changed"),
    RowPolicy.COLLECT: _l("What is missing is added; nothing is changed or removed"),
}
_MATCHES = {
    Match.IN: _l("%(column)s is one of %(values)s"),
    Match.NOT_IN: _l("%(column)s is none of %(values)s"),
    Match.LIKE: _l("%(column)s is like %(values)s"),
    Match.NOT_LIKE: _l("%(column)s is not like %(values)s"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of a table, keys of a family or mailboxes of a context in a plan; name: b"" for files, each for itself."""

    name: bytes
    counts: tuple[tuple[ChangeKind, int], ...] = ()

    @property
    def title(self) -> str:
        """Return how people call it."""
        parts = self.name.split(b"/")
        if parts[0] == ASTDB:
            return str(_("AstDB family %(name)s", name=show_name(parts[1])))
        if parts[0] == VOICEMAIL:
            return str(_("Mailboxes of %(context)s", context=show_name(parts[1])))
        if parts[0] == MESSAGES:
            return str(_("Voicemail messages of %(box)s", box=f"{show_name(parts[2])}@{show_name(parts[1])}"))
        if parts[0] == SQLITE:
            return str(_("SQLite database %(name)s", name=sqlite_items.database_name(self.name)))
        if parts[2].startswith(_STORE):
            return str(_("Settings store of %(module)s", module=show_name(parts[2].removeprefix(_STORE))))
        name, database = show_name(parts[2]), show_name(parts[1])
        if parts[0] == COLLECT:
            return str(_("Records collected into %(name)s", name=name))
        return str(_("Table %(name)s of the database %(database)s", name=name, database=database))


def group_name(item: bytes) -> bytes:
    """Return the name of the group an item belongs to, b"" for a file."""
    parts = item.split(b"/")
    if parts[0] in (ASTDB, VOICEMAIL) and len(parts) > 2:
        return b"/".join(parts[:2])
    return b"/".join(parts[:3]) if parts[0] in (SQL, COLLECT, SQLITE, MESSAGES) and len(parts) > 3 else b""


def grouped(changes: Iterable[Change]) -> list[tuple[Group, Change]]:
    """Return the changes with their groups: files first, as they are done; then each family and table together."""
    together: dict[bytes, list[Change]] = {b"": []}
    for change in changes:
        together.setdefault(group_name(change.name), []).append(change)
    return [(group, one) for name, held in together.items() for group in [_group(name, held)] for one in held]


def _group(name: bytes, held: list[Change]) -> Group:
    counts = ((kind, sum(one.kind is kind for one in held)) for kind in ChangeKind)
    return Group(name, tuple((kind, count) for kind, count in counts if count))


def item_name(name: bytes) -> str:
    """Return an item's name for people: `AstDB CF/2001`, `users 2001`, a file as it is."""
    parts = name.split(b"/", 3)
    if parts[0] == ASTDB and len(parts) > 2:
        return "AstDB " + show_name(name.partition(b"/")[2])
    if parts[0] == VOICEMAIL and len(parts) == 3:
        return str(_("mailbox %(box)s", box=f"{show_name(parts[2])}@{show_name(parts[1])}"))
    if parts[0] == MESSAGES and len(parts) == 4:
        box = f"{show_name(parts[2])}@{show_name(parts[1])}"
        return str(_("message %(id)s of %(box)s", id=show_name(parts[3]).partition(".")[0], box=box))
    if parts[0] == SQLITE and len(parts) == 4:
        return sqlite_items.item_name(name)
    if parts[0] == SQL and len(parts) == 4:
        return f"{table_name(parts[2])} {_key(parts[3])}"
    if parts[0] == COLLECT and len(parts) == 4:
        origin, _slash, chunk = show_name(parts[3]).partition("/")
        return str(_("%(table)s %(chunk)s of host %(host)s", table=show_name(parts[2]), chunk=chunk, host=origin[:12]))
    return show_name(name)


def table_name(table: bytes | str) -> str:
    """Return a table's name for people; the key-value store of a module is called by its module."""
    shown = show_name(table.encode() if isinstance(table, str) else table)
    module = shown.removeprefix("kvstore:")
    return shown if module == shown else _("settings store of %(module)s", module=module)


def _key(encoded: bytes) -> str:
    if encoded.startswith(b"!"):
        return str(_("(a long key, %(digest)s)", digest=show_name(encoded[1:13])))
    match = _NUMBER.fullmatch(encoded)
    plain, number = (match[1], match[2]) if match else (encoded, None)
    shown = '""' if plain == b'""' else ", ".join(_value(one) for one in plain.split(b","))
    return f"{shown} ({number.decode()})" if number else shown


def _value(encoded: bytes) -> str:
    return "NULL" if encoded == b"~" else show_name(unquote_to_bytes(encoded)) or '""'


def change_word(change: Change) -> str:
    """Return what happens to an item; a key, a row or a mailbox is changed where a file is replaced."""
    in_place = change.kind is ChangeKind.REPLACE and group_name(change.name) != b""
    return _("changed") if in_place else word(change.kind)


def condition(one: Condition) -> str:
    """Return a condition on rows in words; of many values the first."""
    more = len(one.values) - _VALUES_SHOWN
    values = ", ".join(one.values[:_VALUES_SHOWN])
    if more > 0:
        values = _("%(values)s and %(count)s more", values=values, count=more)
    return str(_MATCHES[one.match]) % {"column": one.column, "values": values}


def table_policy(one: TableSet) -> str:
    """Return what a run may do with the rows of a table."""
    return str(_POLICIES[one.policy]) if one.policy in _POLICIES else word(one.delete)


def install(app: Flask) -> None:
    """Give the words to the templates."""
    for one in (item_name, change_word, condition, table_policy, table_name):
        app.jinja_env.filters[one.__name__] = one
