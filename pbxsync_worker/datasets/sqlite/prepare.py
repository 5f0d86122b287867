"""From changes to what will be written: everything before and after, checked against this host's database."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import PAGES, SCHEMA, SqliteSet
from pbxsync_worker.core.model.errors import NoSpace, PeerLied, TargetChanged, Unsupported
from pbxsync_worker.core.model.inventory import digest_of, new_digest
from pbxsync_worker.core.model.item import Item, show_name
from pbxsync_worker.core.model.ports import Content
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.groups import Contents, Group, sort_rows
from pbxsync_worker.datasets.sqlite.copy import copied
from pbxsync_worker.datasets.sqlite.images import Images
from pbxsync_worker.datasets.sqlite.link import Database, Link
from pbxsync_worker.datasets.sqlite.names import Name, table_base
from pbxsync_worker.datasets.sqlite.pages import check_image, page_size
from pbxsync_worker.datasets.sqlite.reading import contents, read_key
from pbxsync_worker.datasets.sqlite.rewrite import fits
from pbxsync_worker.datasets.sqlite.rows import rehearse
from pbxsync_worker.datasets.sqlite.schema import Built, Table, differences, read_built
from pbxsync_worker.datasets.sqlite.staging import Pages, Staged, StagedTable, Staging
from pbxsync_worker.datasets.sqlite.values import decode_row, split_number

_MOST_ROW = 2**26


@dataclass(frozen=True, slots=True)
class Coming:
    """One change of a row with the content that comes, None for a row that goes."""

    change: Change
    content: bytes | None


@dataclass
class Wanted:
    """The changes of one database: rows by table and key part, by position; or all its pages."""

    spec: SqliteSet
    database: Database
    tables: dict[bytes, dict[bytes, dict[int, Coming]]] = field(default_factory=dict)
    pages: Change | None = None


class Preparation:
    """Prepares one run."""

    def __init__(self, run: str, staging: Staging, images: Images) -> None:
        self._run = run
        self._staging = staging
        self._images = images

    def take(self, wanted: Wanted, name: Name, change: Change, content: Callable[[Change], Content]) -> None:
        """Take one change with its content; raise PeerLied for one that was not announced."""
        if name.table == SCHEMA:
            raise self._other_schema(wanted, change, content)
        if name.table == PAGES:
            self._take_pages(wanted, change, content)
            return
        data = None if change.after is None else announced(change.after, content(change))
        part, position = split_number(name.key)
        wanted.tables.setdefault(name.table, {}).setdefault(part, {})[position] = Coming(change, data)

    def _other_schema(self, wanted: Wanted, change: Change, content: Callable[[Change], Content]) -> Unsupported:
        what = f"Syncing the database {wanted.database.name}"
        if change.after is None:
            return Unsupported(what=what, reason=say("the source has none of this name, or does not give it"))
        theirs = announced(change.after, content(change))
        with copied(wanted.database) as copy:
            ours = read_built(copy, wanted.spec).content()
        return Unsupported(
            what=what, reason=say("it is built otherwise on the source: {ours}", ours=differences(ours, theirs))
        )

    def _take_pages(self, wanted: Wanted, change: Change, content: Callable[[Change], Content]) -> None:
        after, before = change.after, change.before
        if after is None or before is None:
            reason = "all of it would come or go: the source, or this host, has none"
            raise Unsupported(what=say("Syncing the database {name}", name=wanted.database.name), reason=reason)
        self._prove_space(before.size + 2 * after.size + before.size)
        new = self._staging.path(self._run, wanted.spec.base, ".new")
        self._staging.put_pages(new, announced_pieces(after, content(change)))
        wanted.pages = change

    def _prove_space(self, needed: int) -> None:
        folder = next(path for path in (self._staging.folder, *self._staging.folder.parents) if path.exists())
        numbers = os.statvfs(folder)
        free = numbers.f_bavail * numbers.f_frsize
        if needed > free:
            raise NoSpace(path=str(folder), free=free, needed=needed)

    def staged(self, wanted: Wanted) -> Staged:
        """Return what is to be written into one database, rehearsed; raise what stands in the way."""
        wanted.database.check_rights()
        with copied(wanted.database) as copy:
            built = read_built(copy, wanted.spec)
            if wanted.pages is not None:
                return self._staged_pages(wanted, wanted.pages, copy, built)
            tables = tuple(_stage(copy, wanted, _table(copy, built, name), name) for name in wanted.tables)
            staged = Staged(self._run, wanted.spec, built.content(), tables)
            rehearse(copy, staged)
        return staged

    def _staged_pages(self, wanted: Wanted, change: Change, copy: Link, built: Built) -> Staged:
        new = self._staging.path(self._run, wanted.spec.base, ".new")
        coming = check_image(new, wanted.database.name, wanted.spec)
        if coming.content() != built.content():
            reason = f"it is built otherwise on the source: {differences(built.content(), coming.content())}"
            raise Unsupported(what=say("Syncing the database {name}", name=wanted.database.name), reason=reason)
        _check_page_size(wanted.database, copy, new)
        here = self._images.take(wanted.database, change.name)
        file = self._images.open(here) if here == change.before else None
        if file is None:
            raise TargetChanged(name=f"The database {wanted.database.name}")
        with file:
            old = self._staging.path(self._run, wanted.spec.base, ".old")
            self._staging.put_pages(old, iter(lambda: file.read(2**20), b""))
        after = change.after or here
        pages = Pages((here.content, here.size), (after.content, after.size))
        return Staged(self._run, wanted.spec, built.content(), pages=pages)


def _check_page_size(database: Database, copy: Link, new: Path) -> None:
    with new.open("rb") as file:
        size = int.from_bytes(file.read(18)[16:18], "big")
    with database.reading() as link:
        wal = database.patiently(lambda: link.is_wal)
    if wal and (65536 if size == 1 else size) != page_size(copy):
        reason = "its pages have another size on the source, and it is in WAL mode"
        raise Unsupported(what=say("Replacing the database {name}", name=database.name), reason=reason)


def _table(link: Link, built: Built, name: bytes) -> Table:
    found = built.table(name)
    if found is None:
        raise Unsupported(
            what=say("Writing into {name}", name=link.name),
            reason=say("there is no table {name}", name=show_name(name)),
        )
    return found


def _stage(link: Link, wanted: Wanted, table: Table, name: bytes) -> StagedTable:
    base = table_base(wanted.spec.base, table.name)
    groups = []
    for part, changes in wanted.tables[name].items():
        for one in changes.values():
            _check(table, part, one)
        now = contents(read_key(link, table, part))
        groups.append(Group(part, now, _after(base + part, now, changes)))
    return StagedTable(table.name, tuple(groups))


def _check(table: Table, part: bytes, one: Coming) -> None:
    if one.content is None:
        return
    fits(table, one.content)
    if table.key_part(decode_row(one.content)) != part:
        raise PeerLied(host="", reason=f"the content of {show_name(one.change.name)} is another row")


def _after(name: bytes, now: Contents, changes: Mapping[int, Coming]) -> Contents:
    rows: dict[int, bytes] = dict(enumerate(now))
    for position, one in changes.items():
        here = rows.get(position)
        expected = one.change.before.content if one.change.before else None
        if (digest_of(here) if here is not None else None) != expected:
            raise TargetChanged(name=show_name(name))
        rows.pop(position, None)
        if one.content is not None:
            rows[position] = one.content
    return sort_rows(rows.values())


def announced(item: Item, content: Content) -> bytes:
    """Return the content of an item; raise PeerLied where it is another."""
    if item.size > _MOST_ROW:
        raise Unsupported(what=say("Writing {text}", text=item.text), reason=say("it has {size} bytes", size=item.size))
    return b"".join(announced_pieces(item, content))


def announced_pieces(item: Item, content: Content) -> Iterator[bytes]:
    """Give the pieces of an item's content; raise PeerLied where they are another."""
    running, size = new_digest(), 0
    for piece in content:
        size += len(piece)
        if size > item.size:
            break
        running.update(piece)
        yield piece
    if size != item.size or running.digest() != item.content:
        raise PeerLied(host="", reason=f"{item.text} is not what was announced")
