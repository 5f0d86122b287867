"""Make staged rows live in one transaction with the marker, and take them back; rehearsed on a copy before."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import DatabaseBusy, TargetChanged, Unsupported
from pbxsync_worker.core.model.item import show_name
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.step import Undone
from pbxsync_worker.datasets.groups import Group
from pbxsync_worker.datasets.originals import Stays, names_of_originals, stays, write_originals
from pbxsync_worker.datasets.sqlite.copy import check
from pbxsync_worker.datasets.sqlite.link import Database, Link
from pbxsync_worker.datasets.sqlite.marker import is_marked, remove_marker, set_marker
from pbxsync_worker.datasets.sqlite.names import table_base
from pbxsync_worker.datasets.sqlite.reading import contents
from pbxsync_worker.datasets.sqlite.rewrite import Rewrite
from pbxsync_worker.datasets.sqlite.schema import read_built
from pbxsync_worker.datasets.sqlite.staging import Staged
from pbxsync_worker.datasets.sqlite.values import decode_row

_log = logging.getLogger(__name__)

CHECKED_LIVE = 16 * 2**20
"""Bytes up to which a whole database is checked before the commit while others wait; a larger one only as a copy."""


@dataclass(frozen=True)
class Work:
    """What is to be rewritten in one table; base: what the names of its rows begin with."""

    rewrite: Rewrite
    groups: tuple[Group, ...]
    base: bytes


def work_of(link: Link, staged: Staged) -> tuple[Work, ...]:
    """Return a staged change on the database as it is; raise TargetChanged where it is built otherwise."""
    try:
        built = read_built(link, staged.spec)
    except Unsupported as error:
        raise TargetChanged(name=f"The database {link.name}") from error
    tables = {one.name: one for one in built.tables}
    if built.content() != staged.schema or any(one.name not in tables for one in staged.tables):
        raise TargetChanged(name=f"The database {link.name}")
    base = staged.spec.base
    bases = [table_base(base, one.name) for one in staged.tables]
    return tuple(
        Work(Rewrite(link, tables[one.name], name), one.groups, name)
        for one, name in zip(staged.tables, bases, strict=True)
    )


def rehearse(copy: Link, staged: Staged) -> None:
    """Write everything into a copy, and check the result; raise what would refuse it, nothing live touched."""
    copy.run("PRAGMA foreign_keys = OFF")
    before = _orphans(copy)
    copy.run("BEGIN")
    for one in work_of(copy, staged):
        one.rewrite.write(one.groups)
    copy.run("COMMIT")
    check(copy, thorough=True)
    _refuse_orphans(copy, before)


class RowActs:
    """Acts on the rows of one database; kept: folder of ours where the originals of rows that stayed are told."""

    def __init__(self, database: Database, disk: Disk, kept: Path) -> None:
        self._database = database
        self._disk = disk
        self._kept = kept

    def act(self, staged: Staged) -> None:
        """Make all rows live; raise TargetChanged, or what refused it, with nothing changed. Repeatable."""
        self._database.patiently(lambda: self._act(staged))

    def _act(self, staged: Staged) -> None:
        with self._database.writing() as link, self._transaction(link) as commit:
            if is_marked(link, staged.run):
                return
            small = int(link.one("PRAGMA page_count")) * int(link.one("PRAGMA page_size")) <= CHECKED_LIVE
            before = _orphans(link) if small else frozenset()
            try:
                for one in work_of(link, staged):
                    one.rewrite.write(one.groups)
            except Unsupported as error:
                if not error.fields.get("constraint"):
                    raise
                # The rehearsal went well, so somebody has taken a place since.
                raise TargetChanged(name=f"The database {link.name}") from error
            if small:
                check(link)
                _refuse_orphans(link, before)
            set_marker(link, staged.run)
            commit()

    def is_marked(self, run: str) -> bool:
        """Tell whether the rows of a run are live."""

        def ask() -> bool:
            with self._database.reading() as link:
                return is_marked(link, run)

        return self._database.patiently(ask)

    def remove_marker(self, run: str) -> None:
        """Forget a run. Repeatable."""
        if not self.is_marked(run):
            return

        def forget() -> None:
            with self._database.writing() as link, self._transaction(link) as commit:
                remove_marker(link, run)
                commit()

        self._database.patiently(forget)

    def undo(self, staged: Staged) -> Undone:
        """Take the rows of a run back where they still are what it wrote. Repeatable."""
        if not self.is_marked(staged.run):
            return Undone.KEPT if self._file(staged).exists() else Undone.NOT_DONE
        return Undone.KEPT if self._database.patiently(lambda: self._take_back(staged)) else Undone.RESTORED

    def stayed(self, staged: Staged) -> tuple[bytes, ...]:
        """Return the names of the rows of a run that stayed when it was taken back."""
        return names_of_originals(self._file(staged))

    def _take_back(self, staged: Staged) -> list[Stays]:
        with self._database.writing() as link, self._transaction(link) as commit:
            try:
                work = work_of(link, staged)
            except TargetChanged:
                # It was altered since: nothing can be compared, so everything stays.
                work = ()
                base = staged.spec.base
                kept = [some for table in staged.tables for some in stays(table_base(base, table.name), table.groups)]
            else:
                kept = []
            for one in work:
                kept += stays(one.base, _put_back(link, one))
            self._tell(staged, kept)
            remove_marker(link, staged.run)
            commit()
        return kept

    @contextmanager
    def _transaction(self, link: Link) -> Iterator[Callable[[], object]]:
        """Hold the database for writing; what is not committed by the caller is rolled back."""
        link.run("BEGIN IMMEDIATE")
        try:
            # A reader may hold a commit up for a moment; the transaction stays meanwhile.
            yield lambda: self._database.patiently(
                lambda: self._disk.effect("sqlite", lambda: link.run("COMMIT")), seconds=2.0
            )
        finally:
            if link.raw.in_transaction:
                link.run("ROLLBACK")

    def _tell(self, staged: Staged, kept: list[Stays]) -> None:
        """Write down, for the administrator, what the rows that stay had been before the run."""
        if not kept:
            return
        names = [show_name(name) for name, _ in kept[:20]]
        extra = {"database": self._database.name, "rows": names, "count": len(kept)}
        _log.warning("rows stay as they are: changed since the run", extra=extra)
        write_originals(self._disk, self._file(staged), ((name, _described(group)) for name, group in kept))

    def _file(self, staged: Staged) -> Path:
        return self._kept / staged.run / f"sqlite-{staged.spec.base.split(b'/')[2].decode()[:100]}.rows"


def _put_back(link: Link, work: Work) -> list[Group]:
    """Put back what still is as the run left it; return what is neither that nor as it was before."""
    due: list[Group] = []
    kept: list[Group] = []
    for group, rows in work.rewrite.now(work.groups):
        if contents(rows) == group.after:
            due.append(group.reversed)
        elif contents(rows) != group.before:
            kept.append(group)
    if not _written(link, work.rewrite, due):
        kept += [one.reversed for one in due if not _written(link, work.rewrite, [one])]
    return kept


def _written(link: Link, rewrite: Rewrite, groups: Sequence[Group]) -> bool:
    link.run("SAVEPOINT some_rows")
    try:
        rewrite.write(groups)
    except DatabaseBusy:
        raise
    except (TargetChanged, Unsupported):
        link.run("ROLLBACK TO some_rows")
        link.run("RELEASE some_rows")
        return False
    link.run("RELEASE some_rows")
    return True


def _orphans(link: Link) -> frozenset[object]:
    """Return the rows that lack the row which their foreign key names."""
    try:
        return frozenset(tuple(row) for row in link.all("PRAGMA foreign_key_check"))
    except Unsupported:
        return frozenset()  # a parent that cannot be a parent: SQLite itself refuses to look


def _refuse_orphans(link: Link, before: frozenset[object]) -> None:
    broken = _orphans(link) - before
    if broken:
        many = "1 row" if len(broken) == 1 else f"{len(broken)} rows"
        reason = f"{many} would be left without the row that a foreign key names"
        raise Unsupported(what=say("Writing into the database {name}", name=link.name), reason=reason)


def _described(group: Group) -> list[Mapping[str, object]]:
    return [{name: _shown(scalar) for name, _, scalar in decode_row(row)} for row in group.before]


def _shown(scalar: object) -> object:
    return scalar.decode(errors="backslashreplace") if isinstance(scalar, bytes) else scalar
