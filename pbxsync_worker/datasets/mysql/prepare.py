"""From changes to what will be written: every row before and after, checked against this host's tables."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import RowPolicy
from pbxsync_worker.core.model.errors import NotAllowed, PeerLied, TargetChanged, Unsupported
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import ItemKind, show_name
from pbxsync_worker.core.model.ports import Content
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.groups import Contents, Group, sort_rows
from pbxsync_worker.datasets.mysql.link import Link
from pbxsync_worker.datasets.mysql.names import decode_row, split_name, split_number
from pbxsync_worker.datasets.mysql.reading import read_keys
from pbxsync_worker.datasets.mysql.rewrite import fits
from pbxsync_worker.datasets.mysql.selected import Selected
from pbxsync_worker.datasets.mysql.staging import StagedTable

_PACKET_ROOM = 64 * 1024


@dataclass(frozen=True, slots=True)
class Coming:
    """One change with the content that comes, None for a row that goes."""

    change: Change
    content: bytes | None


Table = dict[bytes, dict[int, Coming]]
"""The changes of one table by key part, and by position among the rows of that key."""


def read_contents(changes: Sequence[Change], content: Callable[[Change], Content]) -> Iterator[Coming]:
    """Take every content, in the order of the changes; raise PeerLied for one that was not announced."""
    for change in changes:
        if change.after is None:
            yield Coming(change, None)
            continue
        data = b""
        for piece in content(change):
            data += piece
            if len(data) > change.after.size:
                break
        if change.after.kind is not ItemKind.ROW or len(data) != change.after.size:
            raise PeerLied(host="", reason=f"{change.after.text} is not the row that was announced")
        if digest_of(data) != change.after.content:
            raise PeerLied(host="", reason=f"{change.after.text} does not match its digest")
        yield Coming(change, data)


def by_table(coming: Sequence[Coming]) -> dict[tuple[str, str], Table]:
    """Sort changes by database and table."""
    tables: dict[tuple[str, str], Table] = {}
    for one in coming:
        database, table, last = split_name(one.change.name)
        part, position = split_number(last)
        tables.setdefault((database, table), {}).setdefault(part, {})[position] = one
    return tables


def stage_table(link: Link, selected: Selected, table: Table, common: tuple[str, ...]) -> StagedTable:
    """Return what is to be written into one table.

    Raise TargetChanged where a row is not what the plan found, Unsupported where a row does not fit or may not come,
    NotAllowed where the policy of the table forbids the change.
    """
    _check_triggers(selected, table)
    now, outside = read_keys(link, selected, list(table))
    most = int(link.all(b"SELECT @@max_allowed_packet")[0][0] or 0) - _PACKET_ROOM
    groups: list[Group] = []
    for part, changes in table.items():
        for one in changes.values():
            check_policy(selected.spec.policy, one.change)
            _check_content(selected, part, one, most)
        if part in outside:
            reason = "this host has a row of that key which the dataset does not select"
            raise Unsupported(what=say("Writing {selected}", selected=_text(selected, part)), reason=reason)
        groups.append(Group(part, now[part], _after(selected, part, now[part], changes)))
    return StagedTable(selected.spec, selected.choices, common, selected.digest, tuple(groups))


def check_policy(policy: RowPolicy, change: Change) -> None:
    """Raise NotAllowed for a change that the table's policy does not know."""
    adds, removes = change.before is None, change.after is None
    if policy is RowPolicy.UPDATE and (adds or removes):
        raise NotAllowed(
            reason=say("{name}: rows of this table are changed, never added or removed", name=show_name(change.name))
        )
    if policy is RowPolicy.COLLECT and not adds:
        raise NotAllowed(
            reason=say("{name}: rows of this table are collected, never changed", name=show_name(change.name))
        )


def common_columns(selected: Selected, coming: Sequence[Coming]) -> tuple[str, ...] | None:
    """Return the columns to compare from now on, () for all, where the source has others than were compared.

    None where it has the same, or such that a row cannot be brought here; that is told when the row is looked at.
    """
    content = next((one.content for one in coming if one.content is not None), None)
    if content is None:
        return None
    theirs = {name for name, _ in decode_row(content)} - {"@content", "@type"}
    compared = {one.name: one for one in selected.columns}
    if theirs - compared.keys():
        here = {one.name for one in selected.table.columns}
        return () if theirs <= here and not selected.spec.columns else None
    more = compared.keys() - theirs
    if not more or more & set(selected.spec.key) or not selected.spec.key:
        return None
    fillable = all(
        compared[name].nullable or compared[name].default is not None or compared[name].auto_increment for name in more
    )
    return tuple(sorted(theirs)) if fillable else None


def _check_content(selected: Selected, part: bytes, one: Coming, most: int) -> None:
    if one.content is None:
        return
    fields = fits(selected, one.content)
    if tuple(name for name, _ in fields) != selected.names or selected.key_part(fields) != part:
        raise PeerLied(host="", reason=f"the content of {show_name(one.change.name)} is another row")
    # Escaped, every byte may take two; an UPDATE names the row twice.
    if 4 * len(one.content) > most:
        reason = f"the row has {len(one.content)} bytes, max_allowed_packet of the server is too small for it"
        raise Unsupported(what=say("Writing {name}", name=show_name(one.change.name)), reason=reason)


def _after(selected: Selected, part: bytes, now: Contents, changes: Mapping[int, Coming]) -> Contents:
    rows: dict[int, bytes] = dict(enumerate(now))
    for position, one in changes.items():
        here = rows.get(position)
        expected = one.change.before.content if one.change.before else None
        if (digest_of(here) if here is not None else None) != expected:
            raise TargetChanged(name=_text(selected, part))
        rows.pop(position, None)
        if one.content is not None:
            rows[position] = one.content
    return sort_rows(rows.values())


def _check_triggers(selected: Selected, table: Table) -> None:
    """Refuse a table whose triggers would do more than the plan says.

    Rows that are only collected are the exception: FreePBX's own trigger on `cdr` keeps a short copy for its reports,
    which has to follow. What such a trigger does to the row itself is noticed after the write.
    """
    events: set[str] = set()
    for changes in table.values():
        for one in changes.values():
            before, after = one.change.before, one.change.after
            # An undo does the opposite.
            events |= {"INSERT", "DELETE"} if before is None or after is None else {"UPDATE"}
    fire = sorted(one.name for one in selected.table.triggers if one.event in events)
    if fire and selected.spec.policy is not RowPolicy.COLLECT:
        reason = f"its triggers would do more than the plan says: {', '.join(fire)}"
        raise Unsupported(what=say("Table {table}", table=selected.spec.table), reason=reason)


def _text(selected: Selected, part: bytes) -> str:
    return show_name(selected.spec.base + part)
